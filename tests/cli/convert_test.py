"""Models of loose files: named by flags or found in a folder, and converted to a diffusers folder."""

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import time

import driver
from driver import PROGRAM, SMALL, SOURCE, STARTER, surroundings

sys.path.insert(0, str(SOURCE / "tests/parity/layouts"))
import original_names  # noqa: E402

TRANSFORMER = STARTER / "transformer/diffusion_pytorch_model.safetensors"
VAE = STARTER / "vae/diffusion_pytorch_model.safetensors"
TEXT = STARTER / "text_encoder/model.safetensors"
PARTS = ["--transformer", TRANSFORMER, "--vae", VAE, "--text-encoder", TEXT, "--tokenizer", STARTER / "tokenizer"]


def with_names(content, rename):
    """A file's bytes with other names for its tensors."""
    length = struct.unpack("<Q", content[:8])[0]
    header = {rename(name): entry for name, entry in json.loads(content[8:8 + length]).items() if name != "__metadata__"}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length:]


def content_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Convert(driver.CliTest):
    def convert(self, *arguments, **more):
        done = self.run_here("convert", *arguments, **more)
        self.assertEqual(done.code, 0, done.stderr)
        return done

    def test_what_is_in_the_type_already_comes_out_as_it_was(self):
        done = self.convert("--model", STARTER, "-o", "out")
        self.assertEqual(done.stdout, "out\n")
        for name in ("transformer/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors",
                     "text_encoder/model.safetensors", "tokenizer/tokenizer.json", "generation_config.json"):
            self.assertEqual((self.folder / "out" / name).read_bytes(), (STARTER / name).read_bytes(), name)
        self.assertNotIn("unfinished_conversion.json", os.listdir(self.folder / "out"))
        again = self.run_here("inspect", "out", "--json")
        self.assertEqual(json.loads(again.stdout)["components"]["vae"]["dtype"], "BF16")

    def test_a_killed_conversion_goes_on_to_the_same_bytes(self):
        options = ["--model", STARTER, "--dtype", "fp32", "--max-shard-size", "1MB"]
        self.convert(*options, "-o", "whole")
        command = [PROGRAM, "convert", *options, "-o", "cut"]
        for shards in (1, 12):
            process = subprocess.Popen(command, cwd=self.folder, env=surroundings(), stderr=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL)
            while len(list(self.folder.glob("cut/*/*.safetensors"))) < shards and process.poll() is None:
                time.sleep(0.0005)
            process.kill()
            self.assertEqual(process.wait(timeout=60), -9)
            self.assertFalse((self.folder / "cut/model_index.json").exists())
        done = self.convert(*options, "-o", "cut", "--json")
        result = json.loads(done.stdout)
        self.assertGreater(result["kept_bytes"], 1_000_000)
        self.assertLess(result["kept_bytes"], result["bytes"])
        self.assertEqual(content_of(self.folder / "cut"), content_of(self.folder / "whole"))

    def test_a_shard_that_is_cut_short_in_the_middle_is_written_anew(self):
        options = ["--model", STARTER]
        self.convert(*options, "-o", "whole")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000))
        done = subprocess.run([PROGRAM, "convert", *options, "-o", "cut"], cwd=self.folder, env=surroundings(),
                              preexec_fn=limit, capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.folder / "cut/transformer/diffusion_pytorch_model.safetensors").exists())
        self.convert(*options, "-o", "cut")
        self.assertEqual(content_of(self.folder / "cut"), content_of(self.folder / "whole"))

    def test_nothing_else_is_written_over(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine/thesis.tex").write_text("x")
        (self.folder / "file").write_text("x")
        for target in ("mine", "file"):
            self.expect_refusal(self.run_here("convert", "--model", STARTER, "-o", target), 2, target, "expected a new")
        self.expect_refusal(self.run_here("convert", "--model", STARTER, "-o", "no/where"), 4, "does not exist")
        self.expect_refusal(self.run_here("convert", "--model", STARTER), 2, "--output is required")
        self.expect_refusal(self.run_here("convert", "--model", STARTER, "-o", "x", "--max-shard-size", "5 GB"), 2,
                            "--max-shard-size", "not a whole number")
        self.assertEqual(content_of(self.folder), {"mine/thesis.tex": b"x", "file": b"x"})

    def test_an_unfinished_conversion_with_other_options_is_left_alone(self):
        self.convert("--model", STARTER, "-o", "out")
        (self.folder / "out/unfinished_conversion.json").write_text("{}")
        self.expect_refusal(self.run_here("convert", "--model", STARTER, "-o", "out"), 2, "of another model")

    def test_a_full_disk_is_told_before_anything_is_written(self):
        (self.folder / "disk").mkdir()
        namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        mount = "mount -t tmpfs -o size=1m tmpfs disk || exit 99\n"
        done = subprocess.run([*namespace, "sh", "-c", mount + '"$@"; code=$?; ls -A disk >left; exit $code', "sh",
                               PROGRAM, "convert", "--model", STARTER, "-o", "disk/out"],
                              cwd=self.folder, env=surroundings(), capture_output=True, text=True, timeout=300)
        self.assertTrue((self.folder / "left").exists(), f"mounting needs root or user namespaces: {done.stderr}")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertRegex(done.stderr, r"1048576 bytes are free \(needs \d+\)")
        self.assertEqual((self.folder / "left").read_text(), "")


class LooseFiles(driver.CliTest):
    def make_comfy_folder(self):
        for name in ("diffusion_models", "vae", "text_encoders", "google"):
            (self.folder / "models" / name).mkdir(parents=True)
        models = self.folder / "models"
        (models / "diffusion_models/video.safetensors").write_bytes(
            with_names(TRANSFORMER.read_bytes(), lambda name: "model.diffusion_model." + original_names.transformer(name)))
        shutil.copy(STARTER / "transformer/config.json", models / "diffusion_models")
        (models / "vae/pixels.safetensors").write_bytes(
            with_names(VAE.read_bytes(), lambda name: original_names.vae(name, nested=True)))
        shutil.copy(STARTER / "vae/config.json", models / "vae")
        (models / "text_encoders/words.safetensors").write_bytes(with_names(TEXT.read_bytes(), original_names.umt5))
        shutil.copytree(STARTER / "tokenizer", models / "google/umt5-xxl")
        return models

    def frames(self, *model):
        for path in self.folder.glob("f*.png"):
            path.unlink()
        done = self.run_here("generate", *SMALL, "--guidance-scale", "4", "--flow-shift", "3", *model,
                             "--overwrite", "-o", "f%05d.png")
        self.assertEqual(done.code, 0, done.stderr)
        return [path.read_bytes() for path in sorted(self.folder.glob("f*.png"))]

    def test_make_the_same_clip_as_the_diffusers_folder(self):
        expected = self.frames("--model", STARTER)
        self.assertEqual(len(expected), 5)
        self.assertEqual(self.frames(*PARTS), expected)
        self.assertEqual(self.frames("--model", self.make_comfy_folder()), expected)

    def test_may_carry_their_tokenizer_in_the_text_encoder(self):
        spiece = (STARTER / "tokenizer/spiece.model").read_bytes()
        content = TEXT.read_bytes()
        length = struct.unpack("<Q", content[:8])[0]
        header, data = json.loads(content[8:8 + length]), content[8 + length:]
        header["spiece_model"] = {"dtype": "U8", "shape": [len(spiece)],
                                  "data_offsets": [len(data), len(data) + len(spiece)]}
        text = json.dumps(header).encode()
        (self.folder / "text.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data + spiece)
        parts = [*PARTS[:4], "--text-encoder", "text.safetensors"]
        (self.folder / "tokenizer").mkdir()
        (self.folder / "tokenizer/spiece.model").write_bytes(spiece)
        expected = self.frames(*PARTS[:6], "--tokenizer", "tokenizer")
        self.assertEqual(self.frames(*parts), expected)
        done = self.run_here("convert", *parts, "-o", "out")
        self.assertEqual(done.code, 0, done.stderr)
        self.assertEqual((self.folder / "out/tokenizer/spiece.model").read_bytes(), spiece)
        self.assertEqual(self.frames("--model", "out"), expected)

    def test_are_described_by_what_they_are(self):
        shown = json.loads(self.run_here("inspect", self.make_comfy_folder(), "--json").stdout)
        starter = json.loads(self.run_here("inspect", STARTER, "--json").stdout)
        self.assertEqual(shown["components"], starter["components"])
        self.assertEqual(shown["pipeline"], "WanPipeline")
        done = self.run_here("inspect", *PARTS)
        self.assertEqual(done.code, 0, done.stderr)

    def test_that_are_missing_or_mistaken_are_named(self):
        cases = [
            (PARTS[:4], "the text_encoder is not given"),
            (PARTS[:6], "the tokenizer is not given"),
            (["--transformer", VAE, *PARTS[2:]], "its tensors are those of the vae (expected the transformer)"),
            (["--transformer", self.folder / "none.safetensors", *PARTS[2:]], "none.safetensors", "No such file"),
            ([*PARTS, "--transformer-2", TEXT], "those of the text_encoder (expected the transformer)"),
        ]
        for arguments, *fragments in cases:
            self.expect_refusal(self.run_here("generate", *SMALL, "--dry-run", *arguments), 3, *fragments)
        self.expect_refusal(self.run_here("inspect"), 2, "PATH is required")
        done = self.run_here("generate", *SMALL, "--dry-run", "--model", STARTER, "--transformer-2", TRANSFORMER)
        self.expect_refusal(done, 2, "it has one transformer")

    def test_of_which_several_can_be_a_part_are_listed(self):
        models = self.make_comfy_folder()
        shutil.copy(models / "vae/pixels.safetensors", models / "vae/other.safetensors")
        self.expect_refusal(self.run_here("inspect", models), 3, "'vae/other.safetensors', 'vae/pixels.safetensors'",
                            "can be the vae")
        done = self.run_here("inspect", models, "--vae", models / "vae/pixels.safetensors")
        self.assertEqual(done.code, 0, done.stderr)

        shutil.copy(models / "diffusion_models/video.safetensors", models / "diffusion_models/video2.safetensors")
        done = self.run_here("inspect", models, "--vae", models / "vae/pixels.safetensors")
        self.expect_refusal(done, 3, "'diffusion_models/video.safetensors', 'diffusion_models/video2.safetensors'",
                            "name the transformer")


if __name__ == "__main__":
    driver.main()
