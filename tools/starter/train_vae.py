"""Trains the VAE on crops of rendered clips: short ones first, then long ones too, on which it must not drift.

usage: python -m starter.train_vae STATE_FOLDER MINUTES     (goes on where an earlier run stopped)
"""
import dataclasses
import math
import pathlib
import random
import sys
import time

import torch

from .muon import Muon
from .render import render
from .tracks import tracks
from .training import UNFINISHED, Average, Journal, device, load, save, schedule
from .vae import build_vae, decode, encode
from .world import Scene, sample_scene

STEPS = 2800
SHORT_STEPS = 1500
SHORT = (8, 9)                # crops a batch, frames a crop, in the first steps: they cost half of later ones
LONG = ((8, 17), (2, 65))     # each later step takes one of these
CROP = 64                     # pixels, both ways
RATE = 0.006                  # of orthogonalised momentum
RATE_REST = 2e-3
DIVERGENCE = 3e-4             # weight of the latents' divergence from the unit normal
SAVE_EVERY, EVALUATE_EVERY, REPORT_EVERY = 100, 400, 25
SEED = 20251101


class Crops(torch.utils.data.Dataset):
    """The batch of every step from a given one on: [B, 3, F, 64, 64] uint8, the same for the same step always."""

    def __init__(self, first_step: int):
        self.first_step = first_step

    def __len__(self):
        return STEPS - self.first_step

    def __getitem__(self, index):
        torch.set_num_threads(1)
        step = self.first_step + index
        generator = random.Random(SEED + step)
        crops, frames = SHORT if step < SHORT_STEPS else generator.choice(LONG)
        # A clip for each: crops of one clip are too alike, and orthogonalised steps then follow their noise.
        return torch.stack([crop_of(sample_scene(generator), generator, frames) for _ in range(crops)])


def crop_of(scene: Scene, generator: random.Random, frames: int) -> torch.Tensor:
    """A crop [3, F, 64, 64] uint8 of a stretch of a clip, as a rule around a thing; long ones slow the clip down."""
    scene = dataclasses.replace(scene, frames=max(scene.frames, frames))
    first = generator.randint(0, scene.frames - frames)
    x, y = generator.uniform(0, scene.width), generator.uniform(0, scene.height)
    if generator.random() < 0.75:
        thing, frame = generator.choice(tracks(scene).things), first + generator.randrange(frames)
        x, y = thing.x[frame] + generator.gauss(0, 24), thing.y[frame] + generator.gauss(0, 24)
    left = int(min(max(x - CROP / 2, 0), scene.width - CROP))
    top = int(min(max(y - CROP / 2, 0), scene.height - CROP))
    clip = torch.from_numpy(render(scene, first, frames)).permute(3, 0, 1, 2)
    return clip[:, :, top:top + CROP, left:left + CROP].contiguous()


def to_model(clips: torch.Tensor) -> torch.Tensor:
    """uint8 [B, 3, F, H, W] -> [-1, 1] in fp32, channels last, on the training's device."""
    return (clips.to(device()).float() / 127.5 - 1.0).contiguous(memory_format=torch.channels_last_3d)


def loss_of(clips, mean, log_variance, decoded):
    """The loss, and the squared error and the divergence that it holds."""
    difference = decoded - clips
    squared = difference.square().mean()
    # Errors of slopes: they keep outlines sharp, which squared errors alone leave soft.
    slopes = difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()
    return difference.abs().mean() + 2.0 * squared + 0.5 * slopes + DIVERGENCE * divergence, squared, divergence


def optimiser_of(vae) -> Muon:
    """Orthogonalised momentum for kernels, AdamW for biases and scales."""
    kernels = [value for name, value in vae.named_parameters() if value.ndim >= 4 and "gamma" not in name]
    known = {id(value) for value in kernels}
    rest = [value for value in vae.parameters() if id(value) not in known]
    return Muon([dict(params=kernels, orthogonal=True, lr=RATE, base=RATE, weight_decay=0.01),
                 dict(params=rest, lr=RATE_REST, base=RATE_REST)])


