"""Latents of frames, and what CLIP sees of stills, equal diffusers' and transformers' in fp32.

Random weights and configurations. Limits: 2e-5 of the largest value; stills after CLIP's
preprocessing to the last bit.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModel, CLIPVisionModelWithProjection
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

LIMIT = 2e-5

VAE21 = dict(base_dim=6, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
             temperal_downsample=[False, True, True])
VAE22 = dict(VAE21, z_dim=24, decoder_base_dim=8, is_residual=True, in_channels=12,
             out_channels=12, patch_size=2, scale_factor_spatial=16,
             latents_mean=[0.1 * (i % 5) - 0.2 for i in range(24)],
             latents_std=[0.5 + 0.1 * (i % 7) for i in range(24)])
# Name, options, frames, height, width.
VAE_CASES = [
    ("2.1, the released shape", VAE21, 13, 40, 24),
    ("2.1, a still", VAE21, 1, 16, 16),
    ("2.1, one block, time halved first", dict(VAE21, num_res_blocks=1, dim_mult=[2, 1, 3, 2],
                                               temperal_downsample=[True, True, False]), 9, 24, 32),
    ("2.1, time halved once", dict(VAE21, temperal_downsample=[False, False, True],
                                   scale_factor_temporal=2), 9, 16, 24),
    ("2.2, the released shape", VAE22, 13, 64, 32),
    ("2.2, a still", VAE22, 1, 32, 48),
    ("2.2, four blocks, time halved last and first",
     dict(VAE22, num_res_blocks=3, dim_mult=[2, 4, 4, 2],
          temperal_downsample=[True, False, True]), 5, 32, 64),
]

CLIP = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=4, num_attention_heads=3,
            image_size=56, patch_size=14, hidden_act="gelu")
CLIP_CASES = [
    ("with a prefix", CLIPVisionModelWithProjection, CLIP),
    ("without a prefix, 80 channels a head", CLIPVisionModel,
     dict(CLIP, hidden_size=160, num_attention_heads=2)),
    ("quick GELU, pixels left over, another eps", CLIPVisionModel,
     dict(CLIP, hidden_act="quick_gelu", image_size=60, layer_norm_eps=1e-3)),
    ("one layer, which is not run", CLIPVisionModel, dict(CLIP, num_hidden_layers=1)),
]

# Name, options, width, height.
STILL_CASES = [
    ("landscape", dict(), 641, 360),
    ("portrait", dict(), 333, 777),
    ("a smaller square", dict(), 60, 60),
    ("one row", dict(), 40, 1),
    ("odd sizes", dict(size={"shortest_edge": 61}, crop_size={"height": 33, "width": 56}), 97, 101),
    ("sizes as numbers", dict(size=63, crop_size=56), 100, 200),
    ("squashed", dict(size={"height": 56, "width": 70}, do_center_crop=False,
                      image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.5, 1.5]), 320, 200),
    ("not normalised", dict(do_normalize=False, rescale_factor=1 / 127.5), 300, 300),
]


def zoetrope(mode, model, pixels, shape):
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "in.safetensors", Path(folder) / "out"
        save_file({"pixels": pixels.contiguous()}, source)
        subprocess.run([sys.argv[1], mode, model, source, result, "fp32"], check=True)
        return torch.from_numpy(np.fromfile(result, np.float32)).reshape(shape)


def spread(module):
    """Weights of a size at which every layer matters to the result."""
    for name, weight in module.named_parameters():
        if weight.ndim > 1 and "gamma" not in name:
            torch.nn.init.normal_(weight, std=(weight[0].numel()) ** -0.5)
        else:
            weight.add_(0.2 * torch.randn_like(weight))
    return module.eval()


def report(name, found, expected, limit=LIMIT):
    error = ((found - expected).abs().max() / expected.abs().max()).item()
    print(f"{'ok' if error <= limit else 'FAILED'}: {name}: {error:.1e}", flush=True)
    return error <= limit


def check_vae(folder, name, options, frames, height, width):
    vae = spread(AutoencoderKLWan(**options))
    vae.save_pretrained(folder)
    pixels = torch.rand(1, 3, frames, height, width) * 2 - 1
    latents = vae.encode(pixels).latent_dist.mode()
    mean, deviation = (torch.tensor(vae.config[key]).view(1, -1, 1, 1, 1)
                       for key in ("latents_mean", "latents_std"))
    expected = (latents - mean) * (1 / deviation)
    return report("vae " + name, zoetrope("vae", folder, pixels, expected.shape), expected)


def check_clip(folder, name, kind, options):
    model = spread(kind(CLIPVisionConfig(**options)))
    model.save_pretrained(folder)
    pixels = torch.randn(1, 3, options["image_size"], options["image_size"])
    vision = getattr(model, "vision_model", model)
    expected = vision(pixels, output_hidden_states=True).hidden_states[-2]
    return report("clip " + name, zoetrope("clip", folder, pixels, expected.shape), expected)


def check_still(folder, name, options, width, height):
    levels = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    levels[: height // 2] //= 3  # not only noise
    processor = CLIPImageProcessorPil(**options)
    (folder / "preprocessor_config.json").write_text(json.dumps(options))
    expected = processor(images=Image.fromarray(levels), return_tensors="pt").pixel_values
    found = zoetrope("still", folder / "preprocessor_config.json",
                     torch.from_numpy(levels).float(), expected.shape)
    return report("still " + name, found, expected, limit=0)


@torch.no_grad()
def main():
    torch.manual_seed(0)
    passed = []
    for check, cases in ((check_vae, VAE_CASES), (check_clip, CLIP_CASES),
                         (check_still, STILL_CASES)):
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                passed.append(check(Path(folder), *case))
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
