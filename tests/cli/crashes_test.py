"""A killed process and a full disk: what is left is either useful or nothing."""

import json
import os
import subprocess

import driver
from driver import PROGRAM, noise_latents, surroundings


class Killed(driver.CliTest):
    DECODE = ["decode", "l.safetensors", "--fps", "12", "-o", "a.mp4"]

    def frames_of(self, name):
        """A hash of each frame that ffmpeg decodes."""
        done = subprocess.run(["ffmpeg", "-v", "error", "-f", "mp4", "-i", name, "-an", "-f", "framemd5", "-"],
                              cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split(",")[-1].strip() for line in done.stdout.splitlines() if not line.startswith("#")]

    def kill_after(self, frames):
        """Ends the decoding for good once that many frames are encoded."""
        process = subprocess.Popen([PROGRAM, *self.DECODE, "--progress", "json"], cwd=self.folder, env=surroundings(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in process.stderr:
            event = json.loads(line)
            if event.get("stage") == "encode" and event["done"] >= frames:
                process.kill()
                break
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -9)

    def test_what_a_killed_run_had_encoded_plays_and_the_next_run_replaces_it(self):
        (self.folder / "l.safetensors").write_bytes(noise_latents(201, 64, 64))
        self.kill_after(150)
        self.assertEqual(self.left(), ["a.mp4.part", "l.safetensors"])
        saved = self.frames_of("a.mp4.part")
        # Missing may be 2 seconds of the encoder's lookahead and the second it was writing.
        self.assertGreaterEqual(len(saved), 150 - 3 * 12)

        done = self.run_here(*self.DECODE)
        self.assertEqual(done.code, 0, done.stderr)
        self.assertEqual(self.left(), ["a.mp4", "a.mp4.json", "l.safetensors"])
        whole = self.frames_of("a.mp4")
        self.assertEqual(len(whole), 201)
        self.assertEqual(saved, whole[:len(saved)])


class FullDisk(driver.CliTest):
    def decode_onto_one_mebibyte(self, *arguments):
        """Runs in a mount namespace of its own, where `disk` is a file system of 1 MiB; returns how
        the run ended and what is left on that disk."""
        (self.folder / "disk").mkdir()
        namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        mount = "mount -t tmpfs -o size=1m tmpfs disk || exit 99\n"
        done = subprocess.run([*namespace, "sh", "-c", mount + '"$@"; code=$?; ls -A disk >left; exit $code', "sh",
                               PROGRAM, "decode", "l.safetensors", *arguments],
                              cwd=self.folder, env=surroundings(), capture_output=True, timeout=300)
        left = self.folder / "left"
        self.assertTrue(left.exists(), f"mounting a tmpfs needs root or user namespaces: {done.stderr.decode()}")
        (self.folder / "disk").rmdir()
        return driver.Done(done.returncode, done.stdout, done.stderr), left.read_text()

    def test_that_cannot_hold_the_clip_is_refused_before_any_work(self):
        (self.folder / "l.safetensors").write_bytes(noise_latents(101, 160, 256))
        done, left = self.decode_onto_one_mebibyte("--codec", "ffv1", "-o", "disk/a.mkv")
        self.expect_refusal(done, 4, "write disk/a.mkv: only 1 MB are free in disk")
        self.assertNotIn("decoding", done.stderr)
        self.assertEqual(left, "")

    def test_that_fills_up_on_the_way_ends_in_one_sentence_and_no_file(self):
        # Noise without loss takes more than the estimate, which is for clips at the usual quality.
        (self.folder / "l.safetensors").write_bytes(noise_latents(49, 160, 256))
        done, left = self.decode_onto_one_mebibyte("--crf", "0", "-o", "disk/a.mp4")
        self.expect_refusal(done, 4, "write disk/a.mp4", "No space left on device")
        self.assertIn("decoding", done.stderr)
        self.assertEqual(left, "")


if __name__ == "__main__":
    driver.main()
