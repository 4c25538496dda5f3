"""Learns from rendered scenes what a detector must know: the colours of things and backgrounds, and the outlines."""

import dataclasses
import random

import numpy

from .outlines import Outlines
from .pixels import Palette
from .render import render
from .shapes import signed_distance
from .tracks import tracks
from .world import BACKGROUNDS, CAMERAS, COLOURS, DUSK_BACKGROUNDS, LANDSCAPES, SHAPES, SIZES, Scene, sample_scene

SCENES = 165
SEED = 20260901  # not a seed that exams or tests draw scenes with
FRAMES = 9  # of a scene that is learnt from
RIM = 2.0  # pixels at an outline that are neither the thing's nor the background's
PERIODS = {"ball": 1, "ring": 1, "square": 90, "triangle": 120, "star": 72, "heart": 360}
DRAWN = 30  # radius of drawn outlines in pixels


@dataclasses.dataclass(frozen=True)
class Knowledge:
    """What `detect` goes by. sizes: radius of each size class in heights."""

    palette: Palette
    outlines: Outlines
    sizes: dict

    def sized(self, sizes):
        """The same with other size classes."""
        return dataclasses.replace(self, sizes=sizes)


def learn(scenes=SCENES, seed=SEED) -> Knowledge:
    """Renders `scenes` scenes and learns from them (0.03 s each); the same for the same seed."""
    generator = random.Random(seed)
    palette = Palette.learn(examples(generator, scenes), tuple(COLOURS))
    return Knowledge(palette, Outlines.draw(SHAPES, outline, PERIODS, DRAWN), SIZES)


def examples(generator, count):
    """Frames of scenes with their pixels' owners, as `Palette.learn` takes them.

    Each setting is shown equally often, before all cameras; never in rain or snow, which would hide white things.
    """
    settings = [(kind, "day") for kind in BACKGROUNDS] + [(kind, "day to night") for kind in DUSK_BACKGROUNDS]
    for index in range(count):
        background, light = settings[index % len(settings)]
        camera = generator.choice(CAMERAS) if light == "day" and background in LANDSCAPES else "still"
        scene = dataclasses.replace(sample_scene(generator), background=background, light=light, camera=camera,
                                    weather="clear", frames=FRAMES, fps=FRAMES / 2)
        yield render(scene), owners(scene), [thing.colour for thing in scene.things], (background, light)


def outline(shape: str, degrees: float) -> numpy.ndarray:
    """A shape turned clockwise: bool [96, 96]."""
    axis = (numpy.arange(96) - 47.5) / DRAWN
    return inside(shape, axis[None, :], axis[:, None], numpy.radians(degrees)) < 0


def inside(shape, x, y, angle):
    """Signed distance from a turned shape's outline at points in radii from its centre; broadcasts."""
    cosine, sine = numpy.cos(angle), numpy.sin(angle)
    return signed_distance(shape, x * cosine + y * sine, y * cosine - x * sine)


def owners(scene: Scene) -> numpy.ndarray:
    """Whose each pixel is: int8 [T, H, W]; a thing's index, -1 the background's, -2 more than one's.

    Motion blurs an outline over the way that the thing goes in half a frame, which counts to its rim.
    """
    owner = numpy.full((scene.frames, scene.height, scene.width), -1, numpy.int8)
    x, y = numpy.arange(scene.width) + 0.5, (numpy.arange(scene.height) + 0.5)[:, None]
    found = tracks(scene).things
    for index in scene.drawing_order():
        track, shape = found[index], scene.things[index].shape
        way = numpy.hypot(numpy.gradient(track.x), numpy.gradient(track.y))
        way = way + track.radius * numpy.abs(numpy.gradient(track.angle)) + numpy.abs(numpy.gradient(track.radius))
        for frame in range(scene.frames):
            radius = track.radius[frame]
            distance = radius * inside(shape, (x - track.x[frame]) / radius, (y - track.y[frame]) / radius,
                                       track.angle[frame])
            rim = RIM + 0.5 * way[frame]
            owner[frame][distance < rim] = -2
            owner[frame][distance < -rim] = index
    return owner
