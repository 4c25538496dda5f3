"""Command lines at fault: each is refused with its exit code and a sentence that helps."""

import json
import os

import driver
from driver import SMALL

P = ["--prompt", "x"]

# what is wrong: arguments of `zoetrope`, exit code, parts of the sentence
REFUSED = {
    "no command": ([], 2, "Usage: zoetrope"),
    "unknown command": (["genrate"], 2, "did you mean generate?"),
    "no prompt": (["generate"], 2, "--prompt is required"),
    "no value": (["generate", "--prompt"], 2, "--prompt: its value is missing"),
    "given twice": (["generate", *P, "--steps", "2", "--num-inference-steps", "3"], 2, "--steps: given more than once"),
    "unknown flag": (["generate", *P, "--guidence-scale", "3"], 2, "did you mean --guidance-scale?"),
    "unknown short flag": (["generate", *P, "-Z"], 2, "-Z: unknown flag"),
    "stray word": (["generate", *P, "extra"], 2, "'extra': not expected here"),
    "two prompts": (["generate", *P, "--prompt-file", "f"], 2, "excludes"),
    "frames and duration": (["generate", *P, "--frames", "5", "--duration", "1"], 2, "excludes"),
    "size and width": (["generate", *P, "--size", "64x64", "-W", "64"], 2, "excludes"),
    "frames not 4n + 1": (["generate", *P, "--num-frames", "16"], 2, "num_frames 16", "nearest is 17"),
    "width no multiple": (["generate", *P, "--width", "100", "--height", "64"], 2, "width 100", "nearest is 96"),
    "all faults at once": (["generate", *P, "--size", "100x100", "--frames", "6"], 2, "width", "height", "num_frames"),
    "size without x": (["generate", *P, "--size", "832"], 2, "--size: '832' is not a size"),
    "size with text": (["generate", *P, "--size", "axb"], 2, "'a' is not a whole number"),
    "width zero": (["generate", *P, "--width", "0"], 2, "--width: '0' is out of range (expected 1 to"),
    "width huge": (["generate", *P, "--width", "99999999999999999999"], 2, "--width", "out of range"),
    "steps zero": (["generate", *P, "--steps", "0"], 2, "--steps: '0' is out of range (expected 1 to 1000)"),
    "steps no number": (["generate", *P, "--steps", "abc"], 2,
                        "--steps: 'abc' is not a whole number (expected 1 to 1000)"),
    "steps a fraction": (["generate", *P, "--steps", "2.5"], 2, "not a whole number"),
    "steps with a unit": (["generate", *P, "--steps", "20k"], 2, "not a whole number"),
    "steps empty": (["generate", *P, "--steps="], 2, "--steps: '' is not a whole number"),
    "guidance NaN": (["generate", *P, "--guidance-scale", "nan"], 2, "--guidance-scale: 'nan' is not a number"),
    "guidance infinite": (["generate", *P, "--cfg-scale", "inf"], 2, "--guidance-scale: 'inf' is out of range"),
    "shift zero": (["generate", *P, "--flow-shift", "0"], 2, "--flow-shift"),
    "seed past 2^63 - 1": (["generate", *P, "--seed", "9223372036854775808"], 2, "--seed", "out of range"),
    "seed below -1": (["generate", *P, "--seed", "-2"], 2, "--seed: '-2' is out of range"),
    "rate zero": (["generate", *P, "--fps", "0"], 2, "--fps"),
    "rate no ratio": (["generate", *P, "--fps", "24000/"], 2, "--fps"),
    "duration zero": (["generate", *P, "--duration", "0"], 2, "--duration"),
    "threads zero": (["generate", *P, "--threads", "0"], 2, "--threads: '0' is out of range"),
    "threads negative": (["generate", *P, "--threads", "-1"], 2, "--threads"),
    "device unknown": (["generate", *P, "--device", "gpu"], 2, "'gpu'", "expected cpu, cuda"),
    "device not built": (["generate", *P, "--device", "cuda:0"], 4, "has no CUDA"),
    "dtype unknown": (["generate", *P, "--dtype", "fp64"], 2, "--dtype: 'fp64' is unknown"),
    "scheduler unknown": (["generate", *P, "--scheduler", "ddim"], 2, "'ddim'", "expected unipc or euler"),
    "progress unknown": (["generate", *P, "--progress", "bar"], 2, "--progress: 'bar' is unknown"),
    "image not there": (["generate", *P, "-i", "cat.png"], 3, "cat.png"),
    "prompt not UTF-8": (["generate", "--prompt", b"a \xff\xfe"], 2, "--prompt: byte 2 is not UTF-8"),
    "negative not UTF-8": (["generate", *P, "-n", b"\xc0\x80"], 2, "--negative-prompt: byte 0 is not UTF-8"),
    "no such model": (["generate", *P, "--model", "nowhere"], 3, "nowhere: no such folder"),
    "no such prompt file": (["generate", "--prompt-file", "nowhere.txt"], 3, "nowhere.txt"),
    "latents without name": (["decode"], 2, "LATENTS is required"),
    "no such latents": (["decode", "nowhere.safetensors", "-o", "a.mp4"], 3, "nowhere.safetensors"),
    "nothing to inspect": (["inspect"], 2, "PATH is required"),
    "inspect nothing": (["inspect", "nowhere"], 3, "nowhere"),
    "latents name": (["generate", *P, "--save-latents", "x.bin"], 2, "expected a name in .safetensors"),
    "empty output": (["generate", *P, "-o", ""], 2, "--output: '' is no file name"),
}


