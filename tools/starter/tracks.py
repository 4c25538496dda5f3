"""Where the things of a scene are in every frame."""
import dataclasses
import functools
import math

import numpy as np

from .shapes import FOOT, HALF_WIDTH, signed_distance
from .world import ROUND, SIZES, Scene, Thing, room

GROUND = 0.36   # y of the line that things of cause-and-effect scenes stand on
START = 0.60    # |x| from which the first thing of such a scene starts, and which nothing in it passes
STRUCK = {"bounce": 0.30, "push": 0.06, "topple": 0.22}  # |x| of the second thing
PAN = 0.34      # how far the camera pans in a clip
ZOOM = 1.4      # how much larger things are at the near end of a zoom
ROLL = 1.0 / 1.2  # turn of a rolling thing in radians per radius moved; less than 1 so that blur leaves the stripe


@dataclasses.dataclass(frozen=True)
class Path:
    """A thing's centre, size and turn at given times: arrays [T], in fractions of the picture's height and radians."""
    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    angle: np.ndarray


@dataclasses.dataclass(frozen=True)
class Track:
    """A thing in every frame: arrays [T]; x, y, radius in pixels (x right, y down), angle in radians clockwise.

    visible: the share of the thing's area inside the picture and not covered by the other thing.
    """
    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    angle: np.ndarray
    visible: np.ndarray


@dataclasses.dataclass(frozen=True)
class Event:
    """What happens at a frame (a fraction where it is between two)."""
    kind: str
    frame: float


@dataclasses.dataclass(frozen=True)
class Tracks:
    """One track a thing, in the order of `Scene.things`, and the scene's events."""
    things: tuple[Track, ...]
    events: tuple[Event, ...]


def tracks(scene: Scene) -> Tracks:
    """Where everything is in every frame of a scene, as seen through its camera."""
    times = np.arange(scene.frames) / max(1, scene.frames - 1)
    paths = [seen_path(scene, index, times) for index in range(len(scene.things))]
    pixels = [Track(scene.width / 2 + path.x * scene.height, scene.height / 2 + path.y * scene.height,
                    path.radius * scene.height, path.angle, visible_share(scene, paths, index))
              for index, path in enumerate(paths)]
    events = (Event("contact", scene.cause.contact * (scene.frames - 1)),) if scene.cause else ()
    return Tracks(tuple(pixels), events)


def seen_path(scene: Scene, index: int, times: np.ndarray) -> Path:
    """A thing's path through the camera at `times` [T], each in [0, 1]."""
    path = causal_path(scene, index, times) if scene.cause else free_path(scene.things[index], times)
    shift, zoom = camera_at(scene.camera, times)
    # A camera that orbits keeps what it looks at nearly in its middle.
    share = 0.25 if scene.camera.startswith("orbit") else 1.0
    return Path((path.x - share * shift) * zoom, path.y * zoom, path.radius * zoom, path.angle)


