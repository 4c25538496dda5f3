"""The memory that a plan states is what the run then takes, and a limit on it is kept."""

import json
import pathlib
import sys

import driver
from driver import PROGRAM, SOURCE, surroundings

sys.path.insert(0, str(SOURCE / "tests" / "support"))
import large_checkpoint
from measured_memory import measure

WITHIN = 0.10  # of what is measured


class PlanTest(driver.CliTest):
    def command(self, *arguments):
        return [PROGRAM, "generate", "-p", "a red ball", "--steps", "1", "--seed", "1", *arguments]

    def plan(self, *arguments):
        done = self.run_here(*self.command(*arguments, "--dry-run", "--json", "-o", "plan.mkv")[1:])
        self.assertEqual(done.code, 0, done.stderr)
        return json.loads(done.stdout)

    def expect_plan(self, *arguments):
        plan = self.plan(*arguments)
        stages = measure(self.command(*arguments, "--progress", "json", "--overwrite", "-o", "clip.mkv"),
                         cwd=self.folder, env=surroundings())
        measured = max(stages.values())
        print(f"{' '.join(map(str, arguments))}: planned {plan['peak_bytes'] / 2**20:.0f} MiB, "
              f"measured {measured / 2**20:.0f} MiB; by stage " +
              ", ".join(f"{stage['stage']} {stage['peak_bytes'] / 2**20:.0f} and "
                        f"{stages[stage['stage']] / 2**20:.0f}" for stage in plan["stages"]), flush=True)
        self.assertLessEqual(abs(plan["peak_bytes"] / measured - 1), WITHIN)
        return plan, stages


class Starter(PlanTest):
    def test_the_starters_peak_is_the_planned_one(self):
        self.expect_plan("--size", "256x160", "--num-frames", "17")
        self.expect_plan("--size", "512x512", "--num-frames", "9")
        self.expect_plan("--size", "768x512", "--num-frames", "5", "--dtype", "fp32")

    def test_a_limit_too_low_is_refused_before_a_weight_is_read(self):
        done = self.run_here(*self.command("--memory-limit", "100M", "-o", "clip.mkv")[1:])
        self.expect_refusal(done, 4, "plan memory", "the limit is")
        done = self.run_here(*self.command("--memory-limit", "lots", "-o", "clip.mkv")[1:])
        self.expect_refusal(done, 2, "'lots' is no size")


class WideModel(PlanTest):
    """Of the width of Wan 2.1 14B, with 3 of its 40 blocks: 3 GB of random weights."""

    @classmethod
    def setUpClass(cls):
        cls.model = pathlib.Path(driver.tempfile.mkdtemp(prefix="zoetrope-wide-"))
        cls.addClassCleanup(driver.shutil.rmtree, cls.model, ignore_errors=True)
        large_checkpoint.write(cls.model / "model", blocks=3, text_blocks=1)

    SIZE = ["--size", "320x240", "--num-frames", "5", "--guidance-scale", "1"]

    def test_the_peak_is_the_planned_one_with_all_blocks_in_memory_and_with_some(self):
        model = ["--model", self.model / "model"]
        whole, _ = self.expect_plan(*model, *self.SIZE)
        self.assertGreater(whole["peak_bytes"], 2.5 * 2**30)

        limited = [*model, *self.SIZE, "--memory-limit", "2G"]
        plan, stages = self.expect_plan(*limited)
        denoise = next(stage for stage in plan["stages"] if stage["stage"] == "denoise")
        self.assertLess(denoise["kept_blocks"], 3)
        self.assertLess(max(stages.values()), 2**31)


if __name__ == "__main__":
    driver.main()
