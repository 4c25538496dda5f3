"""Random Wan checkpoints made with diffusers, and clips made with its pipeline and with zoetrope."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from PIL import Image
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

TOKENIZER = Path("models/starter/tokenizer")


@dataclass
class Case:
    """A checkpoint and one clip to make with it."""

    name: str
    transformer: dict
    vae: dict
    scheduler: dict
    text: dict = field(default_factory=dict)
    expand_timesteps: bool = False
    prompt: str = "a red ball"
    negative_prompt: str = ""
    width: int = 32
    height: int = 32
    num_frames: int = 9
    steps: int = 3
    guidance_scale: float = 5.0
    seed: int = 0


def load_tokenizer(folder=TOKENIZER, max_length=64):
    """T5TokenizerFast of transformers 5 ignores byte fallback, so the file is loaded as it is."""
    return PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), model_max_length=max_length,
        eos_token="</s>", bos_token="<s>", unk_token="<unk>", pad_token="<pad>")


def randomise(module, generator):
    """Weights of a size that keeps activations near 1, norms near 1: every part then matters."""
    for name, parameter in module.named_parameters():
        leaf, parent = name.split(".")[-1], name.split(".")[-2] if "." in name else ""
        noise = torch.randn(parameter.shape, generator=generator)
        if leaf == "gamma" or (leaf == "weight" and parameter.ndim == 1):
            value = 1 + 0.1 * noise
        elif parameter.ndim <= 1:
            value = 0.1 * noise
        elif "scale_shift_table" in leaf:
            value = 0.2 * noise
        elif parent in ("shared", "embed_tokens"):
            value = noise
        else:
            value = noise / (parameter.numel() / parameter.shape[0]) ** 0.5
        parameter.data.copy_(value)


def make_checkpoint(case: Case, folder: Path, max_shard_size="10GB"):
    """Builds the pipeline of a case and saves it; returns the reference pipeline."""
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(7)
    text = dict(vocab_size=528, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
                feed_forward_proj="gated-gelu", tie_word_embeddings=False, dropout_rate=0.0)
    text.update(case.text)
    encoder = UMT5EncoderModel(UMT5Config(**text)).eval()
    transformer = WanTransformer3DModel(
        text_dim=text["d_model"], cross_attn_norm=case.transformer.pop("cross_attn_norm", True),
        qk_norm="rms_norm_across_heads", **case.transformer).eval()
    vae = AutoencoderKLWan(**case.vae).eval()
    for module in (encoder, transformer, vae):
        randomise(module, generator)
    options = dict(case.scheduler)
    if options.pop("kind") == "unipc":
        scheduler = UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, **options)
    else:
        scheduler = FlowMatchEulerDiscreteScheduler(**options)
    pipeline = WanPipeline(tokenizer=load_tokenizer(), text_encoder=encoder, vae=vae,
                           scheduler=scheduler, transformer=transformer,
                           expand_timesteps=case.expand_timesteps)
    pipeline.save_pretrained(folder, max_shard_size=max_shard_size)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def reference_latents(pipeline, case: Case, max_sequence_length=64):
    return pipeline(
        prompt=case.prompt, negative_prompt=case.negative_prompt, height=case.height,
        width=case.width, num_frames=case.num_frames, num_inference_steps=case.steps,
        guidance_scale=case.guidance_scale, output_type="latent",
        generator=torch.Generator("cpu").manual_seed(case.seed),
        max_sequence_length=max_sequence_length).frames


def reference_frames(pipeline, latents):
    """Frames as fp32 [F, H, W, 3] in [0, 1]."""
    vae = pipeline.vae
    shape = (1, vae.config.z_dim, 1, 1, 1)
    mean = torch.tensor(vae.config.latents_mean).view(shape).to(vae.dtype)
    std = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(vae.dtype)
    with torch.no_grad():
        video = vae.decode(latents.to(vae.dtype) / std + mean, return_dict=False)[0]
    return pipeline.video_processor.postprocess_video(video, output_type="np")[0]


def run_zoetrope(binary, model: Path, case: Case, folder: Path, extra=()):
    """Makes the clip with the engine; returns (latents, frames u8 [F, H, W, 3])."""
    folder.mkdir(parents=True, exist_ok=True)
    latents = folder / "latents.safetensors"
    command = [
        binary, "generate", "--model", model, f"--prompt={case.prompt}",
        f"--negative-prompt={case.negative_prompt}", "--width", case.width, "--height",
        case.height, "--num-frames", case.num_frames, "--steps", case.steps, "--guidance-scale",
        case.guidance_scale, "--seed", case.seed, "--save-latents", latents, "--progress", "none",
        *extra, "-o", folder / "%05d.png"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED {case.name}: exit {done.returncode}: {done.stderr}")
    frames = [np.array(Image.open(path)) for path in sorted(folder.glob("*.png"))]
    return load_file(latents)["latents"], np.stack(frames)


def relative_error(found, expected):
    return ((found - expected).norm() / expected.norm()).item()

