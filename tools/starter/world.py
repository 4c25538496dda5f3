"""What a clip of the starter's world shows: the truth that a prompt names.

Lengths are fractions of the picture's height. The origin is the picture's centre, x goes right, y goes down: at
256x160 the picture spans x in [-0.8, 0.8] and y in [-0.5, 0.5]. Time is u in [0, 1] from the first frame to the last.
"""
import dataclasses
import json
import random

COLOURS = {  # red, green, blue in [0, 1]
    "red": (0.86, 0.10, 0.13),
    "orange": (0.97, 0.52, 0.06),
    "yellow": (0.98, 0.88, 0.12),
    "green": (0.08, 0.62, 0.20),
    "blue": (0.10, 0.28, 0.90),
    "purple": (0.53, 0.16, 0.74),
    "pink": (0.98, 0.48, 0.72),
    "white": (0.97, 0.97, 0.97),
    "cyan": (0.10, 0.80, 0.86),
}
SHAPES = ("ball", "square", "triangle", "star", "ring", "heart")
SIZES = {"small": 0.165, "medium": 0.22, "large": 0.29}  # radius
DIRECTIONS = ("moving left", "moving right", "moving up", "moving down")
MOTIONS = DIRECTIONS + ("bouncing", "circling", "growing", "shrinking", "spinning", "standing still")
BACKGROUNDS = ("gray", "navy", "beige", "night", "field", "sunset", "checker")
RELATIONS = ("left of", "right of", "above", "below", "behind", "in front of")
CAUSES = ("bounce", "push", "topple")
CAMERAS = ("still", "pan left", "pan right", "zoom in", "zoom out", "orbit left", "orbit right")
WEATHERS = ("clear", "rain", "snow")
LIGHTS = ("day", "day to night")

ROUND = ("ball", "ring")  # they roll where they move, and their spin would not be seen
LANDSCAPES = ("night", "field", "sunset", "checker")  # a moving camera is seen against these only
WEATHER_BACKGROUNDS = ("gray", "navy", "field", "checker")
DUSK_BACKGROUNDS = ("gray", "beige", "field", "checker")

# Pairs that no training clip holds.
HELD_OUT_COLOURS = frozenset({("ball", "green"), ("square", "purple"), ("triangle", "blue"), ("star", "red"),
                              ("ring", "yellow"), ("heart", "cyan")})
HELD_OUT_MOTIONS = frozenset({("ball", "moving up"), ("square", "moving left"), ("triangle", "circling"),
                              ("star", "moving down"), ("ring", "growing"), ("heart", "moving right")})
HELD_OUT = HELD_OUT_COLOURS | HELD_OUT_MOTIONS


@dataclasses.dataclass(frozen=True)
class Thing:
    """One thing and what it does; what captions do not say (x, y, speed, phase, tilt) varies freely."""
    shape: str
    colour: str
    size: str
    motion: str
    x: float = 0.0      # where its path is centred
    y: float = 0.0
    speed: float = 1.0  # of its motion, 1 is usual
    phase: float = 0.0  # of bouncing and circling, in turns
    tilt: float = 0.0   # radians, clockwise, at u = 0
    turn: int = 1       # of spinning and circling: 1 clockwise, -1 anticlockwise

    def held_out(self) -> bool:
        """Whether no training clip holds a thing with this shape and colour, or with this shape and motion."""
        return (self.shape, self.colour) in HELD_OUT or (self.shape, self.motion) in HELD_OUT


@dataclasses.dataclass(frozen=True)
class Relation:
    """Where the first thing is, seen from the second: "the first is `kind` the second"."""
    kind: str


@dataclasses.dataclass(frozen=True)
class Cause:
    """The first thing moves towards the second and touches it at `contact`.

    bounce: the first goes back, the second stays. push: the first stops, the second moves on. topple: the first stops,
    the second falls on its side.
    """
    kind: str
    direction: str  # "left" or "right": where the first moves before the contact
    contact: float  # u of the contact


