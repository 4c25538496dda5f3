"""Draws scenes: shaded things with soft shadows and motion blur before a background."""
import math
import random

import numpy as np

from .backgrounds import CHANGING, background
from .shapes import signed_distance
from .tracks import Path, camera_at, seen_path
from .world import COLOURS, Scene, Thing

SHUTTER = 0.5      # share of a frame's time that its motion blur covers
SUBFRAMES = (-0.5, 0.0, 0.5)  # moments of the open shutter, in shutter times from the frame's own
LIGHT = np.array((0.0, -0.6, 0.8), np.float32)   # from above and before: a mirrored clip is lit the same
GLANCE = np.array((0.0, -0.32, 0.947), np.float32)  # halfway between the light and the eye
DUSK = np.array((0.30, 0.33, 0.55), np.float32)   # what is left of a background's light at night
DUSK_THING = np.array((0.72, 0.74, 0.88), np.float32)
SHADOW_KINDS = {"gray": "wall", "navy": "wall", "beige": "wall", "night": "glow", "field": "ground",
                "sunset": "ground", "checker": "ground"}
SHADOW_GROUND = 0.42  # y of the line on which shadows on the ground lie


def render(scene: Scene, first: int = 0, count: int | None = None) -> np.ndarray:
    """The scene's clip, or `count` frames of it from the `first` on: uint8 [T, H, W, 3], red, green, blue."""
    count = scene.frames - first if count is None else count
    aspect = scene.width / scene.height
    y = ((np.arange(scene.height, dtype=np.float32) + 0.5) / scene.height - 0.5)[:, None]
    x = (((np.arange(scene.width, dtype=np.float32) + 0.5) / scene.width - 0.5) * aspect)[None, :]
    x, y = np.broadcast_arrays(x, y)
    steps = max(1, scene.frames - 1)
    times = np.arange(scene.frames) / steps
    moments = [times + SHUTTER * moment / steps for moment in SUBFRAMES]
    paths = [[seen_path(scene, index, at) for at in moments] for index in range(len(scene.things))]
    drops = weather_drops(scene)
    clip = np.empty((count, scene.height, scene.width, 3), np.uint8)
    still = None
    for frame in range(first, first + count):
        picture = still_background(scene, times, frame, x, y) if still is None else still
        if scene.camera == "still" and scene.background not in CHANGING:
            still = picture
        picture = picture.copy()
        night = smooth(times[frame]) if scene.light == "day to night" else 0.0
        if night:
            picture *= 1.0 + (DUSK - 1.0) * np.float32(night)
        for index in scene.drawing_order():
            draw_shadow(picture, scene, scene.things[index], paths[index][1], frame)
        for index in scene.drawing_order():
            draw_thing(picture, scene.things[index], paths[index], frame, 1.0 + (DUSK_THING - 1.0) * np.float32(night))
        draw_weather(picture, scene, drops, frame / scene.fps)
        clip[frame - first] = np.clip(picture, 0.0, 1.0) * 255.0 + 0.5
    return clip


def smooth(share: float) -> float:
    """0 to 1, slow at both ends."""
    return share * share * (3.0 - 2.0 * share)


