"""What lies behind the things: seven scenes as functions of the point and the time."""
import math
import random

import numpy as np

PLAIN = {"gray": (0.56, 0.57, 0.59), "navy": (0.09, 0.12, 0.25), "beige": (0.80, 0.73, 0.62)}
HORIZON = {"field": 0.12, "sunset": 0.10, "checker": 0.08}  # y where the ground begins, in heights
CHANGING = ("night", "sunset")  # stars twinkle, waves roll: the others are the same at all times


def background(kind: str, seed: int, seconds: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Colours [H, W, 3] in [0, 1] at points x [H, W], y [H, W] (fractions of the height from the centre, y down)."""
    if kind in PLAIN:
        return _plain(PLAIN[kind], y)
    details = random.Random(seed)
    return {"night": _night, "field": _field, "sunset": _sunset, "checker": _checker}[kind](details, seconds, x, y)


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """first + (second - first) * share; colours [..., 3], share [...]."""
    return first + (second - first) * share[..., None]


def _colour(red, green, blue):
    return np.array((red, green, blue), np.float32)


def _plain(colour, y):
    return _colour(*colour) * (0.92 - 0.28 * y)[..., None]


def _night(details, seconds, x, y):
    picture = mix(_colour(0.02, 0.03, 0.11), _colour(0.16, 0.13, 0.30), np.clip(y + 0.5, 0, 1))
    for _ in range(18):
        star_x, star_y = details.uniform(-1.0, 1.0), details.uniform(-0.55, 0.55)
        size, phase = details.uniform(0.008, 0.012), details.uniform(0, 2 * math.pi)
        light = 0.5 + 0.2 * math.sin(4.0 * seconds + phase)
        # Only the few pixels that a star lights are touched: the others cost nothing.
        rows = np.flatnonzero(np.abs(y[:, 0] - star_y) < 4 * size)
        columns = np.flatnonzero(np.abs(x[0] - star_x) < 4 * size)
        if len(rows) and len(columns):
            part = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
            squared = (x[part] - star_x) ** 2 + (y[part] - star_y) ** 2
            picture[part] += (light * np.exp(-squared / (2 * size * size)))[..., None]
    return picture


def _field(details, _seconds, x, y):
    phase = details.uniform(0, 2 * math.pi)
    sky = mix(_colour(0.42, 0.64, 0.88), _colour(0.80, 0.88, 0.93), np.clip((y + 0.5) * 1.5, 0, 1))
    far = HORIZON["field"] - 0.04 + 0.04 * np.sin(3.1 * x + phase)
    near = HORIZON["field"] + 0.06 + 0.04 * np.sin(2.3 * x + 2.0 * phase + 1.0)
    hills = _colour(0.50, 0.66, 0.46) * np.ones_like(sky)
    grass = mix(_colour(0.44, 0.60, 0.30), _colour(0.27, 0.42, 0.20), np.clip((y - near) * 2.5, 0, 1))
    return mix(mix(sky, hills, _covered(y - far)), grass, _covered(y - near))


def _sunset(details, seconds, x, y):
    sun_x, phase = details.uniform(-0.45, 0.45), details.uniform(0, 2 * math.pi)
    horizon = HORIZON["sunset"]
    sky = mix(_colour(0.36, 0.26, 0.48), _colour(0.93, 0.66, 0.48), np.clip((y + 0.5) * 1.6, 0, 1) ** 1.5)
    from_sun = ((x - sun_x) ** 2 + (y - horizon) ** 2) / 0.045
    sky = mix(sky, _colour(1.0, 0.88, 0.66), 0.8 * np.exp(-from_sun))
    depth = np.clip((y - horizon) / (0.5 - horizon), 0, 1)
    wave = np.sin(30.0 * np.sqrt(depth + 0.02) - 2.6 * seconds + 0.7 * np.sin(4.0 * x + phase))
    sea = mix(_colour(0.62, 0.42, 0.42), _colour(0.20, 0.17, 0.34), depth)
    glitter = np.exp(-((x - sun_x) / (0.10 + 0.18 * depth)) ** 2)
    sea = sea + ((0.025 + 0.06 * glitter) * wave + 0.14 * glitter)[..., None] * _colour(1.0, 0.78, 0.6)
    return mix(sky, sea, _covered(y - horizon))


def _checker(details, _seconds, x, y):
    horizon, phase = HORIZON["checker"], details.uniform(0, 2)
    wall = mix(_colour(0.68, 0.72, 0.77), _colour(0.80, 0.81, 0.82), np.clip((y + 0.5) * 1.7, 0, 1))
    below = np.maximum(y - horizon, 0.012)
    across, along = 0.42 * x / below + phase, 0.42 / below
    # The far tiles fade to grey before they get finer than a pixel.
    edge = np.clip(0.02 / below, 0.05, 8.0)
    tiles = np.tanh(np.sin(across * math.pi) / edge) * np.tanh(np.sin(along * math.pi) / edge)
    floor = (0.52 + 0.19 * tiles)[..., None] * _colour(1.0, 0.97, 0.93)
    return mix(wall, floor, _covered(y - horizon))


def _covered(depth):
    # About two pixels wide at 160 lines.
    return np.clip(depth / 0.012 + 0.5, 0, 1)
