"""Turns rendered clips into latents, a shard of them a file, for the transformer's training.

usage: python -m starter.encode STATE_FOLDER MINUTES     (goes on where an earlier run stopped)
"""
import pathlib
import random
import sys
import time

import numpy as np
import torch

from .render import render
from .tracks import tracks
from .training import UNFINISHED, device, load, save
from .vae import SPATIAL, TEMPORAL, build_vae, encode, latent_frames
from .world import Scene, sample_scene

CLIPS = 12288
SHARD = 128   # clips a file
BATCH = 4     # clips a pass
SEED = 20251103


def scene_of(index: int) -> Scene:
    """The training scene of that number."""
    return sample_scene(random.Random(SEED * 10 ** 7 + index))


def things_mask(scene: Scene) -> torch.Tensor:
    """Which latents hold a part of a thing: bool [T, h, w], generous by a tenth of its radius."""
    frames, height, width = latent_frames(scene.frames), scene.height // SPATIAL, scene.width // SPATIAL
    left, top = np.meshgrid(np.arange(width) * SPATIAL, np.arange(height) * SPATIAL)
    mask = np.zeros((frames, height, width), bool)
    for track in tracks(scene).things:
        for frame in range(scene.frames):
            # From the centre to the nearest point of each latent's square.
            across = np.maximum(0, np.maximum(left - track.x[frame], track.x[frame] - left - SPATIAL))
            down = np.maximum(0, np.maximum(top - track.y[frame], track.y[frame] - top - SPATIAL))
            latent = (frame + TEMPORAL - 1) // TEMPORAL
            mask[latent] |= across ** 2 + down ** 2 < (1.1 * track.radius[frame]) ** 2
    return torch.from_numpy(mask)


class Clips(torch.utils.data.Dataset):
    """Batches of scenes `first` to `last`: clips uint8 [B, 3, F, H, W] and masks bool [B, T, h, w]."""

    def __init__(self, first: int, last: int):
        self.first, self.last = first, last

    def __len__(self):
        return (self.last - self.first) // BATCH

    def __getitem__(self, index):
        torch.set_num_threads(1)
        scenes = [scene_of(self.first + index * BATCH + place) for place in range(BATCH)]
        clips = torch.stack([torch.from_numpy(render(scene)).permute(3, 0, 1, 2) for scene in scenes])
        return clips, torch.stack([things_mask(scene) for scene in scenes])


def trained_vae(folder: pathlib.Path):
    """The VAE of a state folder with its averaged weights, in bf16."""
    vae = build_vae()
    vae.load_state_dict(load(folder / "vae.pt")["average"])
    return vae.eval().to(device(), torch.bfloat16)


def shards(folder: pathlib.Path) -> list[pathlib.Path]:
    """The files written so far, in the order of their scenes."""
    return sorted((folder / "latents").glob("*.pt"))


@torch.no_grad()
def run(folder: pathlib.Path, minutes: float) -> bool:
    """Encodes shards until there are CLIPS clips or the time is up; returns whether all are there."""
    (folder / "latents").mkdir(exist_ok=True)
    vae = trained_vae(folder)
    encoded = torch.compile(lambda batch: encode(vae, batch)[0], dynamic=False)
    started = time.monotonic()
    for first in range(len(shards(folder)) * SHARD, CLIPS, SHARD):
        if time.monotonic() - started > 60 * minutes:
            break
        latents, masks = [], []
        for batch, mask in torch.utils.data.DataLoader(Clips(first, first + SHARD), batch_size=None, num_workers=1):
            batch = (batch.to(device()).to(torch.bfloat16) / 127.5 - 1.0)
            latents.append(encoded(batch.contiguous(memory_format=torch.channels_last_3d)).half().cpu())
            masks.append(mask)
        save(dict(latents=torch.cat(latents), masks=torch.cat(masks)), folder / "latents" / f"{first:06d}.pt")
        print(f"encode: {first + SHARD} of {CLIPS} clips, {(time.monotonic() - started) / 60:.1f} minutes", flush=True)
    return len(shards(folder)) * SHARD >= CLIPS


if __name__ == "__main__":
    sys.exit(0 if run(pathlib.Path(sys.argv[1]), float(sys.argv[2])) else UNFINISHED)
