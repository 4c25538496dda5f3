"""Each stage alone in bf16: its error against the reference in fp32, beside the reference's own in bf16.

On the shipped checkpoint, and on random ones of Wan 2.1's and 2.2's structure, whose widths are those at which
tiles and remainders both occur. Limits, relative L2: fp32 1e-5; bf16 1.2 times the error of the reference in bf16.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from safetensors.torch import save_file
from transformers import UMT5EncoderModel

from reference import Case, load_tokenizer, make_checkpoint, relative_error

STARTER = Path("models/starter")
PROMPT = "a large red ball moving right over the sea at sunset"
FP32_LIMIT, BF16_LIMIT = 1e-5, 1.2

TRANSFORMER = dict(patch_size=(1, 2, 2), num_attention_heads=3, attention_head_dim=128, in_channels=16,
                   out_channels=16, freq_dim=256, ffn_dim=1024, num_layers=4, rope_max_seq_len=64)
VAE21 = dict(base_dim=32, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
             temperal_downsample=[False, True, True])
VAE22 = dict(VAE21, z_dim=24, decoder_base_dim=48, is_residual=True, in_channels=12, out_channels=12, patch_size=2,
             scale_factor_spatial=16, latents_mean=[0.0] * 24, latents_std=[1.0] * 24)
TEXT = dict(d_model=256, d_kv=32, d_ff=512, num_heads=8)
CASES = [Case("Wan 2.1", TRANSFORMER, VAE21, dict(kind="unipc"), text=TEXT),
         Case("Wan 2.2", dict(TRANSFORMER, in_channels=24, out_channels=24), VAE22, dict(kind="unipc"), text=TEXT)]


class Reference:
    """The parts of a diffusers folder in one type; the stages as the pipelines run them."""

    def __init__(self, folder, dtype):
        part = lambda kind, name: kind.from_pretrained(folder / name, torch_dtype=dtype).eval()
        self.text_encoder = part(UMT5EncoderModel, "text_encoder")
        self.transformer = part(WanTransformer3DModel, "transformer")
        self.vae, self.dtype = part(AutoencoderKLWan, "vae"), dtype
        z = self.vae.config.z_dim
        self.mean, self.std = (torch.tensor(self.vae.config[key]).view(1, z, 1, 1, 1)
                               for key in ("latents_mean", "latents_std"))

    def text(self, prompt):
        tokens = load_tokenizer()(bytes(prompt.int().tolist()).decode(), return_tensors="pt")
        rows = self.text_encoder(**tokens).last_hidden_state[0]
        return torch.cat([rows, rows.new_zeros(64 - len(rows), rows.shape[1])])

    def forward(self, latents, text, timestep):
        return self.transformer(latents.to(self.dtype), timestep, text.to(self.dtype), return_dict=False)[0]

    def decode(self, latents):
        video = self.vae.decode((latents * self.std + self.mean).to(self.dtype), return_dict=False)[0]
        return (video.float() / 2 + 0.5).clamp(0, 1)[0].transpose(0, 1)

    def encode(self, pixels):
        mode = self.vae.encode(pixels.to(self.dtype)).latent_dist.mode()
        return (mode.float() - self.mean) / self.std


def inputs_of(reference, generator):
    """What each stage is given: noise, and a picture with slopes and an edge."""
    vae, text = reference.vae.config, reference.transformer.config.text_dim
    noise = lambda *shape: torch.randn(shape, generator=generator)
    size = 8 * vae.scale_factor_spatial
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    picture = torch.stack([x, y, ((x + y) * 4).sin()]) * (x * x + y * y < 0.5)
    pixels = torch.stack([picture.roll(4 * frame, 2) for frame in range(9)], 1)[None]
    rows = noise(1, 64, text)
    rows[:, 20:] = 0
    return {"text": dict(prompt=torch.tensor(list(PROMPT.encode()), dtype=torch.float32)),
            "forward": dict(latents=noise(1, vae.z_dim, 3, 10, 14), text=rows, timestep=torch.tensor([700.0])),
            "decode": dict(latents=noise(1, vae.z_dim, 3, 6, 8)),
            "encode": dict(pixels=pixels)}


def ours(model, stage, inputs, dtype, shape):
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "in.safetensors", Path(folder) / "out"
        save_file({name: value.contiguous() for name, value in inputs.items()}, source)
        # What encodes is the driver of the test of stills.
        command = ([sys.argv[2], "vae", model / "vae"] if stage == "encode" else [sys.argv[1], model, stage])
        subprocess.run([*command, source, result, dtype], check=True)
        return torch.from_numpy(np.fromfile(result, np.float32)).reshape(shape)


def check(name, model):
    exact, rounded = Reference(model, torch.float32), Reference(model, torch.bfloat16)
    passed = True
    for stage, inputs in inputs_of(exact, torch.Generator().manual_seed(3)).items():
        truth = getattr(exact, stage)(**inputs).float()
        theirs = relative_error(getattr(rounded, stage)(**inputs).float(), truth)
        fp32, bf16 = (relative_error(ours(model, stage, inputs, dtype, truth.shape), truth)
                      for dtype in ("fp32", "bf16"))
        good = fp32 <= FP32_LIMIT and bf16 <= BF16_LIMIT * theirs
        passed &= good
        print(f"{'ok' if good else 'FAILED'}: {name}, {stage}: fp32 {fp32:.1e}; bf16 {bf16:.2e}, "
              f"diffusers {theirs:.2e}, ratio {bf16 / theirs:.2f}", flush=True)
    return passed


@torch.no_grad()
def main():
    passed = [check("starter", STARTER)]
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            make_checkpoint(case, Path(folder))
            passed.append(check(case.name, Path(folder)))
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
