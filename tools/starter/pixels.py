"""Tells the pixels of things from those of backgrounds, by colours learnt from rendered clips.

Colours are compared in CIE L*a*b*, where a distance of 2 is just seen. To be quick, a clip's pixels are looked up in
a table of 32 x 32 x 32 cells of RGB.
"""

import dataclasses

import numpy

LEVELS = 32  # cells along each of R, G and B
CELLS = LEVELS**3
BANDS = 10  # a background's colours are learnt for each band of rows
RARE_BEHIND = 2e-4  # share of a background's pixels below which a cell is taken for an accident
RARE_ON = 2e-3  # the same of a thing's: a highlight is white, whatever the colour
FAR = 200.0  # a distance in L*a*b* beyond all that occur
SEEN = 6.0  # distance to all of a background's colours at which a pixel may be a thing's


def lab_of(rgb):
    """CIE L*a*b* (D65) of sRGB colours: uint8 or float in 0..255 [..., 3] -> float32 [..., 3]."""
    value = numpy.asarray(rgb, numpy.float32) / 255
    linear = numpy.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], numpy.float32)
    xyz = linear @ to_xyz.T / numpy.array([0.9505, 1.0, 1.089], numpy.float32)
    root = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return numpy.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(numpy.float32)


def cell_of(rgb):
    """The table's cell of each pixel: uint8 [..., 3] -> int32 [...]."""
    level = rgb.astype(numpy.int32) >> 3
    return (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]


def cell_colours():
    """The L*a*b* colour in the middle of each cell: float32 [CELLS, 3]."""
    level = (numpy.arange(LEVELS) * 8 + 3.5).astype(numpy.float32)
    return lab_of(numpy.stack(numpy.meshgrid(level, level, level, indexing="ij"), -1).reshape(-1, 3))


def distances(counts, rare):
    """How far each cell lies from the cells that a class is often seen in.

    counts: int [CELLS], the class' pixels by cell. Returns float32 [CELLS], FAR if there are none.
    """
    colours = cell_colours()
    often = colours[counts > rare * max(counts.sum(), 1)]
    nearest = numpy.full(CELLS, FAR, numpy.float32)
    if len(often) == 0:
        return nearest
    squares = (colours**2).sum(1)
    for start in range(0, len(often), 64):
        part = often[start : start + 64]
        gap = squares[:, None] - 2 * colours @ part.T + (part**2).sum(1)
        nearest = numpy.minimum(nearest, numpy.sqrt(numpy.maximum(gap.min(1), 0)))
    return nearest


@dataclasses.dataclass
class Palette:
    """What is known of colours; distances are in L*a*b*.

    settings: (background, light) pairs. scenes: float32 [settings, BANDS, CELLS]. things: for each light, float32
    [colours, CELLS].
    """

    colours: tuple
    settings: tuple
    scenes: numpy.ndarray
    things: dict

    @staticmethod
    def learn(examples, colours):
        """`examples` yields (frames uint8 [T, H, W, 3], owner int8 [T, H, W], colour of each thing, setting).

        An owner is a thing's index, -1 for the background, -2 for a pixel of both.
        """
        things, scenes = {}, {}
        for frames, owner, worn, setting in examples:
            cells = cell_of(frames)
            counts = things.setdefault(setting[1], numpy.zeros((len(colours), CELLS), numpy.int64))
            for index, colour in enumerate(worn):
                counts[colours.index(colour)] += numpy.bincount(cells[owner == index], minlength=CELLS)
            band = numpy.broadcast_to(band_of(frames.shape[1])[None, :, None], cells.shape)
            free = owner == -1
            key = band[free] * CELLS + cells[free]
            seen = numpy.bincount(key, minlength=BANDS * CELLS).reshape(BANDS, CELLS)
            scenes[setting] = scenes.get(setting, 0) + seen
        settings = tuple(sorted(scenes))
        return Palette(tuple(colours), settings,
                       numpy.stack([[distances(row, RARE_BEHIND) for row in scenes[key]] for key in settings]),
                       {light: numpy.stack([distances(row, RARE_ON) for row in counts])
                        for light, counts in things.items()})

    def setting_of(self, frames):
        """The index of the setting that explains most pixels of a clip, and the share that it explains."""
        some = frames[:: max(1, len(frames) // 8), ::2, ::2]
        cells = cell_of(some)
        band = numpy.broadcast_to(band_of(some.shape[1])[None, :, None], cells.shape)
        explained = [numpy.exp(-((scene[band, cells] / SEEN) ** 2)).mean() for scene in self.scenes]
        best = int(numpy.argmax(explained))
        return best, float(explained[best])

    def label(self, frames, setting):
        """Which colour's thing each pixel belongs to: int8 [T, H, W], -1 where it is the background's."""
        cells = cell_of(frames)
        band = band_of(frames.shape[1])[None, :, None]
        behind = self.scenes[setting][band, cells]
        near = self.things[self.settings[setting][1]]
        colour, nearest = near.argmin(0).astype(numpy.int8), near.min(0)
        thing = (behind > SEEN) & (nearest[cells] < behind)
        return numpy.where(thing, colour[cells], numpy.int8(-1))


def band_of(height):
    """The band of each row: int [H]."""
    return numpy.arange(height) * BANDS // height
