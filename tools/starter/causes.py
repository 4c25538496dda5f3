"""Whether a cause came before its effect: one thing moves, touches another, and something comes of it."""

import dataclasses

import numpy

from .outlines import turned

TOUCH = 5.0  # pixels between two things that touch, since outlines are soft
STIR = 0.03  # of the picture's height: what has gone farther has moved
FAR = 0.08  # of the picture's height: what an effect moves at least
FALLEN = 50.0  # degrees that a toppled thing has turned at least
EARLY = 1  # frames by which an effect may seem to come before the contact


@dataclasses.dataclass(frozen=True)
class Interplay:
    """What two things did. contact, onset: the frames of the touch and of the effect's beginning, None without.

    direction: where the first moved before the contact, "" if it did not. effect: bounce, push, topple or "".
    """

    contact: int | None
    onset: int | None
    direction: str
    effect: str

    @property
    def in_order(self):
        """Whether the effect came, and not before the contact."""
        return self.contact is not None and self.onset is not None and self.onset >= self.contact - EARLY


def interplay(mover, struck, period, height) -> Interplay:
    """What came of one thing's way to another; both are things of a sighting.

    period: degrees after which the struck one's shape is the same.
    """
    both = numpy.flatnonzero(mover.track.seen & struck.track.seen)
    if len(both) < 4:
        return Interplay(None, None, "", "")
    near = [frame for frame in both if gap(mover.track.masks[frame], struck.track.masks[frame]) <= TOUCH]
    contact = int(near[0]) if near else None
    x, struck_x = (thing.track.centres[both, 0] / height for thing in (mover, struck))
    meeting = len(both) - 1 if contact is None else int(numpy.searchsorted(both, contact))
    approach = x[meeting] - x[0]
    direction = "" if abs(approach) < FAR else "right" if approach > 0 else "left"
    way = numpy.sign(approach)
    pushed = way * (struck_x - struck_x[0])
    angle = numpy.abs(turned(struck.angles[both], period)) if period > 1 else numpy.zeros(len(both))
    onwards = way * (x - x[meeting])
    if angle.max() >= FALLEN:
        return Interplay(contact, first(both, (pushed > STIR) | (angle > FALLEN / 2)), direction, "topple")
    if pushed[-1] >= FAR:
        return Interplay(contact, first(both, pushed > STIR), direction, "push" if onwards[-1] < pushed[-1] else "")
    if onwards[-1] <= -FAR and numpy.abs(pushed).max() < FAR:
        return Interplay(contact, int(both[numpy.argmax(way * x)]), direction, "bounce")
    return Interplay(contact, None, direction, "")


def gap(first_mask, second_mask):
    """Pixels between two masks from side to side; negative where one is above a part of the other."""
    one, two = (numpy.flatnonzero(mask.any(0)) for mask in (first_mask, second_mask))
    return max(one[0] - two[-1], two[0] - one[-1]) - 1


def first(frames, happened):
    """The first of the frames in which something happened, or None."""
    found = numpy.flatnonzero(happened)
    return int(frames[found[0]]) if len(found) else None
