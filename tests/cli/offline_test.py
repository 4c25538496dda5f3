"""Nothing is sent and nothing is fetched: a whole generation opens no socket. Nothing of a GPU is asked for either."""

import shutil
import subprocess
import sys
from pathlib import Path

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

    def test_a_build_for_the_cpu_has_no_trace_of_cuda(self):
        dynamic = subprocess.run(["readelf", "--dynamic", PROGRAM], capture_output=True, text=True, check=True).stdout
        needed = [line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line]
        self.assertIn("libtorch_cpu.so", needed)
        self.assertEqual([name for name in needed if name.startswith(("libcu", "libnv", "libtorch_cuda"))], [])
        program = Path(PROGRAM).read_bytes()
        for word in (b"cudaLaunchKernel", b"sm_90a", b"nv_fatbin"):
            self.assertNotIn(word, program)


if __name__ == "__main__":
    driver.main()
