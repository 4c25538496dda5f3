"""A process of its own for each measurement: how long it took, and the most memory it had.

Linux counts into a child's peak what its parent had when the child began. So whatever imports this
module has to stay small, and imports neither torch nor numpy.
"""

import os
import tempfile
import time
from typing import NamedTuple


class Failed(Exception):
    """A measurement that can't be had; its text says which and why."""


class Finished(NamedTuple):
    """A process that ended well."""

    seconds: float
    peak_mib: float
    stdout: str


def surroundings(environment):
    """Our own, without what would give the two sides different numbers of threads or another model."""
    dropped = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "ZOETROPE_MODEL"}
    return {**{key: value for key, value in os.environ.items() if key not in dropped}, **environment}


def run(command, environment=None):
    """Runs a command to its end. Throws Failed, with the end of what it said, if it fails."""
    command = [str(part) for part in command]
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        actions = [(os.POSIX_SPAWN_DUP2, stdout.fileno(), 1), (os.POSIX_SPAWN_DUP2, stderr.fileno(), 2)]
        begin = time.monotonic()
        try:
            child = os.posix_spawn(command[0], command, surroundings(environment or {}), file_actions=actions)
        except OSError as error:
            raise Failed(f"run {command[0]}: {error.strerror}") from error
        _, status, usage = os.wait4(child, 0)
        seconds = time.monotonic() - begin
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            stderr.seek(0)
            said = stderr.read().decode("utf-8", "backslashreplace").strip()[-2000:]
            raise Failed(f"run {' '.join(command)}: it ended with {code}: {said}")
        stdout.seek(0)
        return Finished(seconds, usage.ru_maxrss / 1024, stdout.read().decode())
