"""Drives the zoetrope binary: a prompt file in, decoded frames out."""

import dataclasses
import json
import os
import pathlib
import subprocess

import numpy

CODEC = "ffv1"  # lossless RGB, so that the exam judges the engine and no codec


@dataclasses.dataclass(frozen=True)
class Job:
    """One clip to be made: `name` is its id and its file's stem, `still` a PNG's path or ""."""

    name: str
    prompt: str
    seed: int
    still: str = ""


@dataclasses.dataclass(frozen=True)
class Engine:
    """What makes the clips: the binary, a model folder, and flags for every clip (`--steps 20`)."""

    binary: pathlib.Path
    model: pathlib.Path
    flags: tuple = ()

    def run(self, jobs, folder):
        """Makes the clips of `jobs` in `folder`; those that are there already are left alone.

        The folder belongs to one checkpoint and one set of flags. Returns {name: path}.
        Raises RuntimeError with the engine's own words if a clip could not be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        prompts = folder / "prompts.jsonl"
        prompts.write_text("".join(json.dumps(line_of(job)) + "\n" for job in jobs))
        command = [self.binary, "batch", prompts, "--output-dir", folder, "--model", self.model, *self.flags]
        done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise RuntimeError(f"make {len(jobs)} clips: zoetrope batch ended with {done.returncode} (expected 0)")
        return {job.name: folder / f"{job.name}.mkv" for job in jobs}


def line_of(job):
    """A job as an object of a prompt file."""
    line = {"id": job.name, "prompt": job.prompt, "seed": job.seed, "codec": CODEC, "output": f"{job.name}.mkv"}
    return {**line, "image": os.path.abspath(job.still)} if job.still else line


def read_clip(path):
    """The frames of a video file: uint8 [T, H, W, 3].

    Raises RuntimeError if ffmpeg cannot read it.
    """
    probe = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
             "-of", "csv=p=0", str(path)]
    size = output_of(probe, path).decode().strip().split(",")
    width, height = int(size[0]), int(size[1])
    decode = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", str(path),
              "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return numpy.frombuffer(output_of(decode, path), numpy.uint8).reshape(-1, height, width, 3)


def output_of(command, path):
    """stdout of a command that reads `path`."""
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"read {path}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
