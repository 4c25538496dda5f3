"""Every tensor of the released models, under its authors' name, gets the name that diffusers gives it.

usage: names_parity_test.py NAMES_DRIVER
"""

import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from diffusers.loaders.single_file_utils import (convert_wan_transformer_to_diffusers,
                                                 convert_wan_vae_to_diffusers)
from transformers import UMT5Config, UMT5EncoderModel

import original_names

I2V = dict(num_attention_heads=40, ffn_dim=13824, num_layers=40, in_channels=36, out_channels=16, image_dim=1280,
           added_kv_proj_dim=5120)
# name, configuration, tensors of the released file
TRANSFORMERS = [
    ("2.1 T2V-1.3B", dict(num_attention_heads=12, ffn_dim=8960, num_layers=30), 825),
    ("2.1 T2V-14B", dict(num_attention_heads=40, ffn_dim=13824, num_layers=40), 1095),
    ("2.1 I2V-14B", I2V, 1303),
    ("2.1 FLF2V-14B", dict(I2V, pos_embed_seq_len=514), 1304),
    ("2.2 I2V-A14B", dict(I2V, image_dim=None, added_kv_proj_dim=None), 1095),
    ("2.2 TI2V-5B", dict(num_attention_heads=24, ffn_dim=14336, num_layers=30, in_channels=48, out_channels=48), 825),
]
VAES = [
    ("2.1 VAE", dict(), 194, False),
    ("2.2 VAE", dict(base_dim=160, decoder_base_dim=256, z_dim=48, in_channels=12, out_channels=12, is_residual=True,
                     patch_size=2, scale_factor_spatial=16), 196, True),
]
PREFIXES = ["", "model.diffusion_model.", "diffusion_model.", "net.", "model.", "generator.model."]


def names_of(kind, configuration):
    with torch.device("meta"):
        return sorted(kind(**configuration).state_dict())


def our_names(driver, names):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "weights.safetensors"
        safetensors.torch.save_file({name: torch.zeros(1) for name in names}, path)
        return subprocess.run([driver, path], check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def check(driver, what, original, expected):
    found = our_names(driver, original)
    assert found == expected, f"{what}: {sorted(set(found) ^ set(expected))[:8]}"
    print(f"{what}: {len(expected)} tensors")


def check_transformers(driver):
    for what, configuration, count in TRANSFORMERS:
        expected = names_of(WanTransformer3DModel, configuration)
        assert len(expected) == count, f"{what} has {len(expected)} tensors"
        original = [original_names.transformer(name) for name in expected]
        # diffusers' conversion forgets this one
        theirs = convert_wan_transformer_to_diffusers({name: name for name in original if name != "img_emb.emb_pos"})
        assert sorted(theirs) == [name for name in expected if not name.endswith("pos_embed")], what
        for prefix in PREFIXES:
            check(driver, f"{what} as '{prefix}…'", [prefix + name for name in original], expected)
        check(driver, f"{what} of diffusers", expected, expected)


def check_vaes(driver):
    for what, configuration, count, nested in VAES:
        expected = names_of(AutoencoderKLWan, configuration)
        assert len(expected) == count, f"{what} has {len(expected)} tensors"
        original = [original_names.vae(name, nested) for name in expected]
        if not nested:
            assert sorted(convert_wan_vae_to_diffusers({name: name for name in original})) == expected, what
        check(driver, what, original, expected)
        check(driver, f"{what} of diffusers", expected, expected)


def check_encoders(driver):
    sizes = dict(vocab_size=64, d_model=8, d_kv=4, d_ff=8, num_layers=24, num_heads=2, feed_forward_proj="gated-gelu")
    expected = [name for name in names_of(UMT5EncoderModel, dict(config=UMT5Config(**sizes)))
                if name != "encoder.embed_tokens.weight"]
    assert len(expected) == 242, len(expected)
    check(driver, "UMT5", [original_names.umt5(name) for name in expected], expected)
    check(driver, "ComfyUI's UMT5", expected + ["spiece_model"], expected)


def main():
    check_transformers(sys.argv[1])
    check_vaes(sys.argv[1])
    check_encoders(sys.argv[1])


if __name__ == "__main__":
    main()
