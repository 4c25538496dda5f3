"""Loose files with the names and shapes of the released models, and no config, are known for what they are.

The files are holes: as large as the released ones in fp32, without a byte of weights.

usage: released_parity_test.py ZOETROPE
"""

import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from transformers import CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

import original_names

TOKENIZER = Path("models/starter/tokenizer")
I2V = dict(num_attention_heads=40, ffn_dim=13824, num_layers=40, in_channels=36, out_channels=16)
SEES = dict(I2V, image_dim=1280, added_kv_proj_dim=5120)
FLF2V = dict(SEES, pos_embed_seq_len=514)
VAE22 = dict(base_dim=160, decoder_base_dim=256, z_dim=48, in_channels=12, out_channels=12, is_residual=True,
             patch_size=2, scale_factor_spatial=16)
UMT5 = UMT5Config(vocab_size=256384, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64,
                  feed_forward_proj="gated-gelu")
CLIP = CLIPVisionConfig(hidden_size=1280, intermediate_size=5120, num_attention_heads=16, num_hidden_layers=32,
                        patch_size=14, hidden_act="gelu")

# name, transformer, of experts, VAE 2.2; pipeline, defaults as Wan's own generate.py has them, parameters
MODELS = [
    ("2.1 T2V-1.3B", dict(num_attention_heads=12, ffn_dim=8960, num_layers=30), 1, False, "WanPipeline",
     dict(flow_shift=5, steps=50, guidance_scale=5, num_frames=81, width=832, height=480), 1_418_996_800),
    ("2.1 I2V-14B", SEES, 1, False, "WanImageToVideoPipeline", dict(flow_shift=5, steps=40, num_frames=81),
     16_394_878_784),
    ("2.1 FLF2V-14B", FLF2V, 1, False, "WanImageToVideoPipeline", dict(flow_shift=16, steps=50), 16_395_536_704),
    ("2.2 T2V-A14B", dict(num_attention_heads=40, ffn_dim=13824, num_layers=40), 2, False, "WanPipeline",
     dict(flow_shift=12, steps=40, guidance_scale=4, guidance_scale_2=3), 14_288_491_584),
    ("2.2 I2V-A14B", I2V, 2, False, "WanImageToVideoPipeline",
     dict(flow_shift=5, steps=40, guidance_scale=3.5, guidance_scale_2=3.5), 14_288_901_184),
    ("2.2 TI2V-5B", dict(num_attention_heads=24, ffn_dim=14336, num_layers=30, in_channels=48, out_channels=48), 1,
     True, "WanPipeline", dict(flow_shift=5, steps=50, num_frames=121, width=1280, height=704), 4_999_787_712),
]


def write_holes(path, make, rename=lambda name: name):
    with torch.device("meta"):
        shapes = {rename(name): list(tensor.shape) for name, tensor in make().state_dict().items()}
    entries, position = {}, 0
    for name, shape in shapes.items():
        bytes_ = 4 * torch.Size(shape).numel()
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [position, position + bytes_]}
        position += bytes_
    header = json.dumps(entries).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + position)
    return path


def text_encoder():
    model = UMT5EncoderModel(UMT5)
    model.encoder.embed_tokens = None  # stored once, as `shared`
    return model


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        umt5 = write_holes(work / "umt5.safetensors", text_encoder)
        clip = write_holes(work / "clip.safetensors", lambda: CLIPVisionModel(CLIP))
        vaes = [write_holes(work / f"vae{i}.safetensors", lambda: AutoencoderKLWan(**options),
                            lambda name: original_names.vae(name, nested=i == 1))
                for i, options in enumerate([{}, VAE22])]
        for what, configuration, experts, second_vae, pipeline, defaults, parameters in MODELS:
            file = write_holes(work / "transformer.safetensors", lambda: WanTransformer3DModel(**configuration),
                               original_names.transformer)
            parts = ["--transformer", file, "--vae", vaes[second_vae], "--text-encoder", umt5, "--tokenizer", TOKENIZER]
            parts += ["--transformer-2", file] if experts == 2 else []
            parts += ["--image-encoder", clip] if "image_dim" in configuration else []
            done = subprocess.run([binary, "inspect", "--json", *map(str, parts)], capture_output=True, text=True)
            assert done.returncode == 0, f"{what}: {done.stderr}"
            shown = json.loads(done.stdout)
            assert shown["pipeline"] == pipeline, f"{what}: {shown['pipeline']}"
            assert shown["components"]["transformer"]["parameters"] == parameters, what
            assert ("transformer_2" in shown["components"]) == (experts == 2), what
            assert ("image_encoder" in shown["components"]) == ("image_dim" in configuration), what
            for key, value in defaults.items():
                assert shown["defaults"][key] == value, f"{what}: {key} is {shown['defaults'][key]}, not {value}"
            print(f"{what}: {pipeline}, {defaults}")


if __name__ == "__main__":
    main()
