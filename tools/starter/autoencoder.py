"""A checkpoint's VAE, run by diffusers: the engine encodes stills but no clips."""

import dataclasses

import numpy
import torch
from diffusers import AutoencoderKLWan

from .render import render
from .score import psnr

LONG = 121  # frames of the long clip


class Autoencoder:
    """Brings clips through the VAE of a model folder and back, in fp32."""

    def __init__(self, model):
        """Raises OSError if the folder holds no VAE."""
        self.vae = AutoencoderKLWan.from_pretrained(model / "vae", torch_dtype=torch.float32).eval()

    @torch.no_grad()
    def __call__(self, frames):
        """uint8 [T, H, W, 3] -> the same, T = 4n + 1."""
        clip = torch.from_numpy(frames.astype(numpy.float32) / 127.5 - 1).permute(3, 0, 1, 2)[None]
        latents = self.vae.encode(clip).latent_dist.mode()
        shown = self.vae.decode(latents).sample[0].permute(1, 2, 3, 0)
        return ((shown.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()


def round_trips(autoencoder, scenes):
    """How well clips of the checkpoint's length come back: mean PSNR of each, in dB."""
    return [float(numpy.mean(by_frame(autoencoder, render(scene)))) for scene in scenes]


def long_round_trip(autoencoder, scene):
    """The PSNR of each of the first 121 frames of a scene, in dB: float [121]."""
    return by_frame(autoencoder, render(dataclasses.replace(scene, frames=LONG)))


def by_frame(autoencoder, frames):
    """The PSNR of each frame after a round trip."""
    return numpy.array([psnr(*pair) for pair in zip(frames, autoencoder(frames))])
