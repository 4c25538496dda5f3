"""What a clip shows, from its pixels alone."""

import dataclasses

import numpy

from .calibrate import Knowledge
from .motions import Motion, motion_of
from .regions import Track, settle, tracks_of

ALIKE = 0.72  # overlap with a shape's outline below which a thing has none of the shapes
WHOLE = 0.7  # share of its usual area from which a thing is taken to be seen whole
AREA = {"ball": 3.142, "square": 2.822, "triangle": 1.748, "star": 1.646, "ring": 2.325, "heart": 1.95}


@dataclasses.dataclass(frozen=True)
class Thing:
    """A thing that was seen; `shape` is "none" if it resembles no shape of the world.

    overlap: intersection over union with its shape's outline. radius: in heights, in the middle of the clip.
    spread: how much its area varies, standard deviation over mean after a line is taken off.
    drift: how far its colour goes from the first quarter of the clip to the last, in L*a*b*.
    """

    colour: str
    shape: str
    size: str
    motion: Motion
    overlap: float
    radius: float
    spread: float
    drift: float
    track: Track


@dataclasses.dataclass(frozen=True)
class Sighting:
    """What a clip shows. explained: the share of its pixels that the background accounts for."""

    background: str
    explained: float
    things: tuple


def look(frames: numpy.ndarray, knowledge: Knowledge) -> Sighting:
    """What a clip shows: frames uint8 [T, H, W, 3]."""
    palette = knowledge.palette
    background, explained = palette.background_of(frames)
    labels = settle(palette.label(frames, background), len(palette.colours))
    tracks = tracks_of(labels, len(palette.colours))
    things = tuple(describe(track, frames, knowledge) for track in tracks)
    return Sighting(palette.backgrounds[background], explained, things)
