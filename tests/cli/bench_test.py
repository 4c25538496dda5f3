"""The command that measures: its figures add up, and a name it does not know is refused."""

import json
import signal
import subprocess

import driver
from driver import PROGRAM, surroundings


class Bench(driver.CliTest):
    def test_measures_the_starter_by_stage_and_the_machine(self):
        done = self.run_here("bench", "starter", "--repeat", "1", "--json")
        self.assertEqual(done.code, 0, done.stderr)
        report = json.loads(done.stdout)
        for limit in ("bf16_flops", "fp32_flops", "int8_ops", "copy_bytes"):
            self.assertGreater(report["limits"][limit], 1e8)
        seconds = {figure["stage"]: figure["seconds"] for figure in report["figures"]}
        self.assertEqual(list(seconds), ["open", "clip", "load", "text", "denoise", "decode", "encode to file"])
        self.assertLess(max(seconds[stage] for stage in ("load", "text", "denoise", "decode")),
                        3 * seconds["clip"])

    def test_a_signal_ends_it(self):
        process = subprocess.Popen([PROGRAM, "bench", "wan14b-480x272x17"], cwd=self.folder, env=surroundings(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        process.stderr.readline()  # it measures
        process.terminate()
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_refuses_a_workload_that_it_does_not_know(self):
        done = self.run_here("bench", "wan99b")
        self.expect_refusal(done, 2, "workload 'wan99b': unknown (expected starter, wan1.3b-480x272x17")


if __name__ == "__main__":
    driver.main()