def still_background(scene: Scene, times: np.ndarray, frame: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The background of one frame through the camera: [H, W, 3] in [0, 1]."""
    shift, zoom = camera_at(scene.camera, times[frame:frame + 1])
    shift, zoom = np.float32(shift[0]), np.float32(zoom[0])
    return background(scene.background, scene.seed, frame / scene.fps, x / zoom + shift, y / zoom)


def box_of(picture: np.ndarray, x: float, y: float, half_width: float, half_height: float):
    """The part of a picture [H, W, 3] around a point, and its pixels' offsets from the point in heights.

    Returns (part, from_x [1, w], from_y [h, 1]), or None where the part would be empty.
    """
    height, width = picture.shape[:2]
    aspect = width / height
    top = max(0, int((y - half_height + 0.5) * height))
    bottom = min(height, int((y + half_height + 0.5) * height) + 2)
    left = max(0, int((x - half_width + 0.5 * aspect) * height))
    right = min(width, int((x + half_width + 0.5 * aspect) * height) + 2)
    if top >= bottom or left >= right:
        return None
    from_y = (np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5) / height - 0.5 - np.float32(y)
    from_x = (np.arange(left, right, dtype=np.float32)[None, :] + 0.5) / height - 0.5 * aspect - np.float32(x)
    return picture[top:bottom, left:right], from_x, from_y


def turned(from_x: np.ndarray, from_y: np.ndarray, angle: float, radius: float):
    """Offsets in a thing's own frame, in its radii: two arrays [h, w]."""
    cosine, sine = np.float32(math.cos(angle) / radius), np.float32(math.sin(angle) / radius)
    return from_x * cosine + from_y * sine, from_y * cosine - from_x * sine


def draw_shadow(picture: np.ndarray, scene: Scene, thing: Thing, path: Path, frame: int):
    """Darkens what a thing keeps the light from, in place; in the night sky it glows instead."""
    x, y, radius, angle = (float(values[frame]) for values in (path.x, path.y, path.radius, path.angle))
    kind = SHADOW_KINDS[scene.background]
    if kind == "ground":
        height = max(0.0, SHADOW_GROUND - y)
        half_width, half_height = radius * (1.0 - 0.35 * height), 0.16 * radius
        box = box_of(picture, x, SHADOW_GROUND, 1.5 * half_width, 1.5 * half_height)
        if box:
            part, from_x, from_y = box
            share = np.clip(1.5 - np.sqrt((from_x / half_width) ** 2 + (from_y / half_height) ** 2), 0.0, 1.0)
            part *= (1.0 - 0.34 * share)[..., None]
        return
    if kind == "wall":
        y += 0.05
    box = box_of(picture, x, y, 1.5 * radius, 1.5 * radius)
    if not box:
        return
    part, from_x, from_y = box
    distance = signed_distance(thing.shape, *turned(from_x, from_y, angle, radius))
    share = np.clip(0.6 - distance / 0.5, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    if kind == "wall":
        part *= (1.0 - 0.36 * share)[..., None]
    else:
        part += (0.22 * share)[..., None] * np.array(COLOURS[thing.colour], np.float32)


def draw_thing(picture: np.ndarray, thing: Thing, moments: list[Path], frame: int, light: np.ndarray):
    """Draws a thing in place; its outline is the mean over the open shutter, its shading that of the frame itself.

    moments: its path at each of SUBFRAMES. light: what multiplies its colour, [3] or a number.
    """
    before, path, after = moments
    x, y, radius = float(path.x[frame]), float(path.y[frame]), float(path.radius[frame])
    blur_x, blur_y = abs(after.x[frame] - before.x[frame]), abs(after.y[frame] - before.y[frame])
    box = box_of(picture, x, y, 1.2 * radius + blur_x, 1.2 * radius + blur_y)
    if not box:
        return
    part, from_x, from_y = box
    pixel = 1.0 / picture.shape[0]
    covered = 0.0
    for moment in moments:
        local = turned(from_x + np.float32(x - moment.x[frame]), from_y + np.float32(y - moment.y[frame]),
                       float(moment.angle[frame]), float(moment.radius[frame]))
        distance = signed_distance(thing.shape, *local)
        covered = covered + np.clip(0.5 - distance * np.float32(moment.radius[frame] / (1.5 * pixel)), 0.0, 1.0)
        if moment is path:
            own, middle = local, distance
    shaded = shade(thing, own, from_x / radius, from_y / radius, middle) * light
    part += (shaded - part) * (covered / len(moments))[..., None]


def shade(thing: Thing, own, from_x: np.ndarray, from_y: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """A thing's lit surface: [h, w, 3]. Offsets and distances [h, w] are in its radii; `own` turns with it."""
    colour = np.array(COLOURS[thing.colour], np.float32)
    if thing.shape == "ball":
        height = np.sqrt(np.clip(1.0 - from_x ** 2 - from_y ** 2, 0.0, 1.0))
        normal_y, normal_z = from_y, height
        stripe = 1.0 - 0.30 * np.clip((0.20 - np.abs(own[0])) / 0.06 + 0.5, 0.0, 1.0)
    else:
        # A pillow: the surface falls off towards the outline, as a quarter of a circle.
        bevel = 0.24 if thing.shape == "ring" else 0.34
        slope = 1.0 - np.clip(-distance / bevel, 0.0, 1.0)
        across_y, across_x = np.gradient(distance)
        length = np.sqrt(across_x ** 2 + across_y ** 2) + 1e-6
        normal_y, normal_z = 0.8 * slope * across_y / length, np.sqrt(1.0 - 0.64 * slope ** 2)
        stripe = np.float32(1.0)
    lit = np.clip(normal_y * LIGHT[1] + normal_z * LIGHT[2], 0.0, 1.0)
    shine = np.clip(normal_y * GLANCE[1] + normal_z * GLANCE[2], 0.0, 1.0) ** 24
    if thing.shape != "ball":
        shine = shine * np.clip(slope * 3.0, 0.0, 1.0)
    return ((0.58 + 0.50 * lit) * stripe)[..., None] * colour + (0.30 * shine)[..., None]


def weather_drops(scene: Scene) -> np.ndarray:
    """Where rain or snow starts, and each drop's size: [N, 3] of x, y, size; empty in clear weather."""
    if scene.weather == "clear":
        return np.empty((0, 3))
    details = random.Random(scene.seed + 1)
    count = 26 if scene.weather == "rain" else 34
    return np.array([(details.uniform(-0.85, 0.85), details.uniform(0, 1), details.uniform(0.8, 1.3))
                     for _ in range(count)])


def draw_weather(picture: np.ndarray, scene: Scene, drops: np.ndarray, seconds: float):
    """Draws falling rain as streaks or snow as flakes, in place, over everything else."""
    rain = scene.weather == "rain"
    for x, y, size in drops:
        fall = (y + seconds * (1.25 if rain else 0.22) * size) % 1.1 - 0.55
        drift = 0.0 if rain else 0.02 * math.sin(3.0 * seconds + 40.0 * y)
        half_width, half_height = (0.007, 0.055 * size) if rain else (0.013 * size, 0.013 * size)
        box = box_of(picture, x + drift, fall, 1.5 * half_width, 1.5 * half_height)
        if box:
            part, from_x, from_y = box
            share = np.clip(1.5 - np.sqrt((from_x / half_width) ** 2 + (from_y / half_height) ** 2), 0.0, 1.0)
            part += ((0.40 if rain else 0.75) * share)[..., None] * (np.float32(0.92) - part)
