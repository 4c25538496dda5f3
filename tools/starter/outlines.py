"""Names the shape of a mask, and how far it is turned, by its overlap with templates."""

import dataclasses

import numpy

GRID = 40  # templates are GRID x GRID pixels
SIDE = 18.0  # of the square that has a template's area, in those pixels
TURN = 6  # degrees between two templates of a shape


def normalized(mask):
    """A mask moved to the middle of the grid and scaled to the templates' area.

    mask: bool [H, W], not empty. Returns float32 [GRID, GRID] of 0 and 1; each pixel is the mask's nearest.
    """
    y, x = numpy.nonzero(mask)
    step = numpy.sqrt(len(x)) / SIDE
    offsets = (numpy.arange(GRID) - (GRID - 1) / 2) * step
    rows = numpy.round(y.mean() + offsets).astype(int)
    columns = numpy.round(x.mean() + offsets).astype(int)
    height, width = mask.shape
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    picked = mask[rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
    return (picked & inside).astype(numpy.float32)


@dataclasses.dataclass
class Outlines:
    """Templates of all shapes, turned: `pixels` float32 [N, GRID * GRID], with the shape's index and angle of each."""

    shapes: list
    pixels: numpy.ndarray
    shape: numpy.ndarray
    angle: numpy.ndarray
    areas: list
    period: dict

    @staticmethod
    def draw(shapes, mask_of, period, radius):
        """`mask_of(shape, degrees)` gives bool [H, W], drawn with this radius in pixels.

        `period[shape]` is the angle in degrees after which it is the same; 1 if it always is. `areas` are then each
        shape's in squared radii.
        """
        pixels, kinds, angles = [], [], []
        for kind, shape in enumerate(shapes):
            for angle in range(0, max(period[shape], 1), TURN):
                pixels.append(normalized(mask_of(shape, angle)).ravel())
                kinds.append(kind)
                angles.append(angle)
        areas = [mask_of(shape, 0).sum() / radius**2 for shape in shapes]
        return Outlines(list(shapes), numpy.stack(pixels), numpy.array(kinds), numpy.array(angles), areas, period)

    def overlaps(self, masks):
        """Intersection over union with each template: list of bool [H, W] -> float32 [masks, N]."""
        given = numpy.stack([normalized(mask).ravel() for mask in masks])
        shared = given @ self.pixels.T
        return shared / (given.sum(1)[:, None] + self.pixels.sum(1) - shared)

    def name(self, masks):
        """The shape that the masks of a track overlap most, and the mean overlap with it.

        The half of the masks counts that is clearest, since motion blurs the others. Returns the shape's index and a
        float in 0..1.
        """
        overlap = self.overlaps(masks)
        best = numpy.stack([overlap[:, self.shape == kind].max(1) for kind in range(len(self.shapes))], 1)
        clearest = numpy.argsort(-best.max(1))[: (len(best) + 1) // 2]
        mean = best[clearest].mean(0)
        return int(mean.argmax()), float(mean.max())

    def angles(self, masks, shape):
        """How far a shape is turned in each mask, in degrees within its period: float [masks]."""
        chosen = self.shape == shape
        return self.angle[chosen][self.overlaps(masks)[:, chosen].argmax(1)].astype(float)


def turned(angles, period):
    """The angle turned since the first frame, no step taken for more than half a period: float [T], degrees."""
    step = (numpy.diff(angles) + period / 2) % period - period / 2
    return numpy.concatenate([[0], numpy.cumsum(step)])
