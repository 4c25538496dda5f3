"""Outputs and latents at fault: nothing is overwritten, nothing torn is left."""

import os
import struct
import unittest

import driver
from driver import SMALL, safetensors


def latents(channels, frames=2, height=4, width=4, dtype="F32", value=0.0):
    count = channels * frames * height * width
    return safetensors({"latents": (dtype, [1, channels, frames, height, width], struct.pack("<f", value) * count)})


WHOLE = latents(24)

# what is wrong: the file's bytes, parts of the sentence
BAD_LATENTS = {
    "empty": (b"", "0 bytes"),
    "text": (b"these are not latents, they are a sentence", "the header length is"),
    "cut": (WHOLE[:-100], "bad.safetensors"),
    "too long": (WHOLE + b"\0", "bad.safetensors"),
    "channels": (latents(16), "16 channels"),
    "half the type": (safetensors({"latents": ("BF16", [1, 24, 1, 2, 2], b"\0" * 192)}), "BF16"),
    "rank": (safetensors({"latents": ("F32", [24, 2, 4], b"\0" * 768)}), "expected F32 [1, C, T, h, w]"),
    "other tensors": (safetensors({"weight": ("F32", [1], b"\0" * 4)}), "expected one, named 'latents'"),
    "nothing in it": (safetensors({}), "0 tensors"),
    "no frames": (safetensors({"latents": ("F32", [1, 24, 0, 4, 4], b"")}), "shape"),
    "NaN": (latents(24, value=float("nan")), "NaN"),
    "infinity": (latents(24, value=float("inf")), "inf"),
    "header past the end": (struct.pack("<Q", 1000) + b"{}", "past the end of the file"),
    "header huge": (struct.pack("<Q", 1 << 62) + b"{}", "at most 100000000"),
    "header no JSON": (safetensors({}, header=b"{,}"), "bad.safetensors"),
}

# what is wrong: arguments after those of a small clip, exit code, parts of the sentence
BAD_OUTPUTS = {
    "extension unknown": (["-o", "a.avi"], 2, "unknown extension '.avi'"),
    "no extension": (["-o", "clip"], 2, "unknown extension"),
    "exists": (["-o", "old.mp4"], 2, "old.mp4", "exists"),
    "a folder": (["-o", "folder.mp4"], 2, "folder.mp4"),
    "a folder, to be replaced": (["-o", "folder.mp4", "--overwrite"], 2, "folder.mp4"),
    "folder missing": (["-o", "no/where/a.mp4"], 4, "no/where"),
    "codec unknown": (["-o", "a.mp4", "--codec", "h266"], 2, "h266"),
    "codec of another container": (["-o", "a.webm", "--codec", "h264"], 2, "h264", ".webm"),
    "depth of another codec": (["-o", "a.gif", "--bit-depth", "10"], 2, "bit depth 10"),
    "depth unknown": (["-o", "a.mp4", "--bit-depth", "12"], 2, "--bit-depth: '12' is unknown"),
    "crf out of range": (["-o", "a.mp4", "--crf", "64"], 2, "--crf: '64' is out of range"),
    "crf for lossless": (["-o", "a.mkv", "--codec", "ffv1", "--crf", "20"], 2, "crf 20", "ffv1"),
    "metadata unknown": (["-o", "a.mp4", "--metadata", "some"], 2, "--metadata: 'some' is unknown"),
    "frames without a number": (["-o", "frame.png"], 2, "frame.png"),
    "latents exist": (["-o", "a.mp4", "--save-latents", "old.safetensors"], 2, "old.safetensors", "exists"),
    "folder of the latents": (["-o", "a.mp4", "--save-latents", "no/l.safetensors"], 4, "no/l.safetensors"),
}


class Files(driver.CliTest):
    def test_an_output_that_cannot_be_is_refused_before_any_work(self):
        (self.folder / "folder.mp4").mkdir()
        for name in ("old.mp4", "old.safetensors"):
            (self.folder / name).write_text("precious")
        before = self.left()
        for name, (arguments, code, *fragments) in BAD_OUTPUTS.items():
            with self.subTest(name):
                done = self.run_here("generate", *SMALL, *arguments)
                self.expect_refusal(done, code, *fragments)
                self.assertNotIn("denoising", done.stderr)
                self.assertEqual(self.left(), before)
        self.assertEqual((self.folder / "old.mp4").read_text(), "precious")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_may_not_be_written_is_refused(self):
        (self.folder / "shut").mkdir(mode=0o555)
        self.expect_refusal(self.run_here("generate", *SMALL, "-o", "shut/a.mp4"), 4, "shut")

    def test_latents_at_fault_are_refused_and_leave_no_file(self):
        for name, (content, *fragments) in BAD_LATENTS.items():
            with self.subTest(name):
                (self.folder / "bad.safetensors").write_bytes(content)
                self.expect_refusal(self.run_here("decode", "bad.safetensors", "-o", "a.mp4"), 3, *fragments)
                self.assertEqual(self.left(), ["bad.safetensors"])

    def test_what_is_no_checkpoint_video_or_latents_is_refused(self):
        for name, content in {"a.mp4": b"not a video", "b.txt": b"#EXTM3U\nfile:///etc/passwd\n", "c": b"",
                              "d.ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n"}.items():
            with self.subTest(name):
                (self.folder / name).write_bytes(content)
                self.expect_refusal(self.run_here("inspect", name), 3, name)
        os.mkfifo(self.folder / "pipe")
        self.expect_refusal(self.run_here("inspect", "pipe"), 3, "not a regular file")
        self.expect_refusal(self.run_here("inspect", self.folder), 3, "no model_index.json")


if __name__ == "__main__":
    driver.main()
