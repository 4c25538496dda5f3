"""Names the motion of a track by the family of paths that fits it best."""

import dataclasses

import numpy

from .outlines import turned

REST = 0.13  # of the picture's height: a thing whose path is smaller stays in one place (a heart's centre sways)
GROWTH = 1.3  # ratio of a radius at the end to that at the beginning from which a thing grows
SPIN = 60.0  # degrees that a spinning thing turns at least in a clip
STRAY = 0.25  # of its extent: a path that is farther from all families is none of them
CURVE = 0.6  # a bent family must leave at most this share of the straight one's residual

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclasses.dataclass(frozen=True)
class Motion:
    """kind: "moving", "bouncing", "circling", "growing", "shrinking", "spinning", "standing still", or "unclear".

    direction: left, right, up or down of a moving thing; clockwise or anticlockwise of one that spins or circles; else
    "". travel: how far the path reaches, in heights.
    """

    kind: str
    direction: str
    travel: float


def motion_of(track, angles, period, height):
    """The motion of a track.

    angles: float [T], degrees, in frames where the thing is seen; period: after how many its shape is the same.
    """
    seen = track.seen
    time = numpy.flatnonzero(seen) / (len(seen) - 1)
    path = track.centres[seen] / height
    travel = float(numpy.hypot(*(numpy.percentile(path, 96, axis=0) - numpy.percentile(path, 4, axis=0))))
    if travel < REST:
        turn = float(turned(angles, period)[-1]) if period > 1 else 0.0
        kind = resting_kind(time, track.areas[seen], turn)
        return Motion(kind, way_round(turn) if kind == "spinning" else "", travel)
    residuals = {"moving": straight(time, path), "bouncing": hopping(time, path), "circling": round_about(time, path)}
    bent = min(("bouncing", "circling"), key=residuals.get)
    kind = bent if residuals[bent] < CURVE * residuals["moving"] and residuals["moving"] > 0.06 * travel else "moving"
    if residuals[kind] > STRAY * travel:
        return Motion("unclear", "", travel)
    ways = {"moving": lambda: direction_of(time, path), "circling": lambda: way_round(swept(path)), "bouncing": str}
    return Motion(kind, ways[kind](), travel)


def way_round(turn):
    """The name of a turn's sign: y is down, so that a positive one is clockwise."""
    return "clockwise" if turn > 0 else "anticlockwise"


def swept(path):
    """Twice the area that a path [T, 2] goes round, positive clockwise."""
    x, y = (path - path.mean(0)).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def resting_kind(time, areas, turn):
    """What a thing does that stays where it is; `turn` is how far it turned, in degrees."""
    slope, start = numpy.polyfit(time, numpy.sqrt(areas), 1)
    ratio = max(start + slope, 1.0) / max(start, 1.0)
    if ratio > GROWTH:
        return "growing"
    if ratio < 1 / GROWTH:
        return "shrinking"
    return "spinning" if abs(turn) > SPIN else "standing still"


def rms(residual):
    """Root mean square length of the rows of [T, 2]."""
    return float(numpy.sqrt((residual**2).sum(1).mean()))


def fitted(basis, values):
    """What is left of `values` [T, k] after the best combination of the columns of `basis` [T, n]."""
    return values - basis @ numpy.linalg.lstsq(basis, values, rcond=None)[0]


def straight(time, path):
    """RMS distance of a path from an even motion along a line."""
    return rms(fitted(numpy.stack([numpy.ones_like(time), time], 1), path))


def hopping(time, path):
    """RMS distance of a path from hops: parabolas in y that begin again, an even motion in x."""
    line = numpy.stack([numpy.ones_like(time), time], 1)
    aside = fitted(line, path[:, :1])
    best = numpy.inf
    for rate in numpy.arange(1.0, 2.3, 0.06):
        for phase in numpy.arange(0, 1, 0.04):
            hop = (time * rate + phase) % 1.0
            basis = numpy.stack([numpy.ones_like(time), hop * (1 - hop)], 1)
            weights = numpy.linalg.lstsq(basis, path[:, 1], rcond=None)[0]
            if weights[1] < 0:  # y is down, so that a hop makes it smaller
                best = min(best, rms(numpy.concatenate([aside, (path[:, 1] - basis @ weights)[:, None]], 1)))
    return best


def round_about(time, path):
    """RMS distance of a path from a circle (or ellipse) that is run through evenly."""
    best = numpy.inf
    for rate in numpy.arange(0.55, 1.3, 0.05):
        turn = 2 * numpy.pi * rate * time
        basis = numpy.stack([numpy.ones_like(time), numpy.cos(turn), numpy.sin(turn)], 1)
        weights = numpy.linalg.lstsq(basis, path, rcond=None)[0]
        lengths = numpy.sort(numpy.linalg.svd(weights[1:], compute_uv=False))
        if lengths[0] > 0.35 * lengths[1]:  # a flat ellipse is a swing, not a circle
            best = min(best, rms(path - basis @ weights))
    return best


def direction_of(time, path):
    """left, right, up or down, whichever is nearest to where a path leads."""
    way = numpy.polyfit(time, path, 1)[0]
    return max(DIRECTIONS, key=lambda name: way @ numpy.array(DIRECTIONS[name], float))
