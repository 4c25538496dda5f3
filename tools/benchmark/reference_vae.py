"""A released autoencoder in diffusers, with its cache of features, as its pipelines use it."""

import torch
from diffusers import AutoencoderKLWan

from .random_weights import make
from .workloads import FRAMES, HEIGHT, VAES, WIDTH


def facts(model):
    """What both sides must agree on, by stage: the weights of the half that runs."""
    count = lambda *modules: sum(weight.numel() for module in modules for weight in module.parameters())
    return {"decode": {"parameters": count(model.post_quant_conv, model.decoder)},
            "encode": {"parameters": count(model.encoder, model.quant_conv)}}


def run(workload, dtype, measured):
    """Figures of decoding and encoding."""
    model = make(AutoencoderKLWan, VAES[workload], dtype)
    scale = model.config.scale_factor_spatial
    latents = torch.randn(1, model.config.z_dim, (FRAMES - 1) // 4 + 1, HEIGHT // scale, WIDTH // scale).to(dtype)
    clip = torch.rand(1, 3, FRAMES, HEIGHT, WIDTH).mul(2).sub(1).to(dtype)
    decode = lambda latents: model.decode(latents, return_dict=False)[0]
    encode = lambda clip: model.encode(clip, return_dict=False)[0].mode()
    # Two latents, or five frames, are enough to warm up: the later ones are all alike.
    figures = [measured("decode", lambda: decode(latents), lambda: decode(latents[:, :, :2])),
               measured("encode", lambda: encode(clip), lambda: encode(clip[:, :, :5]))]
    known = facts(model)
    return [{**figure, **known[figure["stage"]]} for figure in figures]
