"""The two sides of the comparison: how each is started for a workload, and what it said.

A measurement is {"workload", "side", "round", "seconds": {stage: s}, "peak_mib", "work": {stage:
facts}}; facts are numbers that have to be the same on both sides.
"""

import json
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from . import process
from .workloads import CLIP_STAGE, CLIPS, REFERENCES, STARTER_PROMPT, STARTER_SEED, ZOETROPE

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {"num_frames": "num-frames", "num_inference_steps": "steps"}  # of zoetrope, where the names differ
FACTS = ("parameters", "flops", "frames", "width", "height")


class Settings(NamedTuple):
    """What every measurement of a run shares."""

    program: str
    layers: int
    steps: int = None  # of the starter; None: as many as the checkpoint says


def measure(workload, side, settings, clip):
    """Runs one process for one side; returns a measurement, without its round, and all that it said.

    `clip` is the file that a whole command makes; the other workloads make none.
    """
    if side == ZOETROPE:
        finished = process.run(zoetrope_command(workload, settings, clip))
    else:
        finished = process.run(reference_command(workload, side, settings, clip),
                               {"PYTHONPATH": str(ROOT / "tools"), "HF_HUB_OFFLINE": "1"})
    said = json.loads(finished.stdout)
    if workload in CLIPS:
        figures = [{**said, "stage": CLIP_STAGE, "seconds": finished.seconds}]
    else:
        figures = said["figures"]
    work = {figure["stage"]: {fact: figure[fact] for fact in FACTS if fact in figure} for figure in figures}
    return {"workload": workload, "side": side, "peak_mib": finished.peak_mib, "work": work,
            "seconds": {figure["stage"]: figure["seconds"] for figure in figures}}, said


def zoetrope_command(workload, settings, clip):
    """With the settings that zoetrope chooses by itself."""
    if workload not in CLIPS:
        return [settings.program, "bench", workload, "--repeat", 1, "--layers", settings.layers, "--json"]
    clip_settings = {name: ["--" + OPTIONS.get(name, name), value] for name, value in CLIPS[workload].items()}
    if settings.steps:
        clip_settings["num_inference_steps"] = ["--steps", settings.steps]
    return [settings.program, "generate", "--model", ROOT / "models/starter", "--prompt", STARTER_PROMPT, "--seed",
            STARTER_SEED, *chain.from_iterable(clip_settings.values()), "--progress", "none", "--json", "-o", clip]


def reference_command(workload, side, settings, clip):
    """The same through diffusers; `side` is one of reference_sides()."""
    steps = ["--steps", settings.steps] if settings.steps else []
    return [sys.executable, "-B", "-m", "benchmark.reference", workload, "--dtype", side.split()[-1], "--layers",
            settings.layers, *steps, "--output", clip]


def reference_sides(choice):
    """Names of the sides that `--reference bf16|fp32|both` asks for."""
    return [f"diffusers {dtype}" for dtype in REFERENCES if choice in (dtype, "both")]
