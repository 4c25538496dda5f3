"""Draws what an exam asks: scenes, their prompts, and stills for the clips that go on from one."""

import dataclasses
import json
import random

from .captions import PLACES, caption
from .tracks import tracks
from .world import BACKGROUNDS, COLOURS, SIZES, Scene, causal_scene, embellished_scene, related_scene, sample_scene, simple_scene

SHARES = {  # of the prompts, by the world that a checkpoint was trained on
    0: {"seen": 0.75, "still": 0.25},
    1: {"seen": 0.35, "held out": 0.2, "still": 0.15,
        "two things": 0.1, "cause": 0.15, "surroundings": 0.05},
}
KINDS = {"two things": related_scene, "cause": causal_scene, "surroundings": embellished_scene}
# Version 0: its radii, and how far its things move in a clip against those of version 1.
SIZES_0 = {"small": 0.115, "medium": 0.165, "large": 0.235}
COVERED = 0.96  # share of a thing that is seen at most where it lies behind another
SPEED_0 = 0.64


@dataclasses.dataclass(frozen=True)
class World:
    """What a checkpoint was trained on: `version` 0 knows single things in fixed words, 1 all of `world.py`."""

    version: int
    width: int
    height: int
    frames: int
    fps: float

    @staticmethod
    def of(model, version=None):
        """Reads the clips' format, and the version unless given, of a model folder's generation_config.json."""
        settings = json.loads((model / "generation_config.json").read_text())
        known = settings.get("world", 0) if version is None else version
        return World(known, settings["width"], settings["height"], settings["num_frames"], settings["fps"])

    def sizes(self, group):
        """Radius of each size class in a group's clips, in heights; what is rendered is of version 1 always."""
        return SIZES if self.version or group not in ("seen", "held out") else SIZES_0

    def fitted(self, scene: Scene) -> Scene:
        """The scene in the format of the checkpoint's clips."""
        things = scene.things
        if self.version == 0:
            things = tuple(dataclasses.replace(thing, speed=thing.speed * SPEED_0) for thing in things)
        return dataclasses.replace(scene, things=things, frames=self.frames, fps=self.fps, height=self.height,
                                   width=self.width)

    def words(self, scene: Scene, generator) -> str:
        """A prompt for the scene, in words that the checkpoint was trained on."""
        if self.version:
            return caption(scene, generator)
        thing, = scene.things
        size = "" if thing.size == "medium" else thing.size + " "
        return f"a {size}{thing.colour} {thing.shape} {thing.motion} {PLACES[scene.background][0]}"


@dataclasses.dataclass(frozen=True)
class Question:
    """One prompt; `group` is a key of SHARES, "still" if the clip goes on from the scene's first frame."""

    name: str
    group: str
    scene: Scene
    prompt: str


def draw(world: World, count: int, seed: int) -> list:
    """`count` questions, the same for the same seed, and the first of more; training never draws scenes this way."""
    questions = []
    for group, share in SHARES[world.version].items():
        for index in range(max(1, round(count * share))):
            generator = random.Random(f"exam {seed} {group} {index}")
            scene = world.fitted(scene_of(group, world, generator))
            name = f"{group.replace(' ', '-')}-{index:03d}"
            questions.append(Question(name, group, scene, world.words(scene, generator)))
    return questions


def draw_small(world: World, seed: int) -> list:
    """Eight questions of which no two that follow one another share a background or a colour; the last has a still.

    So each of them is wrong of any other's clip.
    """
    colours = [colour for colour in COLOURS if colour != "white"]  # it hides on the checkered floor
    random.Random(f"small exam {seed}").shuffle(colours)
    questions = []
    for index, (background, colour) in enumerate(zip(BACKGROUNDS + BACKGROUNDS[3:4], colours)):
        generator = random.Random(f"small exam {seed} {index}")
        group = "still" if index == len(BACKGROUNDS) else "seen"
        while True:
            scene = scene_of("seen", world, generator)
            thing = dataclasses.replace(scene.things[0], colour=colour)
            scene = world.fitted(dataclasses.replace(scene, background=background, things=(thing,)))
            if world.version == 0 or not scene.held_out():
                break
        questions.append(Question(f"small-{index}", group, scene, world.words(scene, generator)))
    return questions


def scene_of(group, world, generator):
    """A scene of the group; all but "held out" hold only combinations that training may have shown."""
    while True:
        kind = KINDS.get(group, simple_scene)
        scene = sample_scene(generator, held_out=True) if group == "held out" else kind(generator)
        # Version 0 was trained on every combination.
        trained = world.version == 0 or scene.held_out() == (group == "held out")
        if trained and not hidden(scene):
            return scene


def hidden(scene):
    """Whether no detector could see what a scene says.

    White things' outlines are not found on grey tiles; a thing of which next to nothing is covered is not seen to lie
    behind another.
    """
    if scene.background == "checker" and any(thing.colour == "white" for thing in scene.things):
        return True
    if scene.relation is None or scene.relation.kind not in ("behind", "in front of"):
        return False
    back = 0 if scene.relation.kind == "behind" else 1
    return bool(tracks(scene).things[back].visible.min() > COVERED)
