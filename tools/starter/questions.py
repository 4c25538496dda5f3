"""Draws what an exam asks: scenes, their prompts, and stills for the clips that go on from one."""

import dataclasses
import json
import random

from .captions import PLACES, caption
from .world import SIZES, Scene, causal_scene, embellished_scene, related_scene, sample_scene, simple_scene

SHARES = {  # of the prompts, by the world that a checkpoint was trained on
    0: {"seen": 0.75, "still": 0.25},
    1: {"seen": 0.35, "held out": 0.2, "still": 0.15, "two things": 0.1, "cause": 0.15, "surroundings": 0.05},
}
KINDS = {"two things": related_scene, "cause": causal_scene, "surroundings": embellished_scene}
# Version 0: its radii, and how far its things move in a clip against those of version 1.
SIZES_0 = {"small": 0.115, "medium": 0.165, "large": 0.235}
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
    """`count` questions, the same for the same seed; training never draws scenes this way."""
    generator = random.Random(f"exam {seed}")
    questions = []
    for group, share in SHARES[world.version].items():
        for index in range(max(1, round(count * share))):
            scene = world.fitted(scene_of(group, world, generator))
            name = f"{group.replace(' ', '-')}-{index:03d}"
            questions.append(Question(name, group, scene, world.words(scene, generator)))
    return questions


def scene_of(group, world, generator):
    """A scene of the group; all but "held out" hold only combinations that training may have shown."""
    if group == "held out":
        return sample_scene(generator, held_out=True)
    while True:
        scene = KINDS.get(group, simple_scene)(generator)
        # Version 0 was trained on every combination.
        if world.version == 0 or not scene.held_out():
            return scene
