"""Trains the transformer and the text encoder together on encoded clips, text to video and image to video at once.

usage: python -m starter.train_model STATE_FOLDER MINUTES     (goes on where an earlier run stopped)

Started through torch.distributed.run, each process takes its share of every batch; what is drawn for a clip depends
on the step and on its place in the batch alone, so the number of processes changes nothing but rounding.
"""
import os
import pathlib
import random
import sys
import time
from typing import NamedTuple

import torch
import torch.distributed

from .captions import caption
from .encode import scene_of, shards
from .model import Prompts, build_text_encoder, build_transformer, embed, squared_error, velocity
from .muon import Muon
from .training import Average, Journal, device, load, save, schedule

# Steps, clips a step, and how many latent frames of each. Pictures come first: what words look like is learnt from
# four times as many of them, at a ninth of a clip's cost. Then half clips, then whole ones.
CURRICULUM = ((3000, 64, 1), (4000, 16, 5), (4000, 16, 9))
STEPS = sum(steps for steps, _, _ in CURRICULUM)
VALIDATION = 64        # clips, the first of all, that no step trains on
VALIDATION_BATCH = 8
RATE = 0.02            # of orthogonalised momentum
RATE_REST = 2e-3
NO_CAPTION = 0.1       # share of clips without one: guidance needs them
IMAGE_TO_VIDEO = 0.35  # share of clips whose first frame is given
NOISE_SHIFT = 0.6      # times are sigmoid(normal + this): more noise than not, where things take their places
THINGS = 3.0           # how much more latents count that hold a part of a thing
SAVE_EVERY, EVALUATE_EVERY, REPORT_EVERY = 200, 500, 50
SEED = 20251104


class Latents:
    """All encoded clips, each channel normalised by its mean and deviation over the first shards ever used."""

    def __init__(self, folder: pathlib.Path):
        parts = [load(path) for path in shards(folder)]
        latents = torch.cat([part["latents"] for part in parts])
        self.masks = torch.cat([part["masks"] for part in parts])
        statistics = folder / "statistics.pt"
        if not statistics.exists():
            some = latents[:4096].float()
            save(dict(mean=some.mean((0, 2, 3, 4)), deviation=some.std((0, 2, 3, 4))), statistics)
        self.mean, self.deviation = load(statistics)["mean"], load(statistics)["deviation"]
        shape = (1, -1, 1, 1, 1)
        for start in range(0, len(latents), 512):
            part = latents[start:start + 512]
            part.copy_((part.float() - self.mean.view(shape)) / self.deviation.view(shape))
        self.latents = latents

    def order(self, epoch: int) -> torch.Tensor:
        """The clips to train on in the order of that epoch."""
        generator = torch.Generator().manual_seed(SEED + epoch)
        return VALIDATION + torch.randperm(len(self.latents) - VALIDATION, generator=generator)


class Share(NamedTuple):
    """One process's clips of a step."""

    indices: list[int]
    draws: list[int]  # for each clip, the seed of what is drawn for it
    frames: int       # latent frames, from the first one on


class Batch:
    """A share of a step's clips, noised: what the model gets, and what it should say."""

    def __init__(self, latents: Latents, share: Share, prompts: Prompts, training: bool):
        clean = latents.latents[share.indices, :, :share.frames].float()
        noise, times, keep, texts = torch.empty_like(clean), [], [], []
        for place, (index, draw) in enumerate(zip(share.indices, share.draws)):
            generator, words = torch.Generator().manual_seed(draw), random.Random(draw)
            noise[place].normal_(generator=generator)
            times.append(torch.sigmoid(torch.randn((), generator=generator) + NOISE_SHIFT))
            keep.append(words.random() < IMAGE_TO_VIDEO and share.frames > 1)
            silent = training and words.random() < NO_CAPTION
            texts.append("" if silent else caption(scene_of(index), words))
        self.times, self.keep = torch.stack(times), torch.tensor(keep)
        noisiness = self.times.view(-1, 1, 1, 1, 1)
        self.noisy = (1.0 - noisiness) * clean + noisiness * noise
        self.noisy[self.keep, :, 0] = clean[self.keep, :, 0]
        self.target = noise - clean
        self.weights = 1.0 + THINGS * latents.masks[share.indices, :share.frames].float()
        self.ids, self.mask = prompts(texts)
        for name, value in vars(self).items():
            setattr(self, name, value.to(device()))


def parameter_groups(transformer, text_encoder) -> list[dict]:
    """Orthogonalised momentum for the matrices inside of blocks, AdamW for everything else."""
    matrices = [value for name, value in transformer.named_parameters()
                if value.ndim == 2 and name.startswith("blocks") and "scale_shift" not in name]
    matrices += [value for name, value in text_encoder.named_parameters()
                 if value.ndim == 2 and ("SelfAttention" in name or "DenseReluDense" in name) and "bias" not in name]
    known = {id(value) for value in matrices}
    rest = [value for model in (transformer, text_encoder) for value in model.parameters() if id(value) not in known]
    return [dict(params=matrices, orthogonal=True, lr=RATE, base=RATE, weight_decay=0.01),
            dict(params=rest, lr=RATE_REST, base=RATE_REST)]


