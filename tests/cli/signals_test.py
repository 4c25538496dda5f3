"""Stopping: a first signal keeps the clip after its step, a second one ends the run at once."""

import json
import os
import shutil
import signal
import subprocess

import driver
from driver import PROGRAM, surroundings

# Long enough that no test sees its end.
LONG = ["--prompt", "a red ball", "--size", "256x160", "--num-frames", "17", "--seed", "7"]


def with_default_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Signals(driver.CliTest):
    def start(self, *arguments, steps=500):
        """A run that has finished its first step."""
        self.arguments = ["generate", "--progress", "json", "-o", "a.mp4", *LONG, "--steps", str(steps), *arguments]
        self.process = subprocess.Popen([PROGRAM, *self.arguments], cwd=self.folder, env=surroundings(),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=with_default_signals)
        self.addCleanup(self.process.kill)
        for line in self.process.stderr:
            event = json.loads(line)
            if event.get("stage") == "denoise" and event["done"] >= 1:
                return
        self.fail("the run ended before its first step")

    def end(self):
        stdout, stderr = self.process.communicate(timeout=60)
        self.assertEqual(stdout, b"")
        return self.process.returncode, stderr.decode()

    def test_a_signal_keeps_the_clip_and_says_how_to_go_on(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(number):
                self.start()
                self.process.send_signal(number)
                ended, stderr = self.end()
                self.assertEqual((ended, self.left()), (75, ["a.mp4.resume.safetensors"]), stderr)
                self.assertRegex(stderr, r"stopped on request after step \d+ of 500; kept in a.mp4.resume.safetensors"
                                         r" \(the same command with --resume -o a.mp4 goes on\)")

    def test_a_resumed_run_goes_on_with_its_step_and_seed_and_leaves_the_video_alone(self):
        self.start(steps=100)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end()[0], 75)
        kept = json.loads(driver.run("inspect", self.folder / "a.mp4.resume.safetensors", "--json").stdout)
        self.assertEqual((kept["complete"], kept["recipe"]["seed"]), (False, 7))
        unseeded = [word for word in self.arguments if word not in ("--seed", "7")]
        done = self.run_here(*unseeded, "--resume")
        self.assertEqual((done.code, self.left()), (0, ["a.mp4", "a.mp4.json"]), done.stderr)
        first = next(json.loads(line) for line in done.stderr.splitlines() if "denoise" in line)
        self.assertGreaterEqual(first["done"], 1)
        self.assertEqual(json.loads(done.stderr.splitlines()[0])["seed"], 7)

        again = ["b.mp4" if word == "a.mp4" else word for word in self.arguments]
        self.assertEqual(self.run_here(*again).code, 0)
        self.assertEqual((self.folder / "a.mp4").read_bytes(), (self.folder / "b.mp4").read_bytes())

    def test_a_kept_clip_is_not_used_unasked(self):
        (self.folder / "a.mp4.resume.safetensors").write_text("of an earlier run")
        done = self.run_here("generate", *driver.SMALL, "-o", "a.mp4")
        self.assertEqual((done.code, self.left()), (0, ["a.mp4", "a.mp4.json"]), done.stderr)
        self.assertIn("a.mp4.resume.safetensors of an earlier run is not used", done.stderr)

    def test_a_kept_clip_of_another_request_is_refused(self):
        self.start()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end()[0], 75)
        done = self.run_here("generate", *driver.SMALL, "--resume", "-o", "a.mp4")
        self.expect_refusal(done, 2, "is of another clip: 'width' is '256' there and '64' here")
        self.assertEqual(self.left(), ["a.mp4.resume.safetensors"])

    def test_saved_latents_of_a_stopped_run_decode_with_a_warning(self):
        self.start("--save-latents", "l.safetensors")
        self.process.send_signal(signal.SIGINT)
        ended, stderr = self.end()
        self.assertEqual((ended, self.left()), (75, ["l.safetensors"]), stderr)
        done = self.run_here("decode", "l.safetensors", "-o", "b.mp4")
        self.assertEqual(done.code, 0, done.stderr)
        self.assertIn("denoising was stopped", done.stderr)

    def test_a_second_signal_ends_the_run_at_once(self):
        self.start()
        os.kill(self.process.pid, signal.SIGSTOP)  # so that no step can end in between
        self.process.send_signal(signal.SIGTERM)
        self.process.send_signal(signal.SIGINT)
        os.kill(self.process.pid, signal.SIGCONT)
        ended, stderr = self.end()
        self.assertIn(ended, (130, 143))
        self.assertNotIn("stopped on request", stderr)
        self.assertFalse((self.folder / "a.mp4").exists())

    def test_a_warning_before_the_order_is_not_a_first_order(self):
        self.start()
        os.kill(self.process.pid, signal.SIGSTOP)
        self.process.send_signal(signal.SIGUSR1)
        self.process.send_signal(signal.SIGTERM)
        os.kill(self.process.pid, signal.SIGCONT)
        self.assertEqual(self.end()[0], 75)

    def test_a_terminal_that_goes_away_ends_nothing(self):
        self.start()
        self.process.send_signal(signal.SIGHUP)
        for line in self.process.stderr:  # it goes on to its next step
            if json.loads(line).get("stage") == "denoise":
                break
        self.assertIsNone(self.process.poll())
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end()[0], 75)


class Batches(driver.CliTest):
    JOBS = "".join(f'{{"id": "{name}", "prompt": "a ball", "seed": 7}}\n' for name in "abc")
    BATCH = ["batch", "jobs.jsonl", "--output-dir", "out", "--size", "64x64", "--num-frames", "5", "--steps", "2",
             "--threads", "1", "--progress", "plain"]

    def setUp(self):
        super().setUp()
        (self.folder / "jobs.jsonl").write_text(self.JOBS)

    def expect_all(self, code, said=b""):
        self.assertEqual(code, 0, said)
        self.assertEqual(sorted(path.name for path in (self.folder / "out").glob("*.mp4*")),
                         sorted(f"{name}.mp4{end}" for name in "abc" for end in ("", ".json")))

    def test_go_on_without_streams_to_write_to(self):
        for closing in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
            with self.subTest(closing):
                command = " ".join(f"'{word}'" for word in (PROGRAM, *self.BATCH, "--overwrite"))
                done = subprocess.run(["sh", "-c", f"{command} {closing}"], cwd=self.folder, env=surroundings(),
                                      capture_output=True, timeout=300)
                self.expect_all(done.returncode, done.stderr)
                self.assertEqual(done.stderr, b"")
                shutil.rmtree(self.folder / "out")

    def test_go_on_when_their_readers_go_away(self):
        reader, writer = os.pipe()
        process = subprocess.Popen([PROGRAM, *self.BATCH], cwd=self.folder, env=surroundings(), stdout=writer,
                                   stderr=writer, preexec_fn=with_default_signals)
        self.addCleanup(process.kill)
        os.close(writer)
        os.read(reader, 1)  # it has begun
        os.close(reader)
        self.expect_all(process.wait(timeout=300))

    def test_go_on_when_their_terminal_goes_away(self):
        process = subprocess.Popen([PROGRAM, *self.BATCH], cwd=self.folder, env=surroundings(), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, preexec_fn=with_default_signals)
        self.addCleanup(process.kill)
        for line in process.stderr:
            if b"begun" in line:
                process.send_signal(signal.SIGHUP)
        process.stderr.close()
        self.expect_all(process.wait(timeout=300))


if __name__ == "__main__":
    driver.main()
