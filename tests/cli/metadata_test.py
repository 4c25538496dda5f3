"""What other programs see in a file: its recipe, its colours, its tags, the order of its parts."""

import hashlib
import json
import subprocess

import driver
from driver import SMALL, STARTER


class Metadata(driver.CliTest):
    def make(self, *arguments):
        done = self.run_here("generate", *SMALL, *arguments)
        self.assertEqual(done.code, 0, done.stderr)

    def probe(self, name):
        done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", name],
                              cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        found = json.loads(done.stdout)
        return found["format"]["tags"], found["streams"][0]

    def test_ffprobe_shows_prompt_seed_and_the_whole_recipe(self):
        self.make("-o", "a.mp4")
        tags, stream = self.probe("a.mp4")
        self.assertEqual((tags["prompt"], tags["seed"]), ("a red ball", "7"))
        recipe = json.loads(tags["parameters"])
        self.assertEqual((recipe["prompt"], recipe["seed"], recipe["steps"]), ("a red ball", 7, 2))
        self.assertEqual(recipe["model_sha256"], self.starters_hash())
        self.assertEqual(tags["comment"], tags["parameters"])
        self.assertEqual((stream["codec_tag_string"], stream["color_range"]), ("avc1", "tv"))
        self.assertEqual({stream[f"color_{kind}"] for kind in ("space", "transfer", "primaries")}, {"bt709"})

    def starters_hash(self):
        """sha256 over `sha256sum`'s line of each weights file, in the order of model_index.json."""
        components = [name for name in json.loads((STARTER / "model_index.json").read_text())
                      if list(STARTER.glob(f"{name}/*.safetensors"))]
        lines = ""
        for name in components:
            for path in sorted((STARTER / name).glob("*.safetensors")):
                lines += f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}/{path.name}\n"
        return hashlib.sha256(lines.encode()).hexdigest()

    def test_the_index_of_an_mp4_comes_before_its_frames(self):
        self.make("-o", "a.mp4")
        content = (self.folder / "a.mp4").read_bytes()
        boxes, position = [], 0
        while position < len(content):
            boxes.append(content[position + 4:position + 8])
            position += int.from_bytes(content[position:position + 4], "big")
        self.assertEqual([box for box in boxes if box in (b"moov", b"moof", b"mdat")], [b"moov", b"mdat"])

    def test_hevc_carries_the_tag_that_quicktime_plays(self):
        for name in ("a.mp4", "a.mov"):
            self.make("--codec", "hevc", "-o", name)
            self.assertEqual(self.probe(name)[1]["codec_tag_string"], "hvc1")

    def test_without_metadata_ffprobe_shows_no_recipe(self):
        self.make("-o", "a.mp4", "--metadata", "none")
        self.assertEqual(self.left(), ["a.mp4"])
        self.assertEqual(set(self.probe("a.mp4")[0]), {"major_brand", "minor_version", "compatible_brands"})
        content = (self.folder / "a.mp4").read_bytes()
        for word in (b"red ball", b"seed", b"model_sha256", b"Zoetrope"):
            self.assertNotIn(word, content)


if __name__ == "__main__":
    driver.main()
