"""Stopping: a first signal ends the run cleanly after its step, a second one at once."""

import json
import os
import signal
import subprocess

import driver
from driver import PROGRAM, surroundings

# Long enough that no test sees its end.
LONG = ["--prompt", "a red ball", "--size", "256x160", "--num-frames", "17", "--steps", "500", "--seed", "7"]


def with_default_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Signals(driver.CliTest):
    def start(self, *arguments, before=with_default_signals):
        """A run that has finished its first step."""
        self.process = subprocess.Popen([PROGRAM, "generate", *LONG, "--progress", "json", "-o", "a.mp4", *arguments],
                                    cwd=self.folder, env=surroundings(), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, preexec_fn=before)
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

    def test_a_signal_stops_the_run_with_its_code_and_leaves_nothing(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number):
                self.start()
                self.process.send_signal(number)
                ended, stderr = self.end()
                self.assertEqual((ended, self.left()), (code, []), stderr)
                self.assertIn("stopped on request after step", stderr)

    def test_with_saved_latents_a_stop_keeps_what_was_computed(self):
        self.start("--save-latents", "l.safetensors")
        self.process.send_signal(signal.SIGINT)
        ended, stderr = self.end()
        self.assertEqual((ended, self.left()), (75, ["l.safetensors"]), stderr)
        saved = json.loads(driver.run("inspect", self.folder / "l.safetensors", "--json").stdout)
        self.assertEqual((saved["complete"], saved["recipe"]["seed"]), (False, 7))
        done = self.run_decode()
        self.assertEqual(done.code, 0, done.stderr)
        self.assertIn("denoising was stopped", done.stderr)

    def run_decode(self):
        return driver.run("decode", "l.safetensors", "-o", "b.mp4", folder=self.folder)

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

    def test_a_hangup_that_was_ignored_at_the_start_stays_ignored(self):
        def as_nohup_does():
            with_default_signals()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.start(before=as_nohup_does)
        self.process.send_signal(signal.SIGHUP)
        for line in self.process.stderr:  # it goes on to its next step
            if json.loads(line).get("stage") == "denoise":
                break
        self.assertIsNone(self.process.poll())
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end()[0], 143)


if __name__ == "__main__":
    driver.main()
