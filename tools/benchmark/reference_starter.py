"""The starter's clip as a script with diffusers makes it: load, generate, pipe the frames to ffmpeg."""

import json
import subprocess
from pathlib import Path

import torch
from diffusers import WanPipeline
from transformers import PreTrainedTokenizerFast

from .workloads import STARTER_PROMPT, STARTER_SEED

MODEL = Path(__file__).resolve().parents[2] / "models/starter"
# Those of zoetrope for .mp4.
CODEC = ["-c:v", "libx264", "-preset", "medium", "-crf", "12", "-pix_fmt", "yuv420p"]


def load_pipeline(dtype, rows):
    """`rows`: of the text. T5TokenizerFast of transformers 5 ignores byte fallback; its file does not."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(MODEL / "tokenizer/tokenizer.json"), model_max_length=rows, eos_token="</s>",
        bos_token="<s>", unk_token="<unk>", pad_token="<pad>")
    pipeline = WanPipeline.from_pretrained(MODEL, torch_dtype=dtype, tokenizer=tokenizer)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def write_clip(frames, fps, path):
    """frames: [F, H, W, 3] in [0, 1]."""
    height, width = frames.shape[1:3]
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r",
               str(fps), "-i", "-", *CODEC, "-y", str(path)]
    subprocess.run(command, input=(frames * 255).round().astype("uint8").tobytes(), check=True)


def run(dtype, changed, output):
    """Makes the clip as the checkpoint says, but for the settings `changed`; returns its facts."""
    settings = {**json.loads((MODEL / "generation_config.json").read_text()), **changed}
    pipeline = load_pipeline(dtype, settings["max_sequence_length"])
    frames = pipeline(
        prompt=STARTER_PROMPT, width=settings["width"], height=settings["height"],
        num_frames=settings["num_frames"], num_inference_steps=settings["num_inference_steps"],
        guidance_scale=settings["guidance_scale"], max_sequence_length=settings["max_sequence_length"],
        generator=torch.Generator("cpu").manual_seed(STARTER_SEED)).frames[0]
    write_clip(frames, settings["fps"], output)
    return {"frames": frames.shape[0], "width": frames.shape[2], "height": frames.shape[1]}
