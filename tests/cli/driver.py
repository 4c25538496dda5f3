"""Runs the program under test; its path is the first argument of every test of this folder."""

import array
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STARTER = SOURCE / "models" / "starter"
PROGRAM = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
# For LD_PRELOAD; its settings are in tests/support/fault_injector.cpp.
FAULT_INJECTOR = str(pathlib.Path(PROGRAM).parent / "tests" / "support" / "libzoetrope_fault_injector.so")

# The least that makes a clip: 5 frames of 64x64 in 2 steps.
SMALL = ["--prompt", "a red ball", "--size", "64x64", "--num-frames", "5", "--steps", "2", "--seed", "7"]


class Done:
    """How a run ended; stdout and stderr as text."""

    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout.decode("utf-8", "backslashreplace")
        self.stderr = stderr.decode("utf-8", "backslashreplace")


def run(*arguments, folder=None, environment=None, **more):
    """`arguments` may be str, bytes or paths."""
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, timeout=300,
                          env=surroundings(environment), stdin=subprocess.DEVNULL, **more)
    return Done(done.returncode, done.stdout, done.stderr)


def surroundings(extra=None):
    kept = {key: value for key, value in os.environ.items() if key != "ZOETROPE_MODEL"}
    return {**kept, "ZOETROPE_MODEL": str(STARTER), **(extra or {})}


def safetensors(tensors, header=None):
    """The bytes of a file: `tensors` is {name: (dtype, shape, bytes)}; `header` replaces its text."""
    entries, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = header if header is not None else json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def noise_latents(frames, height, width):
    """A file of latents for the starter that are noise: `frames` is 4n + 1, sizes are in pixels."""
    shape = [1, 24, (frames - 1) // 4 + 1, height // 16, width // 16]
    source = random.Random(7)
    values = array.array("f", (source.gauss(0, 1) for _ in range(24 * shape[2] * shape[3] * shape[4])))
    return safetensors({"latents": ("F32", shape, values.tobytes())})


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_here(self, *arguments, **more):
        return run(*arguments, folder=self.folder, **more)

    def left(self):
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    def expect_refusal(self, done, code, *fragments):
        """One line that says what is wrong, nothing on stdout, this exit code."""
        self.assertEqual(done.code, code, done.stderr)
        for fragment in fragments:
            self.assertIn(fragment, done.stderr)
        self.assertEqual(done.stdout, "")
        faults = [line for line in done.stderr.splitlines() if line.startswith("zoetrope: error: ")]
        self.assertEqual(len(faults), 1, done.stderr)
        self.assertNotRegex(done.stderr, r"0x[0-9a-f]{6}|std::|c10::|terminate called")


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
