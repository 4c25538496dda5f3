"""How the camera moves, from how what lies behind the things moves."""

import dataclasses

import numpy

PARTS = 4  # of a clip, between whose ends the pictures are compared
SHIFTS = range(-24, 25)  # pixels that a pan may go in a part
ZOOMS = tuple(numpy.exp(numpy.linspace(-0.14, 0.14, 15)))  # how much larger things may become in a part
AT_REST = 0.5  # squared levels of 255 that pictures differ by where nothing moves
CLEARER = 0.85  # share of the difference that the best move must leave at most
PANNED = 0.15  # of the picture's height: a pan goes at least as far
ZOOMED = 1.15  # a zoom makes things larger, or smaller, by at least this factor
ALONG = 0.6  # share of the background's way that a thing goes at least while the camera pans past it


@dataclasses.dataclass(frozen=True)
class Move:
    """shift: how far the camera has gone to the right, in pixels; zoom: how much larger things look; float [T]."""

    shift: numpy.ndarray
    zoom: numpy.ndarray

    @staticmethod
    def none(frames):
        """A camera that stands still."""
        return Move(numpy.zeros(frames), numpy.ones(frames))


def move_of(frames, things) -> Move:
    """The camera's move in a clip.

    frames: uint8 [T, H, W, 3]; things: bool [T, H, W], pixels that are not the background's.
    """
    keys = numpy.linspace(0, len(frames) - 1, PARTS + 1).round().astype(int)
    pictures = [frames[key].astype(numpy.float32).mean(-1) for key in keys]
    free = [~things[key] for key in keys]
    shifts, zooms = [0.0], [1.0]
    for index in range(PARTS):
        shift, zoom = step(pictures[index], pictures[index + 1], free[index], free[index + 1])
        shifts.append(shifts[-1] + shift)
        zooms.append(zooms[-1] * zoom)
    time = numpy.arange(len(frames))
    panned = abs(shifts[-1]) >= PANNED * frames.shape[1]
    zoomed = max(zooms[-1], 1 / zooms[-1]) >= ZOOMED
    return Move(numpy.interp(time, keys, shifts) * panned, numpy.interp(time, keys, zooms) ** int(zoomed))


def step(before, after, free_before, free_after):
    """The pan (pixels, to the right) or the zoom that best makes one picture the other: (shift, 1) or (0, zoom)."""
    height, width = before.shape
    rows, columns = numpy.arange(1, height, 3), numpy.arange(width)
    after, free_after = after[rows], free_after[rows]

    def difference(shift, zoom):
        # Where each pixel of `after` was in `before`.
        source_rows = numpy.round((rows - height / 2 + 0.5) / zoom + height / 2 - 0.5).astype(int)
        source_columns = numpy.round((columns - width / 2 + 0.5) / zoom + width / 2 - 0.5 + shift).astype(int)
        inside = (source_columns >= 0) & (source_columns < width)
        inside_rows = (source_rows >= 0) & (source_rows < height)
        picked = numpy.ix_(source_rows.clip(0, height - 1), source_columns.clip(0, width - 1))
        valid = free_after & free_before[picked] & inside & inside_rows[:, None]
        if valid.sum() < len(rows) * width / 5:
            return numpy.inf
        return float(((after - before[picked]) ** 2)[valid].mean())

    still = difference(0, 1.0)
    if still < AT_REST:
        return 0, 1.0
    moves = [(shift, 1.0) for shift in SHIFTS] + [(0, zoom) for zoom in ZOOMS]
    best = min(moves, key=lambda move: difference(*move))
    return best if difference(*best) < CLEARER * still else (0, 1.0)


def camera_of(move: Move, tracks) -> str:
    """The camera's name in words of the world; `tracks` are those of the things before it."""
    shift, zoom = move.shift[-1], move.zoom[-1]
    if zoom != 1:
        return "zoom in" if zoom > 1 else "zoom out"
    if shift == 0:
        return "still"
    ways = [track.centres[track.seen][-1, 0] - track.centres[track.seen][0, 0] for track in tracks]
    kind = "pan" if not ways or numpy.median(ways) * -numpy.sign(shift) > ALONG * abs(shift) else "orbit"
    return f"{kind} {'right' if shift > 0 else 'left'}"


def steadied(track, move: Move, camera: str, size):
    """A track as a still camera would have seen it: centres and areas of things in a picture of size (width, height).

    What is orbited stays nearly in the middle, so that its own small way is taken for the camera's.
    """
    if camera == "still":
        return track
    middle = numpy.array(size) / 2
    centres = (track.centres - middle) / move.zoom[:, None]
    nearest = numpy.maximum(move.zoom, move.zoom / move.zoom[-1])
    shift = move.shift * (0.25 if camera.startswith("orbit") else 1.0)
    centres[:, 0] += shift
    return dataclasses.replace(track, centres=centres + middle, areas=track.areas / nearest**2)
