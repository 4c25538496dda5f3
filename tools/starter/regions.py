"""Groups labelled pixels into regions, and regions into tracks of things over time."""

import dataclasses

import numpy

LEAST = 120  # pixels of the smallest region that is taken for a thing; a flake of snow has 60
MAJOR = 0.3  # a region of this share of the largest of its colour is a thing of its own
SPECK = 0.04  # share of a region's area that what it encloses must have to be a hole
HIGHLIGHT = 0.12  # the same where the enclosed pixels are a thing's
SPOT = 0.4  # share of a thing's area below which what lies in its box is a spot on it
RIM = 6  # pixels around a thing that its glow and blur reach
LIVES = 0.5  # share of the frames that a thing must be seen in to be counted


@dataclasses.dataclass
class Track:
    """One thing over a clip of T frames; NaN in frames where it is not seen.

    colour: index in the palette. centres: float [T, 2], x and y in pixels. areas: float [T], pixels.
    masks: bool [T, H, W]. cut: bool [T], where the picture's border may hide a part of it.
    """

    colour: int
    centres: numpy.ndarray
    areas: numpy.ndarray
    masks: numpy.ndarray
    cut: numpy.ndarray

    @property
    def seen(self):
        """bool [T]"""
        return ~numpy.isnan(self.areas)


def box_sum(values, reach):
    """The sum over a square of 2 * reach + 1 pixels around each: [..., H, W] -> float32 [..., H, W]."""
    width = 2 * reach + 1
    border = [(0, 0)] * (values.ndim - 2) + [(reach + 1, reach)] * 2
    total = numpy.pad(values.astype(numpy.float32), border).cumsum(-1).cumsum(-2)
    below, above = total[..., width:, :], total[..., :-width, :]
    return below[..., width:] - below[..., :-width] - above[..., width:] + above[..., :-width]


def settle(labels, colours):
    """Lets each thing's pixel take the colour that most of its neighbours have; lone pixels are dropped.

    labels: int8 [T, H, W], -1 for background. Rims, where colours mix, so take the colour of what they surround.
    """
    present = [c for c in range(colours) if (labels == c).sum() >= LEAST * LIVES * len(labels)]
    if not present:
        return numpy.full_like(labels, -1)
    votes = numpy.stack([box_sum(labels == c, 2) for c in present])
    winner = numpy.array(present, numpy.int8)[votes.argmax(0)]
    return numpy.where((labels >= 0) & (votes.sum(0) >= 9), winner, -1).astype(numpy.int8)


def components(mask):
    """Connected regions (sides, not corners): bool [H, W] -> int32 [H, W], 0 outside, and how many there are."""
    height, width = mask.shape
    edge = numpy.diff(numpy.pad(mask, ((0, 0), (1, 1))).astype(numpy.int8), axis=1)
    rows, starts = numpy.nonzero(edge == 1)
    _, ends = numpy.nonzero(edge == -1)
    parent = list(range(len(rows)))

    def root(run):
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first = numpy.searchsorted(rows, numpy.arange(height + 1))
    for row in range(1, height):
        above, here = first[row - 1], first[row]
        while above < first[row] and here < first[row + 1]:
            if starts[above] < ends[here] and starts[here] < ends[above]:
                parent[root(here)] = root(above)
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    names = {}
    labels = numpy.zeros((height, width), numpy.int32)
    for run, (row, start, end) in enumerate(zip(rows, starts, ends)):
        labels[row, start:end] = names.setdefault(root(run), len(names) + 1)
    return labels, len(names)


def fill_holes(mask, things):
    """Fills what a region encloses, unless it is large enough to be a ring's hole.

    mask: bool [H, W], the region; things: bool [H, W], all pixels that are not the background's.
    """
    outside, count = components(numpy.pad(~mask, 1, constant_values=True))
    outside = outside[1:-1, 1:-1]
    sizes = numpy.bincount(outside.ravel(), minlength=count + 1)
    other = numpy.bincount(outside[things], minlength=count + 1) > 0.5 * sizes
    small = sizes < numpy.where(other, HIGHLIGHT, SPECK) * mask.sum()
    small[[0, 1]] = False  # 0 is the region itself; 1 holds the padded corner, so it lies outside
    return mask | small[outside]


