"""Says in plain English what a scene shows.

Of every list the first entry is the plain way to say it; the others are there so that free phrasing works. No word
stands in two lists of one table, so that what a caption says can be told from its words.
"""
import random

from .world import Scene, Thing

NOUNS = {
    "ball": ("ball", "ball", "sphere"),
    "square": ("square", "square", "block"),
    "triangle": ("triangle",),
    "star": ("star",),
    "ring": ("ring", "ring", "hoop"),
    "heart": ("heart",),
}
COLOUR_WORDS = {
    "red": ("red", "red", "crimson"),
    "orange": ("orange",),
    "yellow": ("yellow",),
    "green": ("green",),
    "blue": ("blue",),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink",),
    "white": ("white",),
    "cyan": ("cyan", "cyan", "turquoise"),
}
SIZE_WORDS = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("", "", "", "medium-sized"),
    "large": ("large", "large", "big", "huge"),
}
# Two forms each: "a ball <moving left>", "a ball <moves left>".
MOTION_WORDS = {
    "moving left": (("moving left", "moves left"), ("moving to the left", "moves to the left"),
                    ("gliding left", "glides left"), ("travelling to the left", "travels to the left")),
    "moving right": (("moving right", "moves right"), ("moving to the right", "moves to the right"),
                     ("gliding right", "glides right"), ("travelling to the right", "travels to the right")),
    "moving up": (("moving up", "moves up"), ("rising", "rises"), ("floating upwards", "floats upwards")),
    "moving down": (("moving down", "moves down"), ("sinking", "sinks"), ("floating downwards", "floats downwards")),
    "bouncing": (("bouncing", "bounces"), ("bouncing up and down", "bounces up and down"), ("jumping", "jumps")),
    "circling": (("circling", "circles"), ("moving in a circle", "moves in a circle"),
                 ("going round in a circle", "goes round in a circle")),
    "growing": (("growing", "grows"), ("getting bigger", "gets bigger"), ("growing larger", "grows larger")),
    "shrinking": (("shrinking", "shrinks"), ("getting smaller", "gets smaller")),
    "spinning": (("spinning", "spins"), ("rotating", "rotates"), ("turning around", "turns around")),
    "standing still": (("standing still", "stands still"), ("staying still", "stays still"), ("resting", "rests")),
}
PLACES = {
    "gray": ("on a plain gray background", "against a gray background", "before a gray wall", "on gray"),
    "navy": ("on a plain dark blue background", "against a dark blue background", "before a navy wall", "on navy"),
    "beige": ("on a plain beige background", "against a beige background", "before a beige wall", "on beige"),
    "night": ("in a starry night sky", "under the stars at night", "in the night sky", "in a sky full of stars"),
    "field": ("over a green field under a blue sky", "over a green field", "above a green meadow", "over the grass"),
    "sunset": ("over the sea at sunset", "above the ocean at sunset", "at sunset over the sea", "by the sea at dusk"),
    "checker": ("on a checkered floor", "above a checkered floor", "over a chequered floor", "over a checkerboard"),
}
RELATION_WORDS = {
    "left of": ("left of", "to the left of"),
    "right of": ("right of", "to the right of"),
    "above": ("above", "over the top of"),
    "below": ("below", "underneath"),
    "behind": ("behind", "partly hidden behind"),
    "in front of": ("in front of", "partly covering"),
}
# {first} and {second} are things, {moving} and {moves} what the first does, {way} is left or right.
CAUSE_WORDS = {
    "bounce": ("{first} {moving} bounces off {second}", "{first} {moves}, hits {second} and bounces back",
               "{first} {moves} into {second} and bounces off"),
    "push": ("{first} {moving} pushes {second} away", "{first} {moves}, hits {second} and pushes it to the {way}",
             "{first} {moves} and bumps into {second}, which gets pushed to the {way}"),
    "topple": ("{first} {moving} knocks over {second}", "{first} {moves}, hits {second} and knocks it over",
               "{first} {moves} and bumps into {second}, which falls over"),
}
CAMERA_WORDS = {
    "pan left": ("the camera pans left", "the camera pans to the left"),
    "pan right": ("the camera pans right", "the camera pans to the right"),
    "zoom in": ("the camera zooms in", "the view zooms in"),
    "zoom out": ("the camera zooms out", "the view zooms out"),
    "orbit left": ("the camera orbits left", "the camera orbits to the left"),
    "orbit right": ("the camera orbits right", "the camera orbits to the right"),
}
WEATHER_WORDS = {"rain": ("in the rain", "while it rains", "as rain falls"),
                 "snow": ("in the snow", "while it snows", "as snow falls")}
