"""The memory of a run of the program by stage, as the system saw it."""

import json
import subprocess
import threading
import time

PERIOD_S = 0.002


def resident(pid):
    """Bytes of the process that are in memory, or 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def measure(command, **more):
    """Runs a command that ends with --progress json; returns {stage: most bytes in memory}.

    Loading weights counts for the stage that comes next, starting up for the first one.
    """
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, **more)
    samples, marks, text = [], [], []

    def sample():
        while process.poll() is None:
            samples.append((time.monotonic(), resident(process.pid)))
            time.sleep(PERIOD_S)

    sampler = threading.Thread(target=sample)
    sampler.start()
    with process.stderr as events:
        for line in events:
            text.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "progress":
                marks.append((time.monotonic(), event["stage"]))
    sampler.join()
    if process.wait() != 0:
        raise RuntimeError(f"exit {process.returncode}: {''.join(text)}")
    return by_stage(samples, marks)


def by_stage(samples, marks):
    """Each sample counts for the stage of the next mark that is not of loading."""
    peaks, position = {}, 0
    marks = [mark for mark in marks if mark[1] != "load"]
    for moment, size in samples:
        while position < len(marks) - 1 and marks[position][0] < moment:
            position += 1
        stage = marks[position][1]
        stage = "decode" if stage == "encode" else stage
        peaks[stage] = max(peaks.get(stage, 0), size)
    return peaks
