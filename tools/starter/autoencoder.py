"""A checkpoint's VAE, run by diffusers: the engine encodes stills but no clips."""

import numpy
import torch
from diffusers import AutoencoderKLWan


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
