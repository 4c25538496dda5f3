"""Marks of a clip against the truth of its prompt, and rates of marks with their intervals."""

import dataclasses
import itertools
import math

import numpy

from .calibrate import PERIODS
from .causes import interplay
from .tracks import seen_path
from .world import DIRECTIONS, Scene

GAINS = numpy.arange(0.6, 1.45, 0.1)  # how much smaller or larger a path may be than the usual one
TRAVELS = DIRECTIONS + ("bouncing", "circling")  # motions that have a path
APART = 24  # pixels between the centres of things of which one is left of, or above, the other
PHASES = 16  # a bounce or a circle may begin anywhere
MOVED = 12  # levels of 255 by which a pixel must change to count as moved


@dataclasses.dataclass(frozen=True)
class Rate:
    """How many of how many marks are right, with the 95 % Wilson interval.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """

    right: int
    total: int

    @property
    def rate(self):
        return self.right / self.total if self.total else math.nan

    def interval(self, z=1.959964):
        """Low and high end, in 0..1; (0, 1) without marks."""
        if not self.total:
            return 0.0, 1.0
        share, n = self.rate, self.total
        middle = share + z * z / (2 * n)
        reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return max(0.0, (middle - reach) / (1 + z * z / n)), min(1.0, (middle + reach) / (1 + z * z / n))


def asked_motion(motion):
    """A motion of the world as (kind, direction): "moving left" -> ("moving", "left")."""
    return ("moving", motion.removeprefix("moving ")) if motion.startswith("moving ") else (motion, "")


def paired(scene: Scene, sighting):
    """For each thing of the scene the thing of the sighting that is most like it, or None: list."""
    free, found = list(sighting.things), []
    order = list(itertools.permutations(range(len(free)), min(len(free), len(scene.things))))

    def likeness(choice):
        return sum(2 * (free[k].colour == thing.colour) + (free[k].shape == thing.shape)
                   for k, thing in zip(choice, scene.things))

    choice = max(order, key=likeness) if order else ()
    found = [free[k] for k in choice]
    return found + [None] * (len(scene.things) - len(found))


def marks_of(scene: Scene, sighting) -> dict:
    """What is right of a clip: {name: bool} and measures {name: float}.

    A mark that does not apply (the direction of what stands still) is left out.
    """
    pairs = list(zip(scene.things, paired(scene, sighting)))
    marks = {"scene": sighting.background == scene.background,
             "count": len(sighting.things) == len(scene.things),
             "present": all(seen is not None and seen.colour == asked.colour and bool(seen.track.seen.all())
                            for asked, seen in pairs if not covered(scene, asked))}
    if scene.relation:
        marks["relation"] = related(scene.relation.kind, sighting, *(seen for _, seen in pairs))
    if scene.camera != "still":
        marks["camera"] = sighting.camera == scene.camera
    for name in ("colour", "shape", "size"):
        marks[name] = all(seen is not None and getattr(seen, name) == getattr(asked, name) for asked, seen in pairs)
    marks |= cause_marks(scene, *(seen for _, seen in pairs)) if scene.cause else motion_marks(scene, pairs)
    marks["colour, shape, motion"] = all(marks.get(key, True) for key in ("colour", "shape", "motion", "direction"))
    marks["joint"] = all(value for key, value in marks.items() if key != "present")
    return marks | measures(scene, pairs)


def motion_marks(scene, pairs):
    """Whether every thing moves as asked, and where to."""
    kinds, ways = [], []
    for asked, seen in pairs:
        kind, way = asked_motion(asked.motion)
        kinds.append(seen is not None and seen.motion.kind == kind)
        if way:
            ways.append(seen is not None and seen.motion.direction == way)
    return {"motion": all(kinds), **({"direction": all(ways)} if ways else {})}


def covered(scene, thing):
    """Whether a thing passes behind another one, where it may be out of sight."""
    if scene.relation is None or scene.relation.kind not in ("behind", "in front of"):
        return False
    return thing is scene.things[0 if scene.relation.kind == "behind" else 1]


def related(kind, sighting, first, second):
    """Whether the first thing is `kind` (left of, behind, ...) the second."""
    if first is None or second is None:
        return False
    if kind in ("behind", "in front of"):
        behind = first if kind == "behind" else second
        return sighting.behind is not None and sighting.things[sighting.behind] is behind
    axis, sign = {"left of": (0, 1), "right of": (0, -1), "above": (1, 1), "below": (1, -1)}[kind]
    places = [numpy.nanmean(thing.track.centres[:, axis]) for thing in (first, second)]
    return bool(sign * (places[1] - places[0]) > APART)


