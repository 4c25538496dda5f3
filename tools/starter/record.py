"""The written record of what was run: versions, seeds, steps, losses.

usage: python -m starter.record STATE_FOLDER     (writes STATE_FOLDER/record.json)
"""
import importlib.metadata
import json
import pathlib
import platform
import sys

from . import encode, make_tokenizer, train_model, train_vae

PACKAGES = ("torch", "diffusers", "transformers", "tokenizers", "sentencepiece", "numpy")


def lines(path: pathlib.Path) -> list[dict]:
    """A journal's lines; none where it does not exist yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def last(entries: list[dict], key: str) -> dict:
    """The last line that holds a key, without its time; empty where none does."""
    found = [entry for entry in entries if key in entry]
    return {name: value for name, value in found[-1].items() if name != "time"} if found else {}


def record(state: pathlib.Path) -> dict:
    """What a state folder's trainings were made with and how far they came."""
    vae, model = lines(state / "vae.jsonl"), lines(state / "model.jsonl")
    long = [entry for entry in vae if entry.get("frames", 0) > 33]
    return {
        "versions": {"python": platform.python_version(),
                     **{name: importlib.metadata.version(name) for name in PACKAGES}},
        "seeds": {"vae": train_vae.SEED, "tokenizer": make_tokenizer.SEED, "scenes": encode.SEED,
                  "model": train_model.SEED},
        "vae": {"steps": train_vae.STEPS, "last": last(vae, "loss"), "held_out": last(vae, "psnr"),
                "held_out_long": last(long, "psnr")},
        "clips": len(encode.shards(state)) * encode.SHARD,
        "model": {"steps": train_model.STEPS, "curriculum": train_model.CURRICULUM, "last": last(model, "loss"),
                  "held_out": last(model, "validation")},
    }


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    (folder / "record.json").write_text(json.dumps(record(folder), indent=1) + "\n")