class Options(driver.CliTest):
    def test_every_fault_is_refused_with_its_code_and_a_sentence(self):
        for name, (arguments, code, *fragments) in REFUSED.items():
            with self.subTest(name):
                done = self.run_here(*arguments)
                if name == "no command":
                    self.assertEqual((done.code, done.stdout), (code, ""))
                    self.assertIn(fragments[0], done.stderr)
                    continue
                self.expect_refusal(done, code, *fragments)
                self.assertEqual(self.left(), [])

    def test_faults_of_the_command_line_name_the_help_to_read(self):
        self.assertIn("see zoetrope generate --help", self.run_here("generate", "--stps", "3").stderr)
        self.assertIn("see zoetrope --help", self.run_here("genrate").stderr)

    def test_help_and_version_go_to_stdout(self):
        for arguments in (["--help"], ["generate", "--help"], ["decode", "-h"], ["inspect", "-h"], ["doctor", "-h"]):
            done = self.run_here(*arguments)
            self.assertEqual((done.code, done.stderr), (0, ""))
            self.assertIn("Examples:", done.stdout)
        self.assertRegex(self.run_here("--version").stdout, r"^zoetrope \d+\.\d+\.\d+\n$")

    def plan(self, *arguments):
        done = self.run_here("generate", *arguments, "--dry-run", "--json")
        self.assertEqual(done.code, 0, done.stderr)
        return json.loads(done.stdout)

    def test_aliases_and_underscores_mean_the_documented_flags(self):
        want = self.plan("--prompt", "p", "--negative-prompt", "n", "--width", "64", "--height", "96", "--num-frames",
                         "5", "--steps", "3", "--guidance-scale", "2", "--flow-shift", "4", "--seed", "9",
                         "--scheduler", "euler", "--output", "a.mp4")
        for other in (
                ["-p", "p", "-n", "n", "-W", "64", "-H", "96", "--frames", "5", "--num-inference-steps", "3",
                 "--cfg-scale", "2", "--sample-shift", "4", "-s", "9", "--scheduler=euler", "-o", "a.mp4"],
                ["--prompt=p", "--negative_prompt=n", "--size", "64x96", "--frame_num=5", "--sample_steps=3",
                 "--sample_guide_scale=2", "--sample_shift=4", "--base_seed=9", "--sample_solver=euler", "-oa.mp4"],
                ["-pp", "-nn", "--size", "64*96", "--video_frames", "5", "--num_inference_steps", "3",
                 "--guidance_scale", "2", "--flow_shift", "4", "--seed", "9", "--scheduler", "euler", "--output",
                 "a.mp4"]):
            self.assertEqual(self.plan(*other), want)

    def test_a_prompt_is_taken_as_it_stands(self):
        for prompt in ("", "-x", "--steps", "--", "[a, b]", "a=b", "%s {} $HOME \"q\" 'q' #", "кот 猫 🐈", "two\nlines"):
            self.assertEqual(self.plan("--prompt", prompt)["prompt"], prompt)
            self.assertEqual(self.plan("--prompt=" + prompt, "--seed", "1")["prompt"], prompt)

    def test_a_prompt_file_gives_its_text_without_mark_and_last_line_break(self):
        (self.folder / "prompt.txt").write_bytes("\ufeffa cat\r\nthat walks\n".encode())
        self.assertEqual(self.plan("--prompt-file", "prompt.txt")["prompt"], "a cat\r\nthat walks")

    def test_a_prompt_file_at_fault_is_refused(self):
        for content, fragment in ((b"x" * ((1 << 20) + 1), "at most 1048576"), (b"a\0b", "NUL"), (b"ab\xff", "byte 2")):
            (self.folder / "prompt.txt").write_bytes(content)
            self.expect_refusal(self.run_here("generate", "--prompt-file", "prompt.txt"), 3, "prompt.txt", fragment)
        os.mkfifo(self.folder / "pipe")
        self.expect_refusal(self.run_here("generate", "--prompt-file", "pipe"), 3, "not a regular file")

    def test_control_characters_of_a_prompt_reach_no_terminal(self):
        done = self.run_here("generate", "--prompt", "a\x1b[31m\u202eb\nc", "--dry-run")
        self.assertIn("a\\x1b[31m\\u{202e}b\\x0ac", done.stdout)
        done = self.run_here("generate", *SMALL, "--device", "x\x1b[2J")
        self.assertNotIn("\x1b", done.stderr)

    def test_a_duration_becomes_the_nearest_number_of_frames_that_the_model_makes(self):
        for duration, fps, frames in (("1", "16", 17), ("2", "24", 49), ("0.001", "16", 1), ("5", "30000/1001", 149)):
            plan = self.plan(*P, "--duration", duration, "--fps", fps)
            self.assertEqual(plan["num_frames"], frames)
        done = self.run_here("generate", *P, "--duration", "1", "--fps", "16", "--dry-run")
        self.assertIn("17 frames", done.stderr)

    def test_a_drawn_seed_is_one_that_can_be_given_again(self):
        seed = self.plan(*P)["seed"]
        self.assertGreaterEqual(seed, 0)
        self.assertEqual(self.plan(*P, "--seed", str(seed))["seed"], seed)
        self.assertEqual(self.plan(*P, "--seed", "9223372036854775807")["seed"], 2**63 - 1)

    def test_a_dry_run_writes_nothing(self):
        done = self.run_here("generate", *SMALL, "-o", "a.mp4", "--dry-run")
        self.assertEqual((done.code, self.left()), (0, []))
        for word in ("64x64", "5 frames", "2 steps", "seed 7", "latents", "tokens", "memory", "a.mp4"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    driver.main()
