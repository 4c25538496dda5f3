"""Nothing is sent and nothing is fetched: a whole generation opens no socket."""

import shutil
import subprocess
import sys

import driver
from driver import PROGRAM, SMALL, surroundings


class Offline(driver.CliTest):
    def network_calls(self, *command):
        """What `command` and all its threads and children ask of the kernel's network, a line each."""
        done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=network", "-o", "calls", *command],
                              cwd=self.folder, env=surroundings(), capture_output=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line for line in (self.folder / "calls").read_text().splitlines() if "(" in line]

    def test_a_whole_generation_opens_no_socket(self):
        self.assertIsNotNone(shutil.which("strace"), "strace is needed to watch system calls: install it")
        watched = self.network_calls(sys.executable, "-c", "import socket; socket.socket()")
        self.assertTrue(any("socket(AF_INET" in line for line in watched), "strace saw no socket where there is one")
        self.assertEqual(self.network_calls(PROGRAM, "generate", *SMALL, "-o", "a.mp4"), [])
        self.assertTrue((self.folder / "a.mp4").exists())


if __name__ == "__main__":
    driver.main()
