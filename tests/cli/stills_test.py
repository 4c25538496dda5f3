"""Clips from stills: what is taken, what is refused and with which words."""

import json
import pathlib
import shutil
import struct
import subprocess
import zlib

import driver
from driver import SMALL, STARTER

FROM_STILL = ["--steps", "1", "--seed", "7", "--prompt", "a red ball"]


def png(width, height, pixel):
    """An RGB file; `pixel` gives three bytes for a column and a row."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def gradient(x, y):
    return (min(255, 3 * x), min(255, 2 * y), 90)


def starter_with(folder, change):
    """A copy of the starter whose model_index.json is changed; its parts are links."""
    folder.mkdir()
    for path in STARTER.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "model_index.json").unlink()
    index = json.loads((STARTER / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, **change}))
    return folder


def image_to_video(folder):
    """The starter as if it read a still's latents and mask beside its own: 24 + 24 + 4 channels."""
    starter_with(folder, {"expand_timesteps": False, "_class_name": "WanImageToVideoPipeline"})
    transformer = folder / "transformer"
    transformer.unlink()
    transformer.mkdir()
    source = STARTER / "transformer"
    config = json.loads((source / "config.json").read_text())
    (transformer / "config.json").write_text(json.dumps({**config, "in_channels": 52}))
    content = next(source.glob("*.safetensors")).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {name: (entry["dtype"], entry["shape"],
                      content[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]])
               for name, entry in header.items()}
    dtype, shape, data = tensors["patch_embedding.weight"]
    wide = [shape[0], 52, *shape[2:]]
    tensors["patch_embedding.weight"] = (dtype, wide, bytes(len(data) // shape[1] * 52))
    (transformer / "diffusion_pytorch_model.safetensors").write_bytes(driver.safetensors(tensors))
    return folder


class Stills(driver.CliTest):
    def setUp(self):
        super().setUp()
        (self.folder / "still.png").write_bytes(png(96, 64, gradient))

    def frames(self, *arguments, count=1):
        """The bytes of a lossless clip from a still, RGB."""
        done = self.run_here("generate", *FROM_STILL, *arguments, "--num-frames", str(count), "--codec", "ffv1", "--overwrite",
                             "--progress", "none", "-o", "clip.mkv")
        self.assertEqual(done.code, 0, done.stderr)
        self.stderr = done.stderr
        return subprocess.run(["ffmpeg", "-v", "error", "-i", "clip.mkv", "-f", "rawvideo", "-pix_fmt",
                               "rgb24", "-"], cwd=self.folder, capture_output=True, check=True).stdout

    def test_the_size_follows_the_stills_aspect_and_the_checkpoints_area(self):
        for size, expected in (((96, 64), (224, 160)), ((64, 96), (160, 224)), ((300, 20), (768, 32))):
            (self.folder / "s.png").write_bytes(png(*size, gradient))
            done = self.run_here("generate", *FROM_STILL, "-i", "s.png", "--dry-run", "--json")
            plan = json.loads(done.stdout)
            self.assertEqual((plan["width"], plan["height"]), expected)
        done = self.run_here("generate", *FROM_STILL, "-i", "still.png", "--width", "96", "--dry-run", "--json")
        self.assertEqual(json.loads(done.stdout)["height"], 64)

    def test_the_clip_starts_with_what_the_autoencoder_makes_of_the_still(self):
        clip = self.frames("-i", "still.png", "--size", "96x64", count=5)
        alone = self.frames("-i", "still.png", "--size", "96x64")
        size = 3 * 96 * 64
        self.assertEqual(len(clip), 5 * size)
        self.assertEqual(clip[:size], alone)
        still = b"".join(bytes(gradient(x, y)) for y in range(64) for x in range(96))
        error = sum((a - b) ** 2 for a, b in zip(clip, still)) / size
        self.assertLess(error, 255 ** 2 / 10 ** 2.2)  # 22 dB
        self.assertIn("this toy knows drawn shapes", self.stderr)

    def test_a_still_of_another_aspect_is_fitted_as_asked_and_said(self):
        clips = {fit: self.frames("-i", "still.png", "--size", "64x64", "--fit", fit)
                 for fit in ("stretch", "crop", "pad")}
        self.assertIn("still.png is 96x64, the clip 64x64: black is put around it", self.stderr)
        self.assertEqual(len(set(clips.values())), 3)
        self.assertEqual(self.frames("-i", "still.png", "--size", "64x64"),
                         clips["stretch"])
        self.assertIn("it is stretched (--fit crop or pad keeps its aspect)", self.stderr)
        # Half of a padded picture's outer rows are black.
        self.assertLess(max(clips["pad"][3 * 64 * 2:3 * 64 * 3]), 60)

    def test_the_recipe_names_the_still_and_its_content(self):
        self.frames("-i", "still.png", "--size", "96x64")
        recipe = json.loads((self.folder / "clip.mkv.json").read_text())["recipe"]
        self.assertEqual((recipe["image"], recipe["fit"]), ("still.png", "stretch"))
        self.assertEqual(len(recipe["image_sha256"]), 64)

    def test_the_file_that_is_opened_is_the_file_that_is_named(self):
        for name in ("shot%03d.png", "a?b*[c].png", "concat:still.png", "-still.png"):
            shutil.copy(self.folder / "still.png", self.folder / name)
            (self.folder / "shot001.png").write_bytes(b"another file")
            self.frames(f"--image={name}", "--size", "96x64")

    def test_a_still_at_fault_is_refused_in_a_sentence_before_anything_is_written(self):
        whole = (self.folder / "still.png").read_bytes()
        files = {"cut.png": whole[:200], "text.png": b"not a picture at all", "empty.png": b"",
                 "spoilt.png": whole[:60] + bytes([whole[60] ^ 255]) + whole[61:],
                 "huge.png": whole[:16] + struct.pack(">II", 60000, 60000) + whole[24:]}
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        before = self.left()
        for name in [*files, "missing.png", "."]:
            done = self.run_here("generate", *FROM_STILL, "-i", name, "-o", "clip.mkv")
            self.expect_refusal(done, 3, "read still " + name)
        self.assertEqual(self.left(), before)

    def test_stills_that_a_checkpoint_cannot_use_or_lacks_are_said(self):
        for_text = starter_with(self.folder / "text", {"expand_timesteps": False})
        done = self.run_here("generate", *SMALL, "--model", for_text, "-i", "still.png", "-o", "a.mkv")
        self.expect_refusal(done, 2, "image 'still.png': this checkpoint has no use for it")
        done = self.run_here("generate", *SMALL, "-i", "still.png", "--last-image", "still.png", "-o", "a.mkv")
        self.expect_refusal(done, 2, "last_image 'still.png': this checkpoint has no use for it")
        done = self.run_here("generate", *SMALL, "-i", "still.png", "--fit", "squash", "-o", "a.mkv")
        self.expect_refusal(done, 2, "'squash' is unknown (expected stretch, crop or pad)")
        done = self.run_here("generate", *SMALL, "--guidance-scale-2", "3", "-o", "a.mkv")
        self.expect_refusal(done, 2, "guidance_scale_2 is for checkpoints with two experts")

        from_still = image_to_video(self.folder / "still")
        done = self.run_here("generate", *SMALL, "--model", from_still, "-o", "a.mkv")
        self.expect_refusal(done, 2, "image is missing: this checkpoint makes clips from a still only")
        done = self.run_here("generate", *SMALL, "--model", from_still, "-i", "still.png", "--last-image",
                             "still.png", "-o", "a.mkv")
        self.assertEqual(done.code, 0, done.stderr)

    def test_inspect_says_what_a_checkpoint_makes_clips_from(self):
        for folder, expected in ((STARTER, ("optional", "none")),
                                 (image_to_video(self.folder / "still"), ("required", "optional"))):
            found = json.loads(self.run_here("inspect", folder, "--json").stdout)
            self.assertEqual((found["image"], found["last_image"]), expected)


if __name__ == "__main__":
    driver.main()
