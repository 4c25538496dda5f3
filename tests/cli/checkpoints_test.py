"""Checkpoints at fault: copies of the starter, each spoiled in one way, are refused with exit code 3."""

import json
import os
import struct

import driver
from driver import SMALL, STARTER

TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors"
CONFIG = "transformer/config.json"
TEXT = "text_encoder/model.safetensors"


def replace(path, content):
    """Writes anew: the copy's files are links to the starter's."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def edit_json(name, **changes):
    def spoil(model):
        path = model / name
        replace(path, json.dumps({**json.loads(path.read_bytes()), **changes}).encode())
    return spoil


def edit_header(name, change):
    """`change` gets the header's object and returns its new one, or its text as bytes."""
    def spoil(model):
        content = (model / name).read_bytes()
        length = struct.unpack("<Q", content[:8])[0]
        header = change(json.loads(content[8:8 + length]))
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        replace(model / name, struct.pack("<Q", len(text)) + text + content[8 + length:])
    return spoil


def write(name, content):
    return lambda model: replace(model / name, content)


def cut(name, most):
    return lambda model: replace(model / name, (model / name).read_bytes()[:most])


def remove(*names):
    return lambda model: [(model / name).unlink() for name in names]


def first_tensor(header):
    return next(key for key in header if key != "__metadata__")


def lying_offsets(header):
    header[first_tensor(header)]["data_offsets"][1] += 1 << 40
    return header