@torch.no_grad()
def held_out_quality(vae, frames: int, count: int) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB of each frame, over clips that no step saw: [F]."""
    generator = random.Random(SEED - 1)
    errors = []
    for _ in range(count):
        scene = dataclasses.replace(sample_scene(generator), frames=frames)
        clips = to_model(torch.from_numpy(render(scene)).permute(3, 0, 1, 2)[None])
        with torch.autocast(device().type, torch.bfloat16):
            decoded = decode(vae, encode(vae, clips)[0])
        errors.append((decoded.float().clamp(-1, 1) - clips).square().mean((0, 1, 3, 4)))
    return 10.0 * torch.log10(4.0 / torch.stack(errors).mean(0))


def evaluate(average: Average, frames: int = 33, count: int = 8) -> dict:
    """Quality of the averaged weights on whole held-out clips: mean, first and worst frame, in dB."""
    vae = build_vae().to(device())
    vae.load_state_dict(average.values)
    each = held_out_quality(vae, frames, count)
    mean = -10.0 * torch.log10((10.0 ** (-each / 10.0)).mean())
    return {"frames": frames, "psnr": mean.item(), "first_frame": each[0].item(), "worst_frame": each.min().item()}


class Training:
    """Weights, optimiser and average at a step, in a folder that they are resumed from."""

    def __init__(self, folder: pathlib.Path):
        torch.manual_seed(SEED)
        self.path, self.journal = folder / "vae.pt", Journal(folder / "vae.jsonl")
        self.vae, self.step, self.seconds = build_vae().to(device()), 0, 0.0
        self.optimiser, self.average = optimiser_of(self.vae), Average(self.vae.state_dict())
        if self.path.exists():
            state = load(self.path)
            self.vae.load_state_dict(state["weights"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.average = Average({name: value.to(device()) for name, value in state["average"].items()})
            self.step, self.seconds = state["step"], state["seconds"]

    def save(self):
        """Writes all that a later run needs to go on as if it had never stopped."""
        save(dict(weights=self.vae.state_dict(), optimiser=self.optimiser.state_dict(), average=self.average.values,
                  step=self.step, seconds=self.seconds), self.path)

    def advance(self, forward, batch: torch.Tensor) -> tuple[float, float, float]:
        """One step; returns loss, squared error and divergence."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * schedule(self.step, STEPS, warmup=60, decay=0.35)
        torch.manual_seed(SEED + self.step)  # the latents' noise, whatever ran before
        clips = to_model(batch)
        with torch.autocast(device().type, torch.bfloat16):
            mean, log_variance, decoded = forward(clips)
        loss, squared, divergence = loss_of(clips, mean, log_variance, decoded.float())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.vae.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.vae.state_dict(), self.step, longest=0.998)
        self.step += 1
        return loss.item(), squared.item(), divergence.item()


def run(folder: pathlib.Path, minutes: float) -> bool:
    """Trains for at most so many minutes; returns whether all steps are done."""
    training = Training(folder)
    vae = training.vae

    def forward(clips):
        mean, log_variance = encode(vae, clips)
        mean, log_variance = mean.float(), log_variance.float().clamp(-14.0, 4.0)
        return mean, log_variance, decode(vae, mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean))

    compiled = torch.compile(forward, dynamic=False)
    batches = torch.utils.data.DataLoader(Crops(training.step), batch_size=None, num_workers=1, prefetch_factor=4)
    started, sums = time.monotonic(), [0.0, 0.0, 0.0]
    before = training.seconds
    for batch in batches:
        elapsed = time.monotonic() - started
        if elapsed > 60 * minutes:
            break
        training.seconds = before + elapsed
        sums = [total + value for total, value in zip(sums, training.advance(compiled, batch))]
        if training.step % REPORT_EVERY == 0:
            loss, squared, divergence = (total / REPORT_EVERY for total in sums)
            training.journal.write(step=training.step, minutes=training.seconds / 60, loss=loss,
                                   crop_psnr=10.0 * math.log10(4.0 / squared), divergence=divergence)
            sums = [0.0, 0.0, 0.0]
        if training.step % SAVE_EVERY == 0:
            training.save()
        if training.step % EVALUATE_EVERY == 0:
            training.journal.write(step=training.step, **evaluate(training.average))
    if len(batches) == 0:
        return True
    training.save()
    if training.step == STEPS:
        training.journal.write(step=training.step, **evaluate(training.average))
        training.journal.write(step=training.step, **evaluate(training.average, frames=121, count=4))
    return training.step == STEPS


if __name__ == "__main__":
    sys.exit(0 if run(pathlib.Path(sys.argv[1]), float(sys.argv[2])) else UNFINISHED)
