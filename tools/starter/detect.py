"""What a clip shows, from its pixels alone."""

import dataclasses

import numpy

from .calibrate import Knowledge
from .motions import Motion, fitted, motion_of
from .pixels import lab_of
from .regions import Track, settle, tracks_of

ALIKE = 0.72  # overlap with a shape's outline below which a thing has none of the shapes
WHOLE = 0.7  # share of its usual area from which a thing is taken to be seen whole


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
    light: str
    explained: float
    things: tuple


def look(frames: numpy.ndarray, knowledge: Knowledge) -> Sighting:
    """What a clip shows: frames uint8 [T, H, W, 3]."""
    palette = knowledge.palette
    setting, explained = palette.setting_of(frames)
    labels = settle(palette.label(frames, setting), len(palette.colours))
    tracks = tracks_of(labels, len(palette.colours))
    things = tuple(describe(track, frames, knowledge) for track in tracks)
    return Sighting(*palette.settings[setting], explained, things)


def describe(track: Track, frames: numpy.ndarray, knowledge: Knowledge) -> Thing:
    """Names what a track shows."""
    height = frames.shape[1]
    outlines, seen = knowledge.outlines, track.seen
    whole = numpy.flatnonzero(seen & ~track.cut & (track.areas >= WHOLE * numpy.nanmedian(track.areas)))
    if len(whole) == 0:
        whole = numpy.flatnonzero(seen)
    shape, overlap = outlines.name([track.masks[frame] for frame in whole])
    name = outlines.shapes[shape]
    period = outlines.period[name]
    angles = outlines.angles([track.masks[frame] for frame in numpy.flatnonzero(seen)], shape)
    radius = radius_of(track, whole, outlines.areas[shape], height)
    spread, drift = constancy(track, frames)
    return Thing(knowledge.palette.colours[track.colour], name if overlap >= ALIKE else "none",
                 size_of(radius, knowledge.sizes), motion_of(track, angles, period, height), overlap, radius,
                 spread, drift, track)


def radius_of(track, whole, area, height):
    """A thing's radius in the middle of the clip, in heights; `area` is its shape's in squared radii."""
    time = whole / (len(track.areas) - 1)
    radii = numpy.sqrt(track.areas[whole] / area) / height
    if numpy.ptp(time) < 0.5:
        return float(numpy.median(radii))
    slope, start = numpy.polyfit(time, radii, 1)
    return float(start + slope / 2)


def size_of(radius, sizes):
    """The size class that is nearest in ratio."""
    return min(sizes, key=lambda name: abs(numpy.log(radius / sizes[name])))


def constancy(track, frames):
    """How much the area varies (standard deviation over mean) about a line, and how far the colour drifts."""
    seen = numpy.flatnonzero(track.seen)
    line = numpy.stack([numpy.ones(len(seen)), seen], 1)
    areas = numpy.sqrt(track.areas[seen])
    spread = float(fitted(line, areas[:, None]).std() / areas.mean())
    colours = [lab_of(numpy.median(frames[frame][track.masks[frame]], axis=0)) for frame in seen]
    quarter = max(1, len(seen) // 4)
    drift = numpy.mean(colours[-quarter:], axis=0) - numpy.mean(colours[:quarter], axis=0)
    return spread, float(numpy.sqrt((drift**2).sum()))
