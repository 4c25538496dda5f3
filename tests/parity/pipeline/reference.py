"""Random Wan checkpoints made with diffusers, and clips made with its pipelines and with zoetrope."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from PIL import Image
from safetensors.torch import load_file
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedTokenizerFast,
    UMT5Config,
    UMT5EncoderModel,
)

TOKENIZER = Path("models/starter/tokenizer")
LATENT_LIMIT = 1e-4  # relative
LEVEL_LIMIT = 2      # of 255, for every sample of every frame


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
    max_sequence_length: int = 64
    image: tuple = None       # width and height of the still that the clip starts with
    last_image: tuple = None
    image_encoder: dict = None
    transformer_2: dict = None
    boundary_ratio: float = None
    guidance_scale_2: float = None

    def still(self, name):
        """A picture with an edge, a gradient and noise, of the size that the case says."""
        width, height = getattr(self, name)
        generator = np.random.default_rng(len(self.name) + len(name))
        y, x = np.mgrid[0:height, 0:width]
        plain = np.stack([255 * x / width, 255 * y / height, 128 + 127 * np.sin(x / 5 + y / 9)], 2)
        plain[height // 3:height // 2, width // 4:width // 2] = (250, 20, 60)
        noise = generator.integers(-20, 20, plain.shape)
        return Image.fromarray(np.clip(plain + noise, 0, 255).astype(np.uint8))

    def stills(self):
        return [name for name in ("image", "last_image") if getattr(self, name)]


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


def make_transformer(options, text_dim):
    options = dict(options)
    return WanTransformer3DModel(
        text_dim=text_dim, cross_attn_norm=options.pop("cross_attn_norm", True),
        qk_norm="rms_norm_across_heads", **options).eval()


def make_image_encoder(options):
    """The vision tower and its processor; the tower's image size is the processor's crop."""
    size = options["image_size"]
    processor = CLIPImageProcessor(size={"shortest_edge": size},
                                   crop_size={"height": size, "width": size})
    return CLIPVisionModel(CLIPVisionConfig(**options)).eval(), processor


def make_checkpoint(case: Case, folder: Path, max_shard_size="10GB"):
    """Builds the pipeline of a case and saves it; returns the reference pipeline."""
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(7)
    text = dict(vocab_size=528, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
                feed_forward_proj="gated-gelu", tie_word_embeddings=False, dropout_rate=0.0)
    text.update(case.text)
    encoder = UMT5EncoderModel(UMT5Config(**text)).eval()
    transformer = make_transformer(case.transformer, text["d_model"])
    vae = AutoencoderKLWan(**case.vae).eval()
    more = {}
    if case.transformer_2 is not None:
        more["transformer_2"] = make_transformer(case.transformer_2, text["d_model"])
    if case.image_encoder is not None:
        more["image_encoder"], more["image_processor"] = make_image_encoder(case.image_encoder)
    for module in (encoder, transformer, vae, more.get("transformer_2"), more.get("image_encoder")):
        if module is not None:
            randomise(module, generator)
    options = dict(case.scheduler)
    if options.pop("kind") == "unipc":
        scheduler = UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, **options)
    else:
        scheduler = FlowMatchEulerDiscreteScheduler(**options)
    kind = WanImageToVideoPipeline if case.image else WanPipeline
    pipeline = kind(tokenizer=load_tokenizer(max_length=case.max_sequence_length),
                    text_encoder=encoder, vae=vae, scheduler=scheduler, transformer=transformer,
                    expand_timesteps=case.expand_timesteps, boundary_ratio=case.boundary_ratio,
                    **more)
    pipeline.save_pretrained(folder, max_shard_size=max_shard_size)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def reference_latents(pipeline, case: Case):
    stills = {name: case.still(name) for name in case.stills()}
    if case.guidance_scale_2 is not None:
        stills["guidance_scale_2"] = case.guidance_scale_2
    return pipeline(
        prompt=case.prompt, negative_prompt=case.negative_prompt, height=case.height,
        width=case.width, num_frames=case.num_frames, num_inference_steps=case.steps,
        guidance_scale=case.guidance_scale, output_type="latent",
        generator=torch.Generator("cpu").manual_seed(case.seed),
        max_sequence_length=case.max_sequence_length, **stills).frames


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
    more = []
    for name in case.stills():
        path = folder / f"{name}.still"  # a still is recognised by its content
        case.still(name).save(path, format="png")
        more += [f"--{name.replace('_', '-')}", path]
    if case.guidance_scale_2 is not None:
        more += ["--guidance-scale-2", case.guidance_scale_2]
    command = [
        binary, "generate", "--model", model, f"--prompt={case.prompt}",
        f"--negative-prompt={case.negative_prompt}", "--width", case.width, "--height",
        case.height, "--num-frames", case.num_frames, "--steps", case.steps, "--guidance-scale",
        case.guidance_scale, "--seed", case.seed, "--save-latents", latents, "--progress", "none",
        *more, *extra, "-o", folder / "%05d.png"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED {case.name}: exit {done.returncode}: {done.stderr}")
    frames = [np.array(Image.open(path)) for path in sorted(folder.glob("*.png"))]
    return load_file(latents)["latents"], np.stack(frames)


def relative_error(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def check(case: Case, binary, folder: Path, shard):
    pipeline = make_checkpoint(case, folder / "model", max_shard_size=shard)
    expected = reference_latents(pipeline, case)
    latents, frames = run_zoetrope(binary, folder / "model", case, folder / "out",
                                   ["--dtype", "fp32"])
    error = relative_error(latents, expected)
    reference = np.rint(reference_frames(pipeline, expected) * 255)
    same_shape = frames.shape == reference.shape
    levels = np.abs(frames - reference).max() if same_shape else np.inf
    passed = error <= LATENT_LIMIT and levels <= LEVEL_LIMIT and np.ptp(reference) > 20
    print(f"{'ok' if passed else 'FAILED'}: {case.name}: latents {error:.1e}, frames {levels:.0f} "
          f"levels, shape {frames.shape}", flush=True)
    return passed


def run_cases(cases):
    """Checks every case with the binary that the command line names; exits with 1 on a failure."""
    passed = []
    for number, case in enumerate(cases):
        with tempfile.TemporaryDirectory() as folder:
            # Small shards in every second case, so that an index is read too.
            shard = "20KB" if number % 2 else "10GB"
            passed.append(check(case, sys.argv[1], Path(folder), shard))
    sys.exit(0 if all(passed) else 1)
