"""Names the shape of a thing that another one covers in part, by outlines that may go on beneath the other."""

import dataclasses

import numpy

from .regions import box_sum
from .shapes import signed_distance
from .world import ROUND, SHAPES

COARSE = 4  # pixels are looked at in squares of this side
TILTS = numpy.radians(numpy.arange(-18, 19, 6))  # what is partly covered is hardly turned
GROWN = numpy.array((0.95, 1.1, 1.25, 1.45, 1.7))  # how much larger a thing may be than what is seen of it
BENEATH = numpy.array((0.0, 0.15, 0.3, 0.5, 0.7, 0.9))  # radii that its centre may lie towards the cover
ASIDE = numpy.array((-0.3, -0.15, 0.0, 0.15, 0.3))  # radii that it may lie to the side of that
FINER = numpy.array((0.92, 0.96, 1.0, 1.04, 1.08))
NEARBY = numpy.array([(x, y) for x in (-0.1, -0.05, 0, 0.05, 0.1) for y in (-0.1, -0.05, 0, 0.05, 0.1)])
CLOSE = 4  # pixels within which masks touch
CLEAR = 0.85  # share of the largest area that is nearly all
SHARED = 20  # pixels that two outlines share if one covers the other
COVERED = 0.3  # share of the frames in which two things touch, from which one may cover the other


@dataclasses.dataclass(frozen=True)
class Fit:
    """shape, its overlap with the mask where nothing covers it (0..1), centre [2] and radius in pixels, tilt."""

    shape: str
    overlap: float
    centre: numpy.ndarray
    radius: float
    tilt: float


def touch(first, second):
    """Whether two tracks' masks touch in so many frames that one may cover the other."""
    both = numpy.flatnonzero(first.seen & second.seen)
    near = [(box_sum(first.masks[frame], CLOSE) * second.masks[frame]).any() for frame in both]
    return len(near) > 0 and numpy.mean(near) >= COVERED


def uncovered(track):
    """The track without the frames in which less of the thing is seen than nearly all that ever is."""
    clear = track.areas >= CLEAR * numpy.nanmax(track.areas)
    return dataclasses.replace(track, areas=numpy.where(clear, track.areas, numpy.nan),
                               centres=numpy.where(clear[:, None], track.centres, numpy.nan))


def fit(mask, cover):
    """The outline that agrees best with a mask bool [H, W] outside of what covers it, bool [H, W]: Fit."""
    height, width = (side // COARSE * COARSE for side in mask.shape)
    seen, hidden = (picture[:height, :width].reshape(height // COARSE, COARSE, width // COARSE, COARSE).mean((1, 3))
                    for picture in (mask, cover))
    y, x = (numpy.arange(side) * COARSE + COARSE / 2 for side in seen.shape)
    weight = 1 - hidden
    centre, beside = middle(mask), middle(cover)
    towards = (beside - centre) / max(numpy.hypot(*(beside - centre)), 1e-6)
    across = numpy.array((-towards[1], towards[0]))
    guess = numpy.sqrt(mask.sum() / 2.2)
    offsets = numpy.array([a * towards + b * across for a in BENEATH for b in ASIDE])
    picture = (x, y, seen, weight)
    coarse = [search(shape, guess * GROWN, centre, offsets, picture) for shape in SHAPES]
    likely = sorted(coarse, key=lambda found: -found.overlap)[:2]
    return max((search(found.shape, found.radius * FINER, found.centre, NEARBY, picture) for found in likely),
               key=lambda found: found.overlap)


def under(first, second):
    """Which of two masks bool [H, W] lies under the other (0 or 1), or None if their outlines share nothing."""
    y, x = (numpy.arange(side) + 0.5 for side in first.shape)
    outlines = [drawn(fit(*pair), x, y) > 0.5 for pair in ((first, second), (second, first))]
    shared = outlines[0] & outlines[1]
    owned = [(mask & shared).sum() for mask in (first, second)]
    return int(numpy.argmin(owned)) if max(owned) > SHARED else None


def drawn(found, x, y):
    """The outline of a fit, as a share of each pixel: float [H, W]."""
    return coverage(found.shape, found.radius, found.tilt, found.centre[None], x, y)[0]


def search(shape, radii, centre, offsets, picture):
    """The best of a shape's outlines with these radii, offset by [N, 2] radii from a centre: Fit."""
    best = Fit(shape, 0.0, centre, float(radii[0]), 0.0)
    for radius in radii:
        places = centre + radius * offsets
        for tilt in (0.0,) if shape in ROUND else TILTS:
            overlap, index = best_place(shape, radius, tilt, places, picture)
            if overlap > best.overlap:
                best = Fit(shape, overlap, places[index], float(radius), tilt)
    return best


def best_place(shape, radius, tilt, places, picture):
    """The place [N, 2] at which an outline overlaps most: its overlap and index."""
    x, y, seen, weight = picture
    share = coverage(shape, radius, tilt, places, x, y)
    shared = (numpy.minimum(share, seen) * weight).sum((1, 2))
    overlaps = shared / (numpy.maximum(share, seen) * weight).sum((1, 2))
    return float(overlaps.max()), int(overlaps.argmax())


def coverage(shape, radius, tilt, places, x, y):
    """How much of each square around x [w], y [h] outlines at places [N, 2] cover: float [N, h, w] in 0..1."""
    across = (x[None, None, :] - places[:, 0, None, None]) / radius
    down = (y[None, :, None] - places[:, 1, None, None]) / radius
    cosine, sine = numpy.cos(tilt), numpy.sin(tilt)
    distance = signed_distance(shape, across * cosine + down * sine, down * cosine - across * sine) * radius
    return numpy.clip(0.5 - distance / (x[1] - x[0]), 0, 1)


def middle(mask):
    """x and y of a mask's centre in pixels."""
    y, x = numpy.nonzero(mask)
    return numpy.array((x.mean() + 0.5, y.mean() + 0.5))
