"""What both trainings share: schedule, running average of weights, resumable state, journal."""
import json
import os
import pathlib
import time

import torch

UNFINISHED = 75  # exit status of a stage whose time was up: run again, it goes on


def schedule(step: int, steps: int, warmup: int, decay: float) -> float:
    """The learning rate's share at a step: a linear start, then 1, then a linear end over the last `decay` of all."""
    return min(1.0, (step + 1) / warmup, max(0.0, (steps - step) / (decay * steps)))


class Average:
    """A running mean of a model's weights, which is what gets evaluated and shipped."""

    def __init__(self, parameters: dict[str, torch.Tensor]):
        self.values = {name: value.detach().clone() for name, value in parameters.items()}

    @torch.no_grad()
    def update(self, parameters: dict[str, torch.Tensor], step: int, longest: float):
        """Moves the mean towards `parameters`; it forgets over 1 / (1 - longest) steps, and faster at first."""
        share = 1.0 - min(longest, (step + 1) / (step + 10))
        torch._foreach_lerp_(list(self.values.values()), [parameters[name].detach() for name in self.values], share)


def save(state: dict, path: pathlib.Path):
    """Writes a training's state so that a cut-off write leaves the one before."""
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    os.replace(part, path)


def load(path: pathlib.Path) -> dict:
    """Reads a training's state onto the CPU: tensors, numbers and lists alone, no code."""
    return torch.load(path, map_location="cpu", weights_only=True)


class Journal:
    """One JSON object a line, appended: what a training measured at which step, and when."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def write(self, **fields):
        """Appends and prints one line; numbers are cut to five digits."""
        fields = {name: float(f"{value:.5g}") if isinstance(value, float) else value for name, value in fields.items()}
        line = json.dumps({**fields, "time": time.strftime("%Y-%m-%dT%H:%M:%S")})
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)


def device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