LIGHT_WORDS = {"day to night": ("as day turns to night", "while night falls", "as it gets dark")}
TURNS = {1: ("clockwise",), -1: ("anticlockwise", "anticlockwise", "counterclockwise")}


class _First:
    """Stands in for a random.Random where the plain form of everything is wanted: its 0 leaves a caption bare."""

    def choice(self, options):
        return options[0]

    def random(self):
        return 0.0


def plain_caption(scene: Scene) -> str:
    """The plain way to say what a scene shows; the same for the same scene always."""
    return caption(scene, _First())


def caption(scene: Scene, generator: random.Random) -> str:
    """One of many ways to say what a scene shows; all of them name everything that was asked for.

    Which way a thing spins or circles is left out now and then, as people do.
    """
    sentence = generator.random() >= 0.6  # "a ball moves left" instead of "a ball moving left"
    if scene.cause:
        body, separator = _cause(scene, generator), ", "
    elif scene.relation:
        body, separator = _relation(scene, generator), ", "
    else:
        thing = scene.things[0]
        body, separator = f"{named(thing, generator)} {_motion(thing, generator)[sentence]}", " "
    place = generator.choice(PLACES[scene.background])
    turned = sentence and generator.random() < 0.5
    text = (f"{place}, {body}" if turned else body + separator + place) + _extras(scene, generator)
    if generator.random() > 0.85:
        text = "a short video: " + text if sentence or separator == ", " else "a video of " + text
    if generator.random() > 0.7:
        text = text[0].upper() + text[1:]
    return text + "." if generator.random() > 0.75 else text


def named(thing: Thing, generator) -> str:
    """A thing's noun with its size and colour: "a small red ball"."""
    words = (generator.choice(SIZE_WORDS[thing.size]), generator.choice(COLOUR_WORDS[thing.colour]),
             generator.choice(NOUNS[thing.shape]))
    words = " ".join(word for word in words if word)
    return ("an " if words[0] in "aeiou" else "a ") + words


def _motion(thing, generator):
    forms = generator.choice(MOTION_WORDS[thing.motion])
    if thing.motion in ("spinning", "circling") and generator.random() < 0.7:
        turn = generator.choice(TURNS[thing.turn])
        return tuple(f"{form} {turn}" for form in forms)
    return forms


def _relation(scene, generator):
    first, second = scene.things
    words = generator.choice(RELATION_WORDS[scene.relation.kind])
    if first.motion == second.motion == "standing still":
        still = generator.choice(("both standing still", "both at rest"))
        return f"{named(first, generator)} {words} {named(second, generator)}, {still}"
    doing = f"{named(second, generator)} {_motion(second, generator)[0]}"
    if generator.random() < 0.7:
        return f"{named(first, generator)} {_motion(first, generator)[0]}, {words} {doing}"
    return f"{words} {doing}, {named(first, generator)} {_motion(first, generator)[1]}"


def _cause(scene, generator):
    first, second = scene.things
    moving, moves = _motion(first, generator)
    return generator.choice(CAUSE_WORDS[scene.cause.kind]).format(
        first=named(first, generator), second=named(second, generator), moving=moving, moves=moves,
        way=scene.cause.direction)


def _extras(scene, generator):
    extras = ""
    if scene.weather != "clear":
        extras += " " + generator.choice(WEATHER_WORDS[scene.weather])
    if scene.light != "day":
        extras += " " + generator.choice(LIGHT_WORDS[scene.light])
    if scene.camera != "still":
        extras += generator.choice((", ", " while ", " as ")) + generator.choice(CAMERA_WORDS[scene.camera])
    return extras
