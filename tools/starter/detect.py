"""What a clip shows, from its pixels alone."""

import dataclasses

import numpy

from .calibrate import Knowledge
from .cameras import Move, camera_of, move_of, steadied
from .covered import fit, touch, uncovered, under
from .motions import Motion, fitted, motion_of
from .pixels import lab_of
from .regions import Track, settle, tracks_of
from .world import LANDSCAPES

ALIKE = 0.72  # overlap with a shape's outline below which a thing has none of the shapes
LOST = 0.85  # of its largest area: what is seen less of is covered
USUAL = {"star": 0.93, "ring": 0.95}  # overlap of a whole thing with its outline: blur takes tips and narrow places
BROKEN = 0.06  # less than that of the other thing, from which an outline is broken
COMPLETE = 0.93  # overlap from which an outline is not broken
WHOLE = 0.7  # share of its usual area from which a thing is taken to be seen whole


@dataclasses.dataclass(frozen=True)
class Thing:
    """A thing that was seen; `shape` is "none" if it resembles no shape of the world.

    overlap: intersection over union with its shape's outline. radius: in heights, in the middle of the clip.
    spread: how much its area varies, standard deviation over mean after a line is taken off.
    drift: how far its colour goes from the first quarter of the clip to the last, in L*a*b*.
    angles: float [T], how far its shape is turned in degrees, NaN in frames where it is not seen.
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
    angles: numpy.ndarray


@dataclasses.dataclass(frozen=True)
class Sighting:
    """What a clip shows; things as a still camera would have seen them.

    explained: the share of its pixels that the background accounts for. behind: index of that thing of two which the
    other one covers in part, None if none is.
    """

    background: str
    light: str
    camera: str
    explained: float
    things: tuple
    behind: int | None


def look(frames: numpy.ndarray, knowledge: Knowledge) -> Sighting:
    """What a clip shows: frames uint8 [T, H, W, 3]."""
    palette = knowledge.palette
    setting, explained = palette.setting_of(frames)
    labels = settle(palette.label(frames, setting), len(palette.colours))
    tracks = tracks_of(labels, len(palette.colours))
    background, light = palette.settings[setting]
    move = move_of(frames, labels >= 0) if background in LANDSCAPES else Move.none(len(frames))
    camera = camera_of(move, tracks)
    steady = [steadied(track, move, camera, frames.shape[2:0:-1]) for track in tracks]
    things = [describe(track, frames, knowledge) for track in steady]
    behind = behind_of(things)
    if behind is not None:
        things[behind] = uncover(things[behind], things[1 - behind], frames, knowledge)
    return Sighting(background, light, camera, explained, tuple(things), behind)


def behind_of(things):
    """The index of that of two things which the other one covers in part, or None.

    It is the one of which less is seen for a while, or whose outline is broken; else the one that does not own what their
    outlines share.
    """
    if len(things) != 2 or not touch(things[0].track, things[1].track):
        return None
    lost = [numpy.nanmin(thing.track.areas) / numpy.nanmax(thing.track.areas) for thing in things]
    if min(lost) < LOST and max(lost) > COMPLETE:
        return int(numpy.argmin(lost))
    broken = [USUAL.get(thing.shape, 0.96) - thing.overlap for thing in things]
    if max(broken) - min(broken) > BROKEN:
        return int(numpy.argmax(broken))
    both = numpy.flatnonzero(things[0].track.seen & things[1].track.seen)
    frame = both[len(both) // 2]
    return under(*(thing.track.masks[frame] for thing in things))


def uncover(thing: Thing, cover: Thing, frames, knowledge: Knowledge) -> Thing:
    """Names a thing that another one covers by the frame in which most of it is seen."""
    clear = uncovered(thing.track)
    if clear.seen.sum() >= 4:
        again = describe(clear, frames, knowledge)
        thing = dataclasses.replace(thing, motion=again.motion, shape=again.shape, size=again.size, overlap=again.overlap,
                                    radius=again.radius)
    if thing.overlap >= COMPLETE:
        return thing
    frame = int(numpy.nanargmax(numpy.where(cover.track.seen, thing.track.areas, 0)))
    found = fit(thing.track.masks[frame], cover.track.masks[frame])
    radius = found.radius / frames.shape[1]
    return dataclasses.replace(thing, shape=found.shape if found.overlap >= ALIKE else "none", overlap=found.overlap,
                               radius=radius, size=size_of(radius, knowledge.sizes))


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
    everywhere = numpy.full(len(seen), numpy.nan)
    everywhere[seen] = angles
    radius = radius_of(track, whole, outlines.areas[shape], height)
    spread, drift = constancy(track, frames)
    return Thing(knowledge.palette.colours[track.colour], name if overlap >= ALIKE else "none",
                 size_of(radius, knowledge.sizes), motion_of(track, angles, period, height), overlap, radius,
                 spread, drift, track, everywhere)


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