def regions_of(mask, things):
    """The regions of one frame that are large enough, largest first: list of bool [H, W]."""
    labels, count = components(mask)
    sizes = numpy.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    thick = numpy.bincount(labels[box_sum(mask, 2) == 25], minlength=count + 1) > 0  # a rim is thin
    order = [index for index in numpy.argsort(-sizes) if sizes[index] >= LEAST and thick[index]]
    return [fill_holes(labels == index, things) for index in order]


def tracks_of(labels, colours):
    """The things of a clip, most often seen first: int8 [T, H, W] settled labels -> list of Track."""
    tracks = []
    for colour in range(colours):
        if (labels == colour).sum() < LEAST * LIVES * len(labels):
            continue
        frames = [regions_of(frame == colour, frame >= 0) for frame in labels]
        tracks += follow(frames, colour, labels.shape)
    lasting = sorted((t for t in tracks if t.seen.mean() >= LIVES), key=lambda t: -numpy.nansum(t.areas))
    return [t for index, t in enumerate(lasting) if not any(within(t, larger) for larger in lasting[:index])]


def within(small, large):
    """Whether a track is a spot on another one or at its rim, as a highlight, a shaded side or a glow is."""
    both = numpy.flatnonzero(small.seen & large.seen)
    if len(both) == 0 or numpy.median(small.areas[both] / large.areas[both]) > SPOT:
        return False
    inside = [small.masks[frame][box_of(large.masks[frame])].sum() / small.areas[frame] for frame in both]
    return numpy.mean(inside) > 0.9


def box_of(mask):
    """The rectangle around a mask and its rim, as slices of rows and columns."""
    rows, columns = numpy.flatnonzero(mask.any(1)), numpy.flatnonzero(mask.any(0))
    return (slice(max(rows[0] - RIM, 0), rows[-1] + 1 + RIM), slice(max(columns[0] - RIM, 0), columns[-1] + 1 + RIM))


def follow(frames, colour, shape):
    """Tracks of one colour from its regions in each frame.

    Where mostly one region stands out, all others are pieces of the same thing (it may be partly covered).
    """
    majors = [sum(region.sum() >= MAJOR * regions[0].sum() for region in regions) for regions in frames if regions]
    if not majors:
        return []
    count = max(1, min(2, int(numpy.median(majors))))
    tracks = [empty_track(colour, shape) for _ in range(count)]
    last = [None] * count
    for index, regions in enumerate(frames):
        if count == 1:
            groups = [numpy.any(regions, axis=0)] if regions else []
        else:
            groups = regions[:count]
        for track, mask in assigned(groups, last):
            last[track] = centre_of(mask)
            enter(tracks[track], index, mask)
    return tracks


def assigned(masks, last):
    """Pairs (track, mask) that keep the way small from where each track was last."""
    if len(last) == 1 or not masks:
        return [(0, mask) for mask in masks[:1]]
    centres = [centre_of(mask) for mask in masks]

    def way(order):
        return sum(numpy.hypot(*(centres[k] - last[t])) for k, t in enumerate(order) if last[t] is not None)

    orders = [(0, 1), (1, 0)] if len(masks) == 2 else [(0,), (1,)]
    return list(zip(min(orders, key=way), masks))


def empty_track(colour, shape):
    frames = shape[0]
    return Track(colour, numpy.full((frames, 2), numpy.nan), numpy.full(frames, numpy.nan),
                 numpy.zeros(shape, bool), numpy.zeros(frames, bool))


def enter(track, index, mask):
    """Puts a region into a track as what is seen of it in frame `index`."""
    track.centres[index] = centre_of(mask)
    track.areas[index] = mask.sum()
    track.masks[index] = mask
    track.cut[index] = mask[[0, -1]].any() or mask[:, [0, -1]].any()


def centre_of(mask):
    """x and y of a mask's centre, in pixels: float [2]."""
    y, x = numpy.nonzero(mask)
    return numpy.array([x.mean() + 0.5, y.mean() + 0.5])
