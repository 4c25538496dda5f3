"""Memory: a clip ten times as long takes no more of it."""

import os
import subprocess

import driver
from driver import PROGRAM, noise_latents, surroundings

# 64x64 and one thread, so that 3,001 frames take a minute also where processors are busy: threads
# that wait for each other at every small step then take ten times as long. Such a clip is 37 MB of
# 8-bit pixels, so the limit is below the 50 MB that 256x160 is held to.
LIMIT_MB = 20


class Memory(driver.CliTest):
    def peak_mb(self, frames, output):
        """The most memory that decoding `frames` frames had at any time."""
        (self.folder / "l.safetensors").write_bytes(noise_latents(frames, 64, 64))
        process = subprocess.Popen([PROGRAM, "decode", "l.safetensors", "-o", output, "--threads", "1",
                                    "--progress", "none"],
                                   cwd=self.folder, env=surroundings(), stdout=subprocess.DEVNULL)
        status, usage = os.wait4(process.pid, 0)[1:]
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss / 1024

    def test_three_thousand_frames_take_no_more_than_three_hundred(self):
        short, long = self.peak_mb(301, "short.mkv"), self.peak_mb(3001, "long.mkv")
        print(f"peak of 301 frames {short:.0f} MB, of 3001 frames {long:.0f} MB")
        self.assertLessEqual(long - short, LIMIT_MB)


if __name__ == "__main__":
    driver.main()
