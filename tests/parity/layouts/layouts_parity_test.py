"""Loose files under the authors' names: converted they are what diffusers loads, and they make the same clips.

usage: layouts_parity_test.py ZOETROPE
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import (AutoencoderKLWan, UniPCMultistepScheduler, WanImageToVideoPipeline, WanPipeline,
                       WanTransformer3DModel)
from diffusers.loaders.single_file_utils import (convert_wan_transformer_to_diffusers,
                                                 convert_wan_vae_to_diffusers)
from safetensors.torch import load_file, save_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel, UMT5EncoderModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import original_names  # noqa: E402
from reference import TOKENIZER, Case, load_tokenizer, make_checkpoint  # noqa: E402

TINY = dict(patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16, out_channels=16,
            freq_dim=256, ffn_dim=32, num_layers=2)
VAE21 = dict(base_dim=3, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=2, temperal_downsample=[False, True, True])
# The latents' statistics of the 2.2 autoencoder, as its config has them: Wan-AI/Wan2.2-TI2V-5B-Diffusers.
MEAN22 = [
    -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891, 0.1570,
    -0.0098, 0.0375, -0.1825, -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502, -0.2055, -0.0322,
    0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230, -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.0520,
    0.3748, 0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667]
STD22 = [
    0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165,
    0.8454, 0.4978, 0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659, 0.7069, 0.5338, 0.4889, 0.4917,
    0.4069, 0.4999, 0.6866, 0.4093, 0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600,
    0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744]
VAE22 = dict(base_dim=4, decoder_base_dim=6, z_dim=48, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
             temperal_downsample=[False, True, True], is_residual=True, in_channels=12, out_channels=12, patch_size=2,
             scale_factor_spatial=16, latents_mean=MEAN22, latents_std=STD22)

# What the loose files of each kind must be recognised as: flow shift, expand_timesteps, boundary.
T2V = (Case("t2v", TINY, VAE21, dict(kind="unipc", flow_shift=5.0)), 5.0, False, None)
TI2V = (Case("ti2v", dict(TINY, in_channels=48, out_channels=48), VAE22, dict(kind="unipc", flow_shift=5.0),
             expand_timesteps=True), 5.0, True, None)

PARTS = dict(text_encoder=UMT5EncoderModel, transformer=WanTransformer3DModel, vae=AutoencoderKLWan)


def run(binary, *arguments):
    done = subprocess.run([str(part) for part in (binary, *arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr}"
    return done.stdout


def weights_of(folder):
    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def authors_config(configuration):
    heads = configuration["num_attention_heads"]
    return dict(_class_name="WanModel", dim=heads * configuration["attention_head_dim"], num_heads=heads,
                ffn_dim=configuration["ffn_dim"], freq_dim=configuration["freq_dim"],
                in_dim=configuration["in_channels"], out_dim=configuration["out_channels"],
                num_layers=configuration["num_layers"], text_len=512, eps=1e-6, model_type="t2v")


def write_loose(diffusers, folder, case):
    """The checkpoint under its authors' names, in ComfyUI's folders; every tensor once by component."""
    nested = case.vae.get("is_residual", False)
    original = dict(
        transformer={original_names.transformer(k): v for k, v in weights_of(diffusers / "transformer").items()},
        vae={original_names.vae(k, nested): v for k, v in weights_of(diffusers / "vae").items()},
        text_encoder={original_names.umt5(k): v for k, v in weights_of(diffusers / "text_encoder").items()})
    for sub_folder in ("diffusion_models", "vae", "text_encoders"):
        (folder / sub_folder).mkdir(parents=True)
    save_file(original["transformer"], folder / "diffusion_models/some_model.safetensors")
    (folder / "diffusion_models/config.json").write_text(json.dumps(authors_config(case.transformer)))
    save_file(original["vae"], folder / "vae/some_vae.safetensors")
    save_file(original["text_encoder"], folder / "text_encoders/umt5.safetensors")
    shutil.copytree(TOKENIZER, folder / "google/umt5-xxl")
    return original


def expect_equal(found, expected, what):
    assert set(found) == set(expected), f"{what}: {sorted(set(found) ^ set(expected))[:8]}"
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, f"{what}: {name} is {found[name].dtype}"
        assert torch.equal(found[name], tensor), f"{what}: {name} differs"


def expect_loads(folder, expected, dtype, what):
    """diffusers and transformers load the converted folder, and have the very tensors."""
    for part, kind in PARTS.items():
        model, info = kind.from_pretrained(folder / part, torch_dtype=dtype, output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"], f"{what} {part}: {info}"
        stored = weights_of(folder / part)
        expect_equal(stored, {name: tensor.to(dtype) for name, tensor in expected[part].items()}, f"{what} {part}")
        state = model.state_dict()
        for name, tensor in stored.items():
            # diffusers keeps some of them in fp32 while it loads
            assert torch.equal(state[name], tensor.to(state[name].dtype)), f"{what} {part}: loaded {name} differs"


def frames_of(binary, case, folder, *model):
    folder.mkdir()
    run(binary, "generate", *model, "--prompt", case.prompt, "--size", "32x32", "--num-frames", 5, "--steps", 2,
        "--guidance-scale", 3, "--seed", 1, "--dtype", "fp32", "-o", folder / "%05d.png")
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def check_case(binary, work, case, flow_shift, expand_timesteps, boundary):
    diffusers, loose, out = work / "diffusers", work / "loose", work / "converted"
    configuration = dict(case.transformer)
    make_checkpoint(case, diffusers)
    case.transformer = configuration
    original = write_loose(diffusers, loose, case)
    expected = {part: weights_of(diffusers / part) for part in PARTS}
    expect_equal(convert_wan_transformer_to_diffusers(dict(original["transformer"])), expected["transformer"],
                 "diffusers' own conversion")
    if not case.vae.get("is_residual"):
        expect_equal(convert_wan_vae_to_diffusers(dict(original["vae"])), expected["vae"], "diffusers' own conversion")

    run(binary, "convert", "--model", loose, "-o", out)
    expect_loads(out, expected, torch.float32, case.name)
    index = json.loads((out / "model_index.json").read_text())
    assert index["expand_timesteps"] == expand_timesteps and index["boundary_ratio"] == boundary, index
    assert UniPCMultistepScheduler.from_pretrained(out / "scheduler").config.flow_shift == flow_shift
    WanPipeline.from_pretrained(out, tokenizer=load_tokenizer())
    vae = AutoencoderKLWan.load_config(out / "vae")
    for key, value in AutoencoderKLWan(**case.vae).config.items():
        if not key.startswith("_") and key != "scale_factor_spatial":
            assert vae.get(key, value) in (value, list(value) if isinstance(value, tuple) else value), \
                f"{key} is {vae[key]}, not {value}"

    run(binary, "convert", "--model", loose, "--dtype", "bf16", "--max-shard-size", "20KB", "-o", work / "bf16")
    assert len(list((work / "bf16/transformer").glob("*.safetensors"))) > 1
    expect_loads(work / "bf16", expected, torch.bfloat16, f"{case.name} in bf16")

    parts = ["--transformer", loose / "diffusion_models/some_model.safetensors", "--vae", loose / "vae/some_vae.safetensors",
             "--text-encoder", loose / "text_encoders/umt5.safetensors", "--tokenizer", TOKENIZER]
    made = frames_of(binary, case, work / "frames0", "--model", diffusers)
    assert len(made) == 5
    assert frames_of(binary, case, work / "frames1", "--model", loose) == made, "clips differ"
    assert frames_of(binary, case, work / "frames2", *parts) == made, "clips differ"
    assert frames_of(binary, case, work / "frames3", "--model", out) == made, "clips differ"
    assert frames_of(binary, case, work / "frames4", "--model", diffusers, "--transformer", parts[1]) == made
    print(f"{case.name}: loose files, their conversion and diffusers' folder are one model")


def quantised(original, how):
    """fp8 as it is found: matrices of blocks only, beside norms and biases in bf16. Returns tensors and their values."""
    tensors, values = {}, {}
    for name, tensor in original.items():
        if not (name.startswith("blocks.") and name.endswith(".weight") and tensor.ndim == 2):
            tensors[name] = values[name] = tensor.to(torch.bfloat16)
            continue
        layer = name.removesuffix(".weight")
        rows = tensor.abs().amax(dim=1, keepdim=True)
        scale = {"plain": torch.ones(()), "comfy": tensor.abs().max() / 448, "rows": rows / 448}[how]
        codes = (tensor / scale).to(torch.float8_e5m2 if how == "plain" else torch.float8_e4m3fn)
        tensors[name], values[name] = codes, (codes.float() * scale).to(torch.bfloat16)
        if how == "comfy":
            tensors[f"{layer}.scale_weight"] = scale.clone()
            tensors[f"{layer}.scale_input"] = torch.ones(())
        if how == "rows":
            tensors[f"{layer}.weight_scale"] = scale.clone()
    if how == "comfy":
        tensors["scaled_fp8"] = torch.zeros(2, dtype=torch.float8_e4m3fn)
    return tensors, values


def check_fp8(binary, work):
    loose = work / "loose"
    original = load_file(loose / "diffusion_models/some_model.safetensors")
    for how in ("plain", "comfy", "rows"):
        tensors, values = quantised(original, how)
        prefix = "model.diffusion_model." if how == "comfy" else ""
        file = work / f"{how}.safetensors"
        save_file({prefix + name: tensor for name, tensor in tensors.items()}, file)
        out = work / f"out-{how}"
        shutil.copy(loose / "diffusion_models/config.json", work / "config.json")
        run(binary, "convert", "--model", loose, "--transformer", file, "-o", out)
        expect_equal(weights_of(out / "transformer"), convert_wan_transformer_to_diffusers(dict(values)), how)
        info = json.loads(run(binary, "inspect", loose, "--transformer", file, "--json"))["components"]["transformer"]
        count = sum(tensor.numel() for tensor in original.values())
        assert info["parameters"] == count and info["dtype"].startswith("F8_"), info
        print(f"fp8, {how}: converted as torch computes it")


def check_experts_and_stills(binary, work):
    """The kinds that their tensors show: two experts, told apart by their names, and stills."""
    torch.manual_seed(3)
    loose = work / "loose"
    kinds = [
        ("a14b-t2v", dict(TINY), 2, "WanPipeline", 12.0, 0.875),
        ("a14b-i2v", dict(TINY, in_channels=36), 2, "WanImageToVideoPipeline", 5.0, 0.9),
        ("i2v", dict(TINY, in_channels=36, image_dim=8, added_kv_proj_dim=24), 1, "WanImageToVideoPipeline", 5.0, None),
        ("flf2v", dict(TINY, in_channels=36, image_dim=8, added_kv_proj_dim=24, pos_embed_seq_len=2 * 257), 1,
         "WanImageToVideoPipeline", 16.0, None),
    ]
    for name, configuration, experts, pipeline, shift, boundary in kinds:
        folder = work / name
        shutil.copytree(loose, folder)
        (folder / "diffusion_models/some_model.safetensors").unlink()
        for noise in ("high", "low")[:experts]:
            model = WanTransformer3DModel(text_dim=32, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
                                          **configuration)
            place = folder / (f"{noise}_noise_model" if experts == 2 else "diffusion_models")
            place.mkdir(exist_ok=True)
            save_file({original_names.transformer(k): v for k, v in model.state_dict().items()},
                      place / "model.safetensors")
            (place / "config.json").write_text(json.dumps(authors_config(configuration)))
        sees = "image_dim" in configuration
        if sees:
            tower = CLIPVisionModel(CLIPVisionConfig(hidden_size=8, intermediate_size=16, num_attention_heads=2,
                                                     num_hidden_layers=2, patch_size=14, hidden_act="gelu"))
            tower.save_pretrained(folder / "clip_vision")
        run(binary, "convert", "--model", folder, "-o", work / f"out-{name}")
        index = json.loads((work / f"out-{name}/model_index.json").read_text())
        assert index["_class_name"] == pipeline and index["boundary_ratio"] == boundary, index
        scheduler = UniPCMultistepScheduler.from_pretrained(work / f"out-{name}/scheduler")
        assert scheduler.config.flow_shift == shift, scheduler.config
        for part in ("transformer", "transformer_2")[:experts]:
            loaded, info = WanTransformer3DModel.from_pretrained(work / f"out-{name}/{part}", output_loading_info=True)
            assert not info["missing_keys"] and not info["unexpected_keys"], info
        if experts == 2:
            expect_equal(loaded.state_dict(), model.state_dict(), "the expert for low noise")
        if sees:
            loaded = CLIPVisionModel.from_pretrained(work / f"out-{name}/image_encoder")
            expect_equal(loaded.state_dict(), tower.state_dict(), "CLIP")
            processor = CLIPImageProcessor.from_pretrained(work / f"out-{name}/image_processor")
            assert processor.size == {"shortest_edge": 224}, processor
        whole = WanPipeline if pipeline == "WanPipeline" else WanImageToVideoPipeline
        whole.from_pretrained(work / f"out-{name}", tokenizer=load_tokenizer())
        print(f"{name}: known by its tensors, converted and loaded")


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for kind in (T2V, TI2V):
            (work / kind[0].name).mkdir()
            check_case(binary, work / kind[0].name, *kind)
        check_fp8(binary, work / "t2v")
        check_experts_and_stills(binary, work / "t2v")


if __name__ == "__main__":
    main()
