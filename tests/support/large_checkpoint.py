"""Writes a checkpoint of a released model's width with few of its blocks and random weights.

usage: large_checkpoint.py FOLDER [--blocks N] [--text-blocks N] [--kind t2v|i2v|ti2v] [--experts]

The shapes are those of Wan 2.1 14B (t2v), 2.2 I2V A14B (i2v) or 2.2 TI2V 5B (ti2v), the tokenizer
is the starter's. Standard library alone.
"""

import argparse
import array
import json
import pathlib
import random
import shutil
import struct

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STARTER = SOURCE / "models" / "starter"


def noise(count, scale):
    """`count` bf16 numbers of about this size, from a table that is repeated."""
    source = random.Random(count)
    floats = array.array("f", (source.gauss(0, scale) for _ in range(65521)))
    table = bytes(b for i, b in enumerate(floats.tobytes()) if i % 4 >= 2)
    return table


def write_safetensors(path, shapes):
    """bf16 tensors of these shapes: vectors near 1 for norms, else scaled by their fan-in."""
    entries, end = {}, 0
    for name, shape in shapes.items():
        count = 1
        for size in shape:
            count *= size
        entries[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [end, end + 2 * count]}
        end += 2 * count
    header = json.dumps(entries).encode()
    tables = {}
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for name, shape in shapes.items():
            begin, stop = entries[name]["data_offsets"]
            fan_in = max(1, (stop - begin) // 2 // shape[0]) if len(shape) > 1 else 100
            is_norm = len(shape) == 1 and "norm" in name or name.endswith("gamma")
            if is_norm:
                table = struct.pack("<H", 0x3F80) * 4096
            else:
                table = tables.setdefault(fan_in, noise(fan_in, fan_in ** -0.5))
            left = stop - begin
            while left > 0:
                file.write(table[:left])
                left -= len(table)


def linear(shapes, name, out, into, bias=True):
    shapes[name + ".weight"] = (out, into)
    if bias:
        shapes[name + ".bias"] = (out,)


def transformer(kind, blocks):
    dim, ffn, channels = (3072, 14336, 48) if kind == "ti2v" else (5120, 13824, 16)
    into = 36 if kind == "i2v" else channels
    shapes = {"patch_embedding.weight": (dim, into, 1, 2, 2), "patch_embedding.bias": (dim,)}
    embedder = "condition_embedder."
    linear(shapes, embedder + "time_embedder.linear_1", dim, 256)
    linear(shapes, embedder + "time_embedder.linear_2", dim, dim)
    linear(shapes, embedder + "time_proj", 6 * dim, dim)
    linear(shapes, embedder + "text_embedder.linear_1", dim, 4096)
    linear(shapes, embedder + "text_embedder.linear_2", dim, dim)
    for i in range(blocks):
        block = f"blocks.{i}."
        shapes[block + "scale_shift_table"] = (1, 6, dim)
        shapes[block + "norm2.weight"] = shapes[block + "norm2.bias"] = (dim,)
        for attention in ("attn1.", "attn2."):
            for part in ("to_q", "to_k", "to_v", "to_out.0"):
                linear(shapes, block + attention + part, dim, dim)
            for part in ("norm_q", "norm_k"):
                shapes[block + attention + part + ".weight"] = (dim,)
        linear(shapes, block + "ffn.net.0.proj", ffn, dim)
        linear(shapes, block + "ffn.net.2", dim, ffn)
    shapes["scale_shift_table"] = (1, 2, dim)
    linear(shapes, "proj_out", 4 * channels, dim)
    return shapes, dict(_class_name="WanTransformer3DModel", attention_head_dim=128, num_layers=blocks,
                        in_channels=into, out_channels=channels)


def text_encoder(blocks):
    dim, ffn, vocabulary = 4096, 10240, 528
    shapes = {"shared.weight": (vocabulary, dim), "encoder.final_layer_norm.weight": (dim,)}
    for i in range(blocks):
        block = f"encoder.block.{i}.layer."
        for part in "qkvo":
            linear(shapes, block + "0.SelfAttention." + part, dim, dim, bias=False)
        shapes[block + "0.SelfAttention.relative_attention_bias.weight"] = (32, 64)
        shapes[block + "0.layer_norm.weight"] = shapes[block + "1.layer_norm.weight"] = (dim,)
        linear(shapes, block + "1.DenseReluDense.wi_0", ffn, dim, bias=False)
        linear(shapes, block + "1.DenseReluDense.wi_1", ffn, dim, bias=False)
        linear(shapes, block + "1.DenseReluDense.wo", dim, ffn, bias=False)
    return shapes, dict(_class_name="UMT5EncoderModel", d_model=dim, num_layers=blocks)


class Vae:
    """The names and shapes of AutoencoderKLWan."""

    def __init__(self, kind):
        self.shapes = {}
        self.residual = kind == "ti2v"
        base, decoder, self.z = (160, 256, 48) if self.residual else (96, 96, 16)
        channels = 12 if self.residual else 3
        self.encoder([base * m for m in (1, 1, 2, 4, 4)], channels)
        self.decoder([decoder * m for m in (4, 4, 4, 2, 1)], channels)
        self.conv("quant_conv", 2 * self.z, 2 * self.z, (1, 1, 1))
        self.conv("post_quant_conv", self.z, self.z, (1, 1, 1))

    def conv(self, name, out, into, kernel=(3, 3, 3)):
        self.shapes[name + ".weight"] = (out, into, *kernel)
        self.shapes[name + ".bias"] = (out,)

    def resnet(self, name, into, out):
        self.shapes[name + ".norm1.gamma"] = (into, 1, 1, 1)
        self.shapes[name + ".norm2.gamma"] = (out, 1, 1, 1)
        self.conv(name + ".conv1", out, into)
        self.conv(name + ".conv2", out, out)
        if into != out:
            self.conv(name + ".conv_shortcut", out, into, (1, 1, 1))

    def ends(self, part, first, into, last, out):
        self.conv(part + ".conv_in", first, into)
        self.conv(part + ".conv_out", out, last)
        self.shapes[part + ".norm_out.gamma"] = (last, 1, 1, 1)

    def mid(self, part, width):
        for i in (0, 1):
            self.resnet(f"{part}.mid_block.resnets.{i}", width, width)
        attention = part + ".mid_block.attentions.0"
        self.shapes[attention + ".norm.gamma"] = (width, 1, 1)
        self.conv(attention + ".to_qkv", 3 * width, width, (1, 1))
        self.conv(attention + ".proj", width, width, (1, 1))

    def encoder(self, dims, channels):
        self.ends("encoder", dims[0], channels, dims[-1], 2 * self.z)
        self.mid("encoder", dims[-1])
        flat = 0
        for i in range(4):
            name = lambda kind: (f"encoder.down_blocks.{i}.{kind}" if self.residual
                                 else f"encoder.down_blocks.{flat}")
            for j in range(2):
                self.resnet(name(f"resnets.{j}"), dims[i] if j == 0 else dims[i + 1], dims[i + 1])
                flat += 1
            if i < 3:
                down = name("downsampler")
                self.conv(down + ".resample.1", dims[i + 1], dims[i + 1], (3, 3))
                if i > 0:
                    self.conv(down + ".time_conv", dims[i + 1], dims[i + 1], (3, 1, 1))
                flat += 1

    def decoder(self, dims, channels):
        self.ends("decoder", dims[0], self.z, dims[-1], channels)
        self.mid("decoder", dims[0])
        for i in range(4):
            block = f"decoder.up_blocks.{i}."
            into = dims[i] // 2 if i > 0 and not self.residual else dims[i]
            for j in range(3):
                self.resnet(f"{block}resnets.{j}", into if j == 0 else dims[i + 1], dims[i + 1])
            if i < 3:
                up = block + ("upsampler" if self.residual else "upsamplers.0")
                out = dims[i + 1] if self.residual else dims[i + 1] // 2
                self.conv(up + ".resample.1", out, dims[i + 1], (3, 3))
                if i < 2:
                    self.conv(up + ".time_conv", 2 * dims[i + 1], dims[i + 1], (3, 1, 1))

    def config(self):
        more = dict(patch_size=2, is_residual=True) if self.residual else {}
        return dict(_class_name="AutoencoderKLWan", z_dim=self.z, latents_mean=[0.0] * self.z,
                    latents_std=[1.0] * self.z, **more)


def write_part(folder, name, shapes, config, stem):
    (folder / name).mkdir(parents=True)
    write_safetensors(folder / name / (stem + ".safetensors"), shapes)
    (folder / name / "config.json").write_text(json.dumps(config))


def write(folder, kind="t2v", blocks=3, text_blocks=1, experts=False):
    folder = pathlib.Path(folder)
    classes = {"text_encoder": "UMT5EncoderModel", "tokenizer": "T5TokenizerFast",
               "vae": "AutoencoderKLWan", "transformer": "WanTransformer3DModel",
               "scheduler": "UniPCMultistepScheduler"}
    write_part(folder, "transformer", *transformer(kind, blocks), "diffusion_pytorch_model")
    if experts:
        write_part(folder, "transformer_2", *transformer(kind, blocks), "diffusion_pytorch_model")
        classes["transformer_2"] = "WanTransformer3DModel"
    write_part(folder, "text_encoder", *text_encoder(text_blocks), "model")
    vae = Vae(kind)
    write_part(folder, "vae", vae.shapes, vae.config(), "diffusion_pytorch_model")
    shutil.copytree(STARTER / "tokenizer", folder / "tokenizer")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(
        dict(_class_name="UniPCMultistepScheduler", prediction_type="flow_prediction",
             use_flow_sigmas=True, flow_shift=3.0)))
    index = {"_class_name": "WanImageToVideoPipeline" if kind == "i2v" else "WanPipeline",
             "expand_timesteps": kind == "ti2v", "boundary_ratio": 0.875 if experts else None}
    index.update({name: ["", kind_name] for name, kind_name in classes.items()})
    (folder / "model_index.json").write_text(json.dumps(index))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--kind", choices=["t2v", "i2v", "ti2v"], default="t2v")
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--text-blocks", type=int, default=1)
    parser.add_argument("--experts", action="store_true")
    chosen = parser.parse_args()
    write(chosen.folder, chosen.kind, chosen.blocks, chosen.text_blocks, chosen.experts)


if __name__ == "__main__":
    main()
