"""The shipped checkpoint: zoetrope in fp32 equals diffusers in fp32, in bf16 it is at least as good.

Limits: fp32 frames PSNR >= 50 dB; bf16 error against fp32 at most 1.2 times diffusers' in bf16.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanPipeline, WanTransformer3DModel
from transformers import UMT5EncoderModel

from reference import (Case, load_tokenizer, reference_frames, reference_latents, relative_error,
                       run_zoetrope)

MODEL = Path("models/starter")
CASE = Case("starter", {}, {}, {}, prompt="a large red ball moving right over the sea at sunset",
            width=256, height=160, num_frames=17, steps=10, guidance_scale=4.0, seed=5)


def reference_pipeline(dtype):
    part = lambda kind, name: kind.from_pretrained(MODEL / name, torch_dtype=dtype).eval()
    pipeline = WanPipeline(
        tokenizer=load_tokenizer(), text_encoder=part(UMT5EncoderModel, "text_encoder"),
        transformer=part(WanTransformer3DModel, "transformer"),
        vae=part(AutoencoderKLWan, "vae"),
        scheduler=UniPCMultistepScheduler.from_pretrained(MODEL / "scheduler"),
        expand_timesteps=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def psnr(found, expected):
    return -10 * np.log10(np.mean((found.astype(np.float64) - expected) ** 2))


def main():
    binary = sys.argv[1]
    results = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        pipeline = reference_pipeline(dtype)
        latents = reference_latents(pipeline, CASE).float()
        with tempfile.TemporaryDirectory() as folder:
            ours, frames = run_zoetrope(binary, MODEL, CASE, Path(folder), ["--dtype", name])
        results[name] = (latents, reference_frames(pipeline, latents), ours, frames / 255)

    truth_latents, truth_frames = results["fp32"][:2]
    quality = psnr(results["fp32"][3], truth_frames)
    errors = [relative_error(latents, truth_latents)
              for latents in (results["bf16"][2], results["bf16"][0])]
    frame_errors = [np.sqrt(np.mean((frames - truth_frames) ** 2))
                    for frames in (results["bf16"][3], results["bf16"][1])]
    print(f"fp32: latents {relative_error(results['fp32'][2], truth_latents):.1e}, "
          f"frames {quality:.1f} dB")
    print(f"bf16 against fp32: latents {errors[0]:.2e} (diffusers {errors[1]:.2e}), "
          f"frames {frame_errors[0]:.2e} (diffusers {frame_errors[1]:.2e})")
    passed = (quality >= 50 and errors[0] <= 1.2 * errors[1]
              and frame_errors[0] <= 1.2 * frame_errors[1])
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