def add_over_processes(parameters: list[torch.Tensor]):
    """Replaces every gradient by its mean over all processes."""
    if torch.distributed.is_initialized():
        flat = torch.cat([value.grad.flatten() for value in parameters])
        torch.distributed.all_reduce(flat)
        flat /= torch.distributed.get_world_size()
        torch._foreach_copy_([value.grad for value in parameters],
                             [part.view_as(value) for part, value in
                              zip(flat.split([value.numel() for value in parameters]), parameters)])


class Training:
    """Weights, optimiser and average at a step, in a folder that they are resumed from."""

    def __init__(self, folder: pathlib.Path, rank: int):
        torch.manual_seed(SEED)
        self.path, self.journal = folder / "model.pt", Journal(folder / "model.jsonl")
        self.prompts, self.rank = Prompts(folder / "tokenizer"), rank
        self.models = torch.nn.ModuleDict(dict(
            transformer=build_transformer(),
            text_encoder=build_text_encoder(self.prompts.tokenizer.get_vocab_size()))).to(device())
        self.optimiser = Muon(parameter_groups(self.models["transformer"], self.models["text_encoder"]))
        # A text encoder's embedding has two names; both are the same parameter.
        self.parameters = [value for value in self.models.parameters() if value.requires_grad]
        self.average, self.step, self.seconds = Average(dict(self.models.named_parameters())), 0, 0.0
        if self.path.exists():
            state = load(self.path)
            self.models.load_state_dict(state["weights"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.average = Average({name: value.to(device()) for name, value in state["average"].items()})
            self.step, self.seconds = state["step"], state["seconds"]
        transformer = self.models["transformer"]
        self.velocity = torch.compile(lambda *inputs: velocity(transformer, *inputs), dynamic=False)

    def save(self):
        """Writes all that a later run needs to go on as if it had never stopped."""
        if self.rank == 0:
            save(dict(weights=self.models.state_dict(), optimiser=self.optimiser.state_dict(),
                      average=self.average.values, step=self.step, seconds=self.seconds), self.path)

    def loss(self, batch: Batch) -> torch.Tensor:
        """The weighted squared error of the predicted velocities."""
        with torch.autocast(device().type, torch.bfloat16):
            text = embed(self.models["text_encoder"], batch.ids, batch.mask)
            predicted = self.velocity(batch.noisy, batch.times, text, batch.keep)
        return squared_error(predicted, batch.target, batch.weights, batch.keep)

    def advance(self, batch: Batch) -> float:
        """One step; returns this process's loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * schedule(self.step, STEPS, warmup=100, decay=0.35)
        loss = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        add_over_processes(self.parameters)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.average.update(dict(self.models.named_parameters()), self.step, longest=0.999)
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def validate(self, latents: Latents, size: int) -> float:
        """The averaged weights' loss on clips never trained on, always with the same noise."""
        current = {name: value.detach().clone() for name, value in self.models.named_parameters()}
        self._copy_in(self.average.values)
        shares = [Share([*range(start, start + size)], [*range(start, start + size)], latents.latents.shape[2])
                  for start in range(0, VALIDATION, size)]
        losses = [self.loss(Batch(latents, share, self.prompts, training=False)).item() for share in shares]
        self._copy_in(current)
        return sum(losses) / len(losses)

    def _copy_in(self, values):
        for name, value in self.models.named_parameters():
            value.copy_(values[name])


def drawn_in(step: int) -> tuple[range, int]:
    """The numbers of a step's clips among all that are ever drawn, and how many latent frames of each."""
    first = 0
    for steps, clips, frames in CURRICULUM:
        if step < steps:
            break
        step, first = step - steps, first + steps * clips
    return range(first + step * clips, first + (step + 1) * clips), frames


def share_of_batch(latents: Latents, step: int, rank: int, processes: int) -> Share:
    """A process's share of a step; every clip comes once in an epoch."""
    numbers, frames = drawn_in(step)
    own, an_epoch = numbers[rank::processes], len(latents.latents) - VALIDATION
    orders = {epoch: latents.order(epoch) for epoch in {number // an_epoch for number in own}}
    indices = [int(orders[number // an_epoch][number % an_epoch]) for number in own]
    return Share(indices, [SEED + number for number in own], frames)


def run(folder: pathlib.Path, minutes: float) -> bool:
    """Trains for at most so many minutes; returns whether all steps are done."""
    rank, processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if processes > 1:
        torch.distributed.init_process_group("gloo")
    latents, training = Latents(folder), Training(folder, rank)
    started, before, total = time.monotonic(), training.seconds, 0.0
    on = torch.tensor(float(minutes > 0))
    while training.step < STEPS and on:
        total += training.advance(Batch(latents, share_of_batch(latents, training.step, rank, processes),
                                        training.prompts, training=True))
        training.seconds = before + time.monotonic() - started
        if training.step % REPORT_EVERY == 0:
            if rank == 0:
                training.journal.write(step=training.step, minutes=training.seconds / 60, loss=total / REPORT_EVERY)
            total = 0.0
        if training.step % SAVE_EVERY == 0:
            training.save()
        if training.step % EVALUATE_EVERY == 0 and rank == 0:
            training.journal.write(step=training.step, validation=training.validate(latents, VALIDATION_BATCH))
        on.fill_(time.monotonic() - started < 60 * minutes)
        if processes > 1:
            torch.distributed.broadcast(on, 0)  # all stop at the same step
    training.save()
    return training.step == STEPS


if __name__ == "__main__":
    run(pathlib.Path(sys.argv[1]), float(sys.argv[2]))
