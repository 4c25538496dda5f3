"""The exam's detectors, on real renders of scenes that they did not learn from."""

import collections
import random
import sys
import unittest

from starter.calibrate import learn
from starter.detect import look
from starter.questions import hidden
from starter.render import render
from starter.score import marks_of
from starter.world import causal_scene, embellished_scene, related_scene, simple_scene

# 200 scenes in the shares in which the world draws them.
SCENES = {simple_scene: 124, embellished_scene: 24, related_scene: 24, causal_scene: 28}
ALLOWED = 0.01  # share of wrong marks


def drawn(kind, count, seed):
    """Scenes whose things a detector can find."""
    generator = random.Random(seed)
    scenes = []
    while len(scenes) < count:
        scene = kind(generator)
        if not hidden(scene):
            scenes.append(scene)
    return scenes


class DetectorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.knowledge = learn()

    def test_they_name_all_attributes_of_real_renders_but_for_one_in_a_hundred(self):
        wrong, total, faults = collections.Counter(), collections.Counter(), []
        for kind, count in SCENES.items():
            for scene in drawn(kind, count, f"detectors {kind.__name__}"):
                for name, value in marks_of(scene, look(render(scene), self.knowledge)).items():
                    if isinstance(value, float) or name in ("joint", "colour, shape, motion"):
                        continue
                    total[name] += 1
                    if not value:
                        wrong[name] += 1
                        faults.append(f"{name}: {scene}")
        for name, count in total.items():
            # Of few marks one may be wrong: a share of 0.01 is not seen in 24.
            self.assertLessEqual(wrong[name], max(1, ALLOWED * count), "\n".join(faults))

    def test_they_see_a_clip_run_backwards_go_the_other_way(self):
        opposite = {"left": "right", "right": "left", "up": "down", "down": "up"}
        scenes = [scene for scene in drawn(simple_scene, 40, "backwards") if scene.things[0].motion in
                  ("moving left", "moving right", "moving up", "moving down")]
        self.assertGreater(len(scenes), 8)
        for scene in scenes:
            thing, = look(render(scene)[::-1], self.knowledge).things
            self.assertEqual(thing.motion.direction, opposite[scene.things[0].motion.split()[1]], scene)

    def test_they_see_no_cause_before_its_effect_where_time_runs_backwards(self):
        for scene in drawn(causal_scene, 15, "effects"):
            if scene.cause.kind == "bounce":
                continue  # run backwards it is a bounce
            marks = marks_of(scene, look(render(scene)[::-1], self.knowledge))
            self.assertFalse(marks["cause first"], scene)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
