"""What a reader of the figures has to know of the machine."""

import os
from datetime import datetime, timezone
from pathlib import Path

FEATURES = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")  # the first that there is says enough


def describe():
    """Read before the first measurement: `load` is what else ran."""
    processor = field(Path("/proc/cpuinfo"), "model name") or "unknown processor"
    flags = field(Path("/proc/cpuinfo"), "flags").split()
    memory_kib = int(field(Path("/proc/meminfo"), "MemTotal").split()[0])
    return {"processor": processor, "features": next((name for name in FEATURES if name in flags), ""),
            "cores": len(os.sched_getaffinity(0)), "memory_gib": memory_kib / 2**20,
            "date": datetime.now(timezone.utc).date().isoformat(), "load": os.getloadavg()[0]}


def field(file, name):
    """What stands behind the first `name:` in a file of /proc; empty if there is none."""
    for line in file.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
