"""Writes what was trained as a diffusers pipeline folder in bf16, with recommended settings and a model card.

usage: python -m starter.export STATE_FOLDER OUTPUT_FOLDER
"""
import json
import pathlib
import shutil
import sys

import torch
from diffusers import UniPCMultistepScheduler, WanPipeline
from transformers import PreTrainedTokenizerFast

from .make_tokenizer import LENGTH
from .model import Prompts, build_text_encoder, build_transformer
from .record import record
from .training import load
from .vae import CHANNELS, build_vae
from .world import Scene

SETTINGS = {
    "width": Scene.width,
    "height": Scene.height,
    "num_frames": Scene.frames,
    "fps": Scene.fps,
    "num_inference_steps": 20,
    "guidance_scale": 4.0,
    "flow_shift": 3.0,
    "max_sequence_length": LENGTH,
    "world": 1,  # what the exam may ask: version 0 knew single things in fixed words
    "image_note": "this toy knows drawn shapes over seven scenes: of any other still, a photograph too, it keeps the "
                  "first frame and makes up the rest",
}
CARD = """# Starter: a Wan 2.2 TI2V checkpoint small enough to ship

The real architecture at toy size, trained from nothing by `tools/starter/train` on clips that a program renders:
no photographs, no film, no scraped data. docs/starter.md tells of its world, its recipe and its exam.

| part | parameters | shape |
| --- | --- | --- |
| tokenizer | | unigram, {pieces} pieces with byte fallback, NFKC; {length} tokens |
| text encoder | {text_encoder:.2f} M | UMT5, 2 layers, width 128, 4 heads of 32 |
| transformer | {transformer:.2f} M | 10 blocks, width 192, 3 heads of 64, patch 1×2×2, {channels} latent channels, `expand_timesteps` |
| VAE | {vae:.2f} M | residual, encoder width 16, decoder width 24, 16×16×4 compression, {channels} channels |

## What was run

{run}

## Settings

`generation_config.json` holds the recommended ones: {width}×{height}, {num_frames} frames at {fps} fps,
{num_inference_steps} steps, guidance {guidance_scale}, flow shift {flow_shift}.

## Licence

Apache-2.0, as the rest of the project. The weights derive from no other model.
"""


def trained_parts(state: pathlib.Path):
    """VAE with the latents' statistics in its configuration, transformer, text encoder: averaged weights, fp32."""
    vae, statistics = build_vae(), load(state / "statistics.pt")
    vae.load_state_dict(load(state / "vae.pt")["average"])
    vae.register_to_config(latents_mean=[round(value, 5) for value in statistics["mean"].tolist()],
                           latents_std=[round(value, 5) for value in statistics["deviation"].tolist()])
    pieces = Prompts(state / "tokenizer").tokenizer.get_vocab_size()
    models = torch.nn.ModuleDict(dict(transformer=build_transformer(), text_encoder=build_text_encoder(pieces)))
    average = load(state / "model.pt")["average"]
    with torch.no_grad():
        for name, value in models.named_parameters():
            value.copy_(average[name])
    return vae, models["transformer"], models["text_encoder"]


def write_pipeline(state: pathlib.Path, output: pathlib.Path) -> dict[str, float]:
    """Writes the pipeline folder; returns each part's size in millions of parameters."""
    vae, transformer, text_encoder = trained_parts(state)
    names = dict(eos_token="</s>", bos_token="<s>", unk_token="<unk>", pad_token="<pad>")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(state / "tokenizer" / "tokenizer.json"),
                                        model_max_length=LENGTH, **names)
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True,
                                        num_train_timesteps=1000, flow_shift=SETTINGS["flow_shift"])
    parts = dict(vae=vae, transformer=transformer, text_encoder=text_encoder)
    WanPipeline(tokenizer=tokenizer, scheduler=scheduler, expand_timesteps=True,
                **{name: part.to(torch.bfloat16) for name, part in parts.items()}).save_pretrained(output)
    # The files that transformers wrote lack the SentencePiece model and name another class.
    for file in (state / "tokenizer").iterdir():
        shutil.copy(file, output / "tokenizer" / file.name)
    index = json.loads((output / "model_index.json").read_text())
    index["tokenizer"] = ["transformers", "T5TokenizerFast"]
    (output / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    return {name: sum(value.numel() for value in part.parameters()) / 1e6 for name, part in parts.items()}


def run(state: pathlib.Path, output: pathlib.Path):
    """Writes pipeline, settings and card, and prints the folder's size."""
    sizes = write_pipeline(state, output)
    (output / "generation_config.json").write_text(json.dumps(SETTINGS, indent=2) + "\n")
    pieces = Prompts(state / "tokenizer").tokenizer.get_vocab_size()
    written = json.dumps(record(state), indent=1)
    (output / "README.md").write_text(CARD.format(**sizes, **SETTINGS, pieces=pieces, length=LENGTH,
                                                  channels=CHANNELS,
                                                  run="```json\n" + written + "\n```"))
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    print(f"export: {output}, {size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