@dataclasses.dataclass(frozen=True)
class Scene:
    """One clip: things before a background; a relation or a cause where there are two things."""
    seed: int  # of the background's and the weather's details
    background: str
    things: tuple[Thing, ...]
    relation: Relation | None = None
    cause: Cause | None = None
    camera: str = "still"
    weather: str = "clear"
    light: str = "day"
    frames: int = 33
    fps: int = 16
    height: int = 160
    width: int = 256

    def held_out(self) -> bool:
        """Whether any thing is a combination that is never trained on."""
        return any(thing.held_out() for thing in self.things)

    def simple(self) -> bool:
        """One thing, a still camera, clear weather, daylight."""
        return len(self.things) == 1 and (self.camera, self.weather, self.light) == ("still", "clear", "day")

    def drawing_order(self) -> list[int]:
        """Indices of `things` from back to front."""
        order = list(range(len(self.things)))
        return order[::-1] if self.relation and self.relation.kind == "in front of" else order


def to_json(scene: Scene) -> str:
    """One line of JSON that `from_json` reads back to an equal scene."""
    return json.dumps(dataclasses.asdict(scene))


def from_json(text: str) -> Scene:
    """The scene that `to_json` wrote."""
    fields = json.loads(text)
    fields["things"] = tuple(Thing(**thing) for thing in fields["things"])
    fields["relation"] = fields["relation"] and Relation(**fields["relation"])
    fields["cause"] = fields["cause"] and Cause(**fields["cause"])
    return Scene(**fields)


def sample_scene(generator: random.Random, held_out: bool = False) -> Scene:
    """Draws a scene; with held_out its first thing is a combination that is never trained on, without none is.

    62 % are simple, 12 % add a camera move, weather or dusk, 12 % hold two related things, 14 % cause and effect.
    """
    kinds = (simple_scene, embellished_scene, related_scene, causal_scene)
    weights = (1, 0, 0, 0) if held_out else (62, 12, 12, 14)
    kind, = generator.choices(kinds, weights)
    while True:
        scene = kind(generator)
        if scene.held_out() == held_out:
            return scene


def sample_thing(generator: random.Random, motions=MOTIONS, shapes=SHAPES, sizes=tuple(SIZES)) -> Thing:
    """Draws a thing at the centre that does one of `motions`."""
    shape = generator.choice(shapes)
    if shape in ROUND:
        motions = [motion for motion in motions if motion != "spinning"]
    return Thing(shape, generator.choice(tuple(COLOURS)), generator.choice(sizes), generator.choice(motions),
                 speed=generator.uniform(0.92, 1.08), phase=generator.random(), tilt=generator.uniform(-0.2, 0.2),
                 turn=generator.choice((-1, 1)))


def room(thing: Thing) -> tuple[float, float]:
    """How far from the picture's centre a thing's centre may be, along x and y."""
    radius = SIZES[thing.size] * (1.4 if thing.motion in ("growing", "shrinking") else 1.0)
    return max(0.0, 0.8 - 1.12 * radius), max(0.0, 0.5 - 1.12 * radius)


def placed(generator: random.Random, thing: Thing) -> Thing:
    """The thing with its path centred anywhere that it does not leave the picture from."""
    width, height = room(thing)
    free_x = 0.15 if thing.motion in ("moving left", "moving right") else 0.75
    free_y = 0.0 if thing.motion in ("moving up", "moving down", "bouncing", "circling") else 0.8
    return dataclasses.replace(thing, x=generator.uniform(-1, 1) * free_x * width,
                               y=generator.uniform(-1, 1) * free_y * height)


def simple_scene(generator: random.Random) -> Scene:
    """One thing, nothing else happens."""
    thing = placed(generator, sample_thing(generator))
    return Scene(generator.randrange(1 << 30), generator.choice(BACKGROUNDS), (thing,))