def camera_at(camera: str, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far the camera has moved to the right, and its zoom, at `times`: arrays [T]."""
    still, change = np.zeros_like(times), times - 0.5
    if camera in ("pan left", "orbit left"):
        return -PAN * change, still + 1.0
    if camera in ("pan right", "orbit right"):
        return PAN * change, still + 1.0
    if camera == "zoom in":
        return still, ZOOM ** times
    if camera == "zoom out":
        return still, ZOOM ** (1.0 - times)
    return still, still + 1.0


def free_path(thing: Thing, times: np.ndarray) -> Path:
    """The path of a thing that nothing touches."""
    x, y = np.full_like(times, thing.x), np.full_like(times, thing.y)
    radius, angle = np.full_like(times, SIZES[thing.size]), np.full_like(times, thing.tilt)
    width, height = room(thing)
    change = (times - 0.5) * thing.speed
    if thing.motion in ("moving left", "moving right"):
        sign = 1 if thing.motion == "moving right" else -1
        x = x + sign * change * 2 * 0.76 * width
        angle = angle + rolled(thing, x)
    elif thing.motion in ("moving up", "moving down"):
        y = y + (1 if thing.motion == "moving down" else -1) * change * 2 * 0.88 * height
    elif thing.motion == "bouncing":
        hop = (times * 1.8 * thing.speed + thing.phase) % 1.0
        y = 0.95 * height * (1.0 - 2.0 * 4.0 * hop * (1.0 - hop))
    elif thing.motion == "circling":
        turned = 2 * math.pi * (thing.turn * times * thing.speed + thing.phase)
        x, y = x * 0.7 + 0.9 * height * np.cos(turned), 0.9 * height * np.sin(turned)
    elif thing.motion == "growing":
        radius = radius * (0.6 + 0.8 * times)
    elif thing.motion == "shrinking":
        radius = radius * (1.4 - 0.8 * times)
    elif thing.motion == "spinning":
        angle = angle + thing.turn * 2 * math.pi * 0.6 * thing.speed * times
    return Path(x, y, radius, angle)


def rolled(thing: Thing, x: np.ndarray) -> np.ndarray:
    """How far a round thing has turned when it has rolled to `x`, in radians; 0 for others, which slide."""
    return ROLL * x / SIZES[thing.size] if thing.shape in ROUND else np.zeros_like(x)


def causal_path(scene: Scene, index: int, times: np.ndarray) -> Path:
    """The path of the thing that moves (index 0) or of the one that it touches (index 1)."""
    mover, struck = scene.things
    cause, thing = scene.cause, scene.things[index]
    # Told as if the mover came from the left; `sign` mirrors it where it comes from the right.
    sign = 1 if cause.direction == "right" else -1
    struck_x = STRUCK[cause.kind]
    touch_x = struck_x - touching_distance((mover.shape, mover.size), (struck.shape, struck.size))
    speed, left = (touch_x + START) / cause.contact, 1.0 - cause.contact
    after = np.maximum(0.0, times - cause.contact)
    y = np.full_like(times, GROUND - FOOT[thing.shape] * SIZES[thing.size])
    angle = np.zeros_like(times)
    if index == 0:
        back = min(0.8 * speed, (touch_x + START) / left) if cause.kind == "bounce" else 0.0
        x = touch_x - speed * np.maximum(0.0, cause.contact - times) - back * after
        angle = sign * rolled(thing, x)
    elif cause.kind == "push":
        x = struck_x + min(1.2 * speed, (START - struck_x) / left) * after
        angle = sign * rolled(thing, x)
    elif cause.kind == "topple":
        x, y, fallen = toppled(thing, struck_x, np.minimum(1.0, after / 0.3) ** 2)
        angle = sign * fallen
    else:
        x = np.full_like(times, struck_x)
    return Path(sign * x, y, np.full_like(times, SIZES[thing.size]), angle)


def toppled(thing: Thing, x: float, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre and angle of a thing at `x` that has fallen over to the right by a share [T] of a quarter turn.

    It turns around the far end of its foot.
    """
    angle = share * math.pi / 2
    pivot, foot = HALF_WIDTH[thing.shape] * SIZES[thing.size], FOOT[thing.shape] * SIZES[thing.size]
    return (x + pivot - pivot * np.cos(angle) + foot * np.sin(angle),
            GROUND - pivot * np.sin(angle) - foot * np.cos(angle), angle)


@functools.lru_cache(maxsize=None)
def touching_distance(mover: tuple[str, str], struck: tuple[str, str]) -> float:
    """How far apart along x the centres of two things (shape, size) are that stand on the same ground and touch."""
    (mover_shape, mover_size), (struck_shape, struck_size) = mover, struck
    grid = np.linspace(-1.15, 1.15, 47)
    local_x, local_y = np.meshgrid(grid, grid)
    inside = signed_distance(mover_shape, local_x, local_y) < 0.01
    ratio = SIZES[mover_size] / SIZES[struck_size]
    # The mover's points, in radii of the struck thing and from its centre's height.
    x = local_x[inside] * ratio
    y = (local_y[inside] - FOOT[mover_shape]) * ratio + FOOT[struck_shape]
    near, far = 0.0, 1.2 * (1.0 + ratio)
    for _ in range(14):
        middle = (near + far) / 2
        if np.min(signed_distance(struck_shape, x - middle, y)) < 0:
            near = middle
        else:
            far = middle
    return far * SIZES[struck_size]


def visible_share(scene: Scene, paths: list[Path], index: int) -> np.ndarray:
    """The share of a thing's area that is inside the picture and not behind another thing: [T]."""
    path, order = paths[index], scene.drawing_order()
    grid = np.linspace(-1.15, 1.15, 40)
    local_x, local_y = np.meshgrid(grid, grid)
    inside = signed_distance(scene.things[index].shape, local_x, local_y) < 0
    local_x, local_y = local_x[inside], local_y[inside]
    shares = np.empty(len(path.x))
    for frame in range(len(path.x)):
        cosine, sine = math.cos(path.angle[frame]), math.sin(path.angle[frame])
        x = path.x[frame] + path.radius[frame] * (local_x * cosine - local_y * sine)
        y = path.y[frame] + path.radius[frame] * (local_x * sine + local_y * cosine)
        seen = (np.abs(x) < 0.5 * scene.width / scene.height) & (np.abs(y) < 0.5)
        for other in order[order.index(index) + 1:]:
            seen &= distance_at(scene.things[other].shape, paths[other], frame, x, y) >= 0
        shares[frame] = seen.mean()
    return shares


def distance_at(shape: str, path: Path, frame: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Signed distance, in the thing's radii, from its outline in a frame at points given in the picture's units."""
    cosine, sine = math.cos(path.angle[frame]), math.sin(path.angle[frame])
    from_x, from_y = (x - path.x[frame]) / path.radius[frame], (y - path.y[frame]) / path.radius[frame]
    return signed_distance(shape, from_x * cosine + from_y * sine, from_y * cosine - from_x * sine)
