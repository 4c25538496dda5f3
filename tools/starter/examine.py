"""Examines a checkpoint through the zoetrope binary; `tools/starter/exam` runs it."""

import argparse
import dataclasses
import datetime
import json
import pathlib
import sys

import numpy
from PIL import Image

from . import controls, report
from .calibrate import learn
from .detect import look
from .questions import World, draw, draw_small
from .render import render
from .run_engine import Engine, Job, read_clip
from .score import marks_of, physics_score, psnr

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONG = 121  # frames of the clip that shows whether the VAE drifts
SMALL = {"vae_clips": 0, "controls": 8}
UNPREDICTABLE = ("bouncing", "circling", "standing still")  # a still does not say how these go on, or nothing does


def main(arguments=None):
    """Runs an exam; returns the exit code."""
    options = parsed(arguments)
    world = World.of(options.model, options.world)
    questions = draw_small(world, options.seed) if options.small else draw(world, options.prompts, options.seed)
    say(f"{len(questions)} prompts x {options.seeds} seeds, world {world.version}, "
        f"{world.frames} frames of {world.width}x{world.height}")
    knowledge = learn()
    results = examined(options, world, questions, knowledge)
    results += controlled(options, questions, knowledge)
    exam = {"date": datetime.date.today().isoformat(), "command": command_of(options), "world": world.version,
            "results": results, "long": long_clip(options, questions)}
    report.write(exam, options.output)
    print(report.table(exam))
    return 0


def say(text):
    print(f"exam: {text}", file=sys.stderr, flush=True)


def parsed(arguments):
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="exam", description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models" / "starter", metavar="DIR")
    parser.add_argument("--zoetrope", type=pathlib.Path, default=ROOT / "build" / "release" / "zoetrope",
                        metavar="PATH", help="the binary to drive")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "out" / "exam", metavar="DIR",
                        help="folder for clips and report; a stopped exam goes on with the same command")
    parser.add_argument("--prompts", type=int, default=64, metavar="N", help="prompts to ask (default: 64)")
    parser.add_argument("--seeds", type=int, default=1, metavar="K", help="clips a prompt (default: 1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the exam's questions (default: 1)")
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps (default: the checkpoint's)")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of the engine (default: all)")
    parser.add_argument("--world", type=int, choices=(0, 1), help="what the checkpoint was trained on (default: what "
                        "'world' in its generation_config.json says, else 0)")
    parser.add_argument("--vae-clips", type=int, default=8, metavar="N", help="clips through the VAE (default: 8)")
    parser.add_argument("--controls", type=int, default=64, metavar="N", help="clips a control row (default: 64)")
    parser.add_argument("--small", action="store_true", help="8 prompts that nothing confuses, no VAE: a minute or two")
    options = parser.parse_args(arguments)
    for name, value in SMALL.items() if options.small else ():
        setattr(options, name, value)
    return options


def command_of(options):
    """The command that runs this exam again."""
    steps = f" --steps {options.steps}" if options.steps else ""
    if options.small:
        return f"tools/starter/exam --small --seed {options.seed}{steps}"
    return (f"tools/starter/exam --prompts {options.prompts} --seeds {options.seeds} --seed {options.seed}{steps}"
            f" --vae-clips {options.vae_clips} --controls {options.controls}")


def examined(options, world, questions, knowledge):
    """Has the engine make a clip for each question and seed, and marks them: list of results."""
    flags = [f"--{name}={value}" for name in ("steps", "threads") if (value := getattr(options, name))]
    engine = Engine(options.zoetrope, options.model, tuple(flags))
    asked = {}
    for question in questions:
        still = still_of(question, options.output) if question.group == "still" else ""
        for seed in range(options.seeds):
            job = Job(f"{question.name}-s{seed}", question.prompt, 1000 * options.seed + seed, str(still))
            asked[job] = question
    say(f"making {len(asked)} clips in {options.output / 'clips'}")
    paths = engine.run(list(asked), options.output / "clips")
    return [result_of(question.group, job.name, question, read_clip(paths[job.name]),
                      knowledge.sized(world.sizes(question.group))) for job, question in asked.items()]


def still_of(question, folder):
    """Writes the first frame of a question's scene as a PNG; returns its path."""
    path = folder / "stills" / f"{question.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(render(question.scene)[0]).save(path)
    return path


def spread(questions, count):
    """At most `count` questions of all groups."""
    return [questions[index] for index in sorted({round(k * (len(questions) - 1) / max(count - 1, 1))
                                                  for k in range(min(count, len(questions)))})]


def controlled(options, questions, knowledge):
    """Marks clips that no engine made: list of results."""
    say("control rows")
    bring = None
    if options.vae_clips:
        from .autoencoder import Autoencoder
        bring = Autoencoder(options.model)
    chosen = spread(questions, options.controls)
    results = []
    for name, question, frames in controls.controls(chosen, bring, options.vae_clips):
        results.append(result_of(name, f"{name}-{question.name}", question, frames, knowledge, control=True))
        if name == "autoencoder":
            results[-1]["marks"]["round trip"] = float(numpy.mean(by_frame(frames, render(question.scene))))
    return results


def result_of(group, name, question, frames, knowledge, control=False):
    """A clip's marks, and what the report shows of it."""
    sighting = look(frames, knowledge)
    marks = marks_of(question.scene, sighting)
    if question.group == "still" and not control:
        marks |= still_marks(question, frames, marks)
    return {"group": group, "name": name, "prompt": question.prompt, "control": control, "marks": marks,
            "seen": report.said(sighting), "sheet": report.sheet(frames)}


def still_marks(question, frames, marks):
    """What is right of a clip that goes on from a still, besides what is of all clips."""
    truth = render(question.scene)
    more = {"first frame": psnr(frames[0], truth[0]),
            "still kept": marks["colour"] and marks["shape"] and marks["motion"] and marks.get("direction", True)}
    if question.scene.things[0].motion not in UNPREDICTABLE:
        more["physics"] = physics_score(frames, truth)
    return more


def long_clip(options, questions):
    """The PSNR of each of 121 frames that went through the VAE, in dB; [] if none are to."""
    if not options.vae_clips:
        return []
    from .autoencoder import Autoencoder
    say(f"{LONG} frames through the VAE")
    frames = render(dataclasses.replace(questions[0].scene, frames=LONG))
    return [round(value, 2) for value in by_frame(frames, Autoencoder(options.model)(frames))]


def by_frame(frames, others):
    """The PSNR of each frame of a clip against another clip's, in dB."""
    return [psnr(frame, other) for frame, other in zip(frames, others)]


if __name__ == "__main__":
    sys.exit(main())