def embellished_scene(generator: random.Random) -> Scene:
    """One thing, and a camera move, weather or dusk."""
    kind = generator.choice(("camera", "camera", "rain", "snow", "dusk"))
    if kind == "camera":
        thing = sample_thing(generator, ("standing still", "standing still", "spinning"), sizes=("small", "medium"))
        width, height = room(thing)
        thing = dataclasses.replace(thing, x=generator.uniform(-0.35, 0.35) * width,
                                    y=generator.uniform(-0.35, 0.35) * height)
        return Scene(generator.randrange(1 << 30), generator.choice(LANDSCAPES), (thing,),
                     camera=generator.choice(CAMERAS[1:]))
    scene = simple_scene(generator)
    if kind == "dusk":
        return dataclasses.replace(scene, light="day to night", background=generator.choice(DUSK_BACKGROUNDS))
    return dataclasses.replace(scene, weather=kind, background=generator.choice(WEATHER_BACKGROUNDS))


def different_colours(generator: random.Random, first: Thing, second: Thing) -> Thing:
    """`second` in a colour other than `first`'s, so that they can be told apart."""
    if second.colour != first.colour:
        return second
    others = [colour for colour in COLOURS if colour != first.colour]
    return dataclasses.replace(second, colour=generator.choice(others))


def related_scene(generator: random.Random) -> Scene:
    """Two things that keep to their sides, or of which one covers a part of the other."""
    relation = generator.choice(RELATIONS)
    if relation in ("left of", "right of"):
        motions = ("standing still",) * 3 + ("spinning", "moving up", "moving down", "bouncing", "growing", "shrinking")
        sizes = tuple(SIZES)
    elif relation in ("above", "below"):
        motions, sizes = ("standing still",) * 2 + ("spinning", "moving left", "moving right"), ("small", "medium")
    else:
        motions, sizes = ("standing still",), ("medium", "large")
    first = sample_thing(generator, motions, sizes=sizes)
    second = different_colours(generator, first, sample_thing(generator, motions, sizes=sizes))
    side = -1 if relation in ("left of", "above") else 1
    if relation in ("left of", "right of"):
        first = dataclasses.replace(first, x=side * 0.4, y=0.0)
        second = dataclasses.replace(second, x=-side * 0.4, y=0.0)
    elif relation in ("above", "below"):
        first = dataclasses.replace(first, x=generator.uniform(-0.2, 0.2), y=side * 0.25)
        second = dataclasses.replace(second, x=generator.uniform(-0.2, 0.2), y=-side * 0.25)
    else:
        first, second = overlapping(generator, first, second, relation)
    return Scene(generator.randrange(1 << 30), generator.choice(BACKGROUNDS), (first, second), Relation(relation))


def overlapping(generator: random.Random, first: Thing, second: Thing, relation: str) -> tuple[Thing, Thing]:
    """Two things of which one covers a part of the other; the hidden one passes behind in half of the clips."""
    back_shape = first.shape if relation == "behind" else second.shape
    motion = generator.choice(("standing still", "standing still", "moving left", "moving right"))
    side = generator.choice((-1, 1))
    gap = 0.7 * (SIZES[first.size] + SIZES[second.size])
    passing = motion != "standing still" and (back_shape, motion) not in HELD_OUT
    front = dict(x=0.0 if passing else side * gap / 2, y=0.06)
    back = dict(x=0.0 if passing else -side * gap / 2, y=-0.06, motion=motion if passing else "standing still")
    if relation == "behind":
        return dataclasses.replace(first, **back), dataclasses.replace(second, **front)
    return dataclasses.replace(first, **front), dataclasses.replace(second, **back)


def causal_scene(generator: random.Random) -> Scene:
    """One thing moves until it touches another, and something comes of it."""
    kind, direction = generator.choice(CAUSES), generator.choice(("left", "right"))
    struck = [shape for shape in SHAPES if shape not in ROUND] if kind == "topple" else SHAPES
    first = sample_thing(generator, ("moving " + direction,), sizes=("small", "medium"))
    sizes = tuple(SIZES) if kind == "bounce" else ("small", "medium")
    second = sample_thing(generator, ("standing still",), struck, sizes)
    second = different_colours(generator, first, second)
    return Scene(generator.randrange(1 << 30), generator.choice(BACKGROUNDS),
                 (dataclasses.replace(first, tilt=0.0), dataclasses.replace(second, tilt=0.0)),
                 cause=Cause(kind, direction, round(generator.uniform(0.36, 0.46), 3)))