def wrong_shape(header):
    entry = header["patch_embedding.weight"]
    entry["shape"] = [*entry["shape"][:3], entry["shape"][4] * 2, entry["shape"][3] // 2]
    return header


def renamed(header):
    header["patch_embedding.weigth"] = header.pop("patch_embedding.weight")
    return header


def twice(header):
    name = first_tensor(header)
    again = f"{json.dumps(name)}: {json.dumps(header[name])}"
    return ("{" + again + ", " + json.dumps(header)[1:]).encode()


def not_a_number(model):
    content = bytearray((model / TRANSFORMER).read_bytes())
    length = struct.unpack("<Q", content[:8])[0]
    entry = json.loads(content[8:8 + length])["patch_embedding.weight"]
    assert entry["dtype"] in ("BF16", "F32")
    begin = 8 + length + entry["data_offsets"][0]
    nan = b"\xc0\x7f" if entry["dtype"] == "BF16" else b"\0\0\xc0\x7f"
    content[begin:begin + len(nan)] = nan
    replace(model / TRANSFORMER, bytes(content))


def loop(name):
    def spoil(model):
        (model / name).unlink()
        os.symlink((model / name).name, model / name)
    return spoil


def index_naming(shard):
    """A shard index that places every tensor in `shard`."""
    def spoil(model):
        content = (model / TRANSFORMER).read_bytes()
        length = struct.unpack("<Q", content[:8])[0]
        names = [name for name in json.loads(content[8:8 + length]) if name != "__metadata__"]
        (model / TRANSFORMER).unlink()
        (model / (TRANSFORMER + ".index.json")).write_text(
            json.dumps({"metadata": {}, "weight_map": {name: shard for name in names}}))
    return spoil


def escape_by_link(model):
    (model / TRANSFORMER).unlink()
    os.mkfifo(model / TRANSFORMER)


# what is wrong: how to spoil a copy, parts of the sentence
SPOILED = {
    "no index": (remove("model_index.json"), "no model_index.json"),
    "index no JSON": (write("model_index.json", b"{"), "model_index.json"),
    "index of an unknown family": (edit_json("model_index.json", _class_name="FluxPipeline"), "FluxPipeline"),
    "scheduler unknown": (edit_json("scheduler/scheduler_config.json", _class_name="DDIMScheduler"), "DDIMScheduler"),
    "scheduler of two classes": (
        edit_json("model_index.json", scheduler=["diffusers", "FlowMatchEulerDiscreteScheduler"]),
        "FlowMatchEulerDiscreteScheduler", "UniPCMultistepScheduler"),
    "a class with terminal escapes": (edit_json("model_index.json", _class_name="\x1b[2J" + "X" * 10**6),
                                      "'\\u001b[2JXXX", "…' is not supported"),
    "component missing": (edit_json("model_index.json", vae=[None, None]), "vae"),
    "weights missing": (remove(TRANSFORMER), "transformer"),
    "weights cut": (cut(TRANSFORMER, 100_000), TRANSFORMER),
    "weights cut in the header": (cut(TRANSFORMER, 20), "past the end of the file"),
    "weights empty": (write(TRANSFORMER, b""), TRANSFORMER),
    "weights a FIFO": (escape_by_link, TRANSFORMER),
    "header longer than the file": (write(TRANSFORMER, struct.pack("<Q", 1 << 62) + b"{}"), TRANSFORMER, "length"),
    "offsets past the end": (edit_header(TRANSFORMER, lying_offsets), TRANSFORMER),
    "a tensor twice": (edit_header(TRANSFORMER, twice), TRANSFORMER),
    "a tensor of another shape": (edit_header(TRANSFORMER, wrong_shape), "patch_embedding.weight"),
    "a tensor misnamed": (edit_header(TRANSFORMER, renamed), "patch_embedding.weigth"),
    "deep JSON in a header": (edit_header(TRANSFORMER, lambda _: b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
                              TRANSFORMER),
    "deep JSON in a config": (write(CONFIG, b"[" * 100_000), CONFIG),
    "text encoder spoiled": (edit_header(TEXT, lying_offsets), TEXT),
    "pickle by its name": (lambda m: (m / TRANSFORMER).rename(m / "transformer/diffusion_pytorch_model.bin"), "pickle"),
    "pickle renamed": (write(TRANSFORMER, b"PK\x03\x04" + b"\0" * 100), "pickle"),
    "shard by absolute path": (index_naming("/etc/passwd"), "index.json"),
    "shard out of the folder": (index_naming("../vae/diffusion_pytorch_model.safetensors"), "index.json"),
    "shard missing": (index_naming("part-1.safetensors"), "part-1.safetensors", "missing"),
    "config lacks": (remove(CONFIG), CONFIG),
    "config type": (edit_json(CONFIG, num_layers="ten"), CONFIG, "num_layers"),
    "config against weights": (edit_json(CONFIG, num_layers=9), "layers"),
    "config huge": (edit_json(CONFIG, num_layers=2**62), "num_layers"),
    "VAE config type": (edit_json("vae/config.json", z_dim=[24]), "vae/config.json", "z_dim"),
    "tokenizer missing": (remove("tokenizer/tokenizer.json", "tokenizer/spiece.model"), "tokenizer"),
    "tokenizer no JSON": (write("tokenizer/tokenizer.json", b"[1, 2"), "tokenizer.json"),
    "tokenizer a link to itself": (loop("tokenizer/tokenizer.json"), "tokenizer/tokenizer.json"),
    "recommendations a link to itself": (loop("generation_config.json"), "generation_config.json"),
    "recommendations type": (edit_json("generation_config.json", width="wide"), "generation_config.json", "width"),
    "NaN in the weights": (not_a_number, "patch_embedding.weight", "NaN"),
}


class Checkpoints(driver.CliTest):
    def spoiled(self, number, spoil):
        model = self.folder / f"model{number}"
        for source in STARTER.rglob("*"):
            target = model / source.relative_to(STARTER)
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes()) if source.stat().st_size < 4096 else os.symlink(source, target)
        spoil(model)
        return model

    def test_every_spoiled_checkpoint_is_refused_by_name_and_leaves_no_file(self):
        for number, (name, (spoil, *fragments)) in enumerate(SPOILED.items()):
            with self.subTest(name):
                model = self.spoiled(number, spoil)
                done = self.run_here("generate", *SMALL, "--model", model, "-o", f"{number}.mp4")
                self.expect_refusal(done, 3, *fragments)
                self.assertFalse([left for left in self.left() if left.startswith(f"{number}.mp4")])

    def test_an_unspoiled_copy_is_accepted(self):
        model = self.spoiled("", lambda _: None)
        done = self.run_here("generate", *SMALL, "--model", model, "--dry-run")
        self.assertEqual(done.code, 0, done.stderr)

    def test_doctor_reports_a_spoiled_checkpoint_and_goes_on(self):
        model = self.spoiled("", remove(TRANSFORMER))
        done = self.run_here("doctor", "--json", "--model", model)
        self.assertEqual(done.code, 0, done.stderr)
        self.assertFalse(json.loads(done.stdout)["model"]["usable"])


if __name__ == "__main__":
    driver.main()