def cause_marks(scene, mover, struck):
    """Whether the first thing moves as asked, what was asked comes of it, and not before they touch."""
    if mover is None or struck is None:
        return {"motion": False, "direction": False, "cause first": False}
    seen = interplay(mover, struck, PERIODS.get(struck.shape, 1), scene.height)
    return {"motion": seen.effect == scene.cause.kind, "direction": seen.direction == scene.cause.direction,
            "cause first": seen.effect == scene.cause.kind and seen.in_order}


def measures(scene, pairs):
    """How a clip's things fare over time; nothing where none was seen."""
    things = [seen for _, seen in pairs if seen is not None]
    if not things:
        return {"missing": 1.0}
    gone = [1.0 if seen is None else 1 - float(seen.track.seen.mean()) for _, seen in pairs]
    found = {"missing": max(gone), "area variation": max(thing.spread for thing in things),
             "colour drift": max(thing.drift for thing in things)}
    errors = [path_error(scene, index, seen) for index, (asked, seen) in enumerate(pairs)
              if seen is not None and asked.motion in TRAVELS and not scene.cause]
    return found | ({"path error": max(errors)} if errors else {})


def path_error(scene: Scene, index: int, seen) -> float:
    """RMS distance of a thing's centre from the path that was asked for, in heights.

    A prompt says neither where a path begins nor how long it is: it may be shifted, made 0.6 to 1.4 times as long,
    and begun at any phase.
    """
    time = numpy.arange(scene.frames) / (scene.frames - 1)
    shown = seen.track.seen
    centres = seen.track.centres[shown] / scene.height
    centres = centres - centres.mean(0)
    best = math.inf
    for thing in variants(scene.things[index]):
        things = scene.things[:index] + (thing,) + scene.things[index + 1 :]
        path = seen_path(dataclasses.replace(scene, things=things), index, time)
        asked = numpy.stack([path.x, path.y], 1)[shown]
        asked = asked - asked.mean(0)
        for gain in GAINS:
            best = min(best, float(numpy.sqrt(((centres - gain * asked) ** 2).sum(1).mean())))
    return best


def variants(thing):
    """All ways of a thing to do what was asked: a bounce's and a circle's phases and turns."""
    if thing.motion not in ("bouncing", "circling"):
        return [thing]
    turns = (-1, 1) if thing.motion == "circling" else (thing.turn,)
    return [dataclasses.replace(thing, phase=step / PHASES, turn=turn) for step in range(PHASES) for turn in turns]


def psnr(first, second):
    """Peak signal-to-noise ratio of uint8 pictures in dB; 99 if they are the same."""
    error = ((first.astype(numpy.float64) - second) ** 2).mean()
    return min(99.0, 10 * math.log10(255**2 / error)) if error else 99.0


def physics_score(frames, truth) -> float:
    """How far what moves in a clip moves where and when it does in the truth: 1 for the same clip.

    frames, truth: uint8 [T, H, W, 3]. The mean of three overlaps of moved pixels (anywhere in time; in each frame;
    weighted by how often) less the mean squared error.
    Source: Motamed et al. 2025, "Do generative video models understand physical principles?" (Physics-IQ).
    """
    moved, asked = (moved_pixels(clip) for clip in (frames, truth))
    often, often_asked = moved.mean(0), asked.mean(0)
    overlaps = [iou(moved.any(0), asked.any(0)), iou(moved, asked),
                float(numpy.minimum(often, often_asked).sum() / max(numpy.maximum(often, often_asked).sum(), 1e-9))]
    error = float(((frames.astype(numpy.float32) - truth) ** 2).mean()) / 255**2
    return sum(overlaps) / 3 - error


def moved_pixels(clip):
    """Where a clip differs from its first frame: uint8 [T, H, W, 3] -> bool [T - 1, H, W]."""
    return numpy.abs(clip[1:].astype(numpy.int16) - clip[0]).max(-1) > MOVED


def iou(first, second):
    """Intersection over union of masks; 1 if both are empty."""
    union = (first | second).sum()
    return float((first & second).sum() / union) if union else 1.0
