"""The exam's figures against formulas."""

import random
import sys
import unittest

import numpy

from starter.motions import motion_of
from starter.outlines import turned
from starter.pixels import lab_of
from starter.questions import World, draw, draw_small
from starter.regions import Track, components, fill_holes
from starter.score import Rate, physics_score, psnr

WORLD_0 = World(0, 256, 160, 17, 12)
WORLD_1 = World(1, 256, 160, 33, 16)


def track_along(path, areas=None):
    """A track of a thing whose centre is at path [T, 2]."""
    frames = len(path)
    return Track(0, path, numpy.full(frames, 900.0) if areas is None else areas, numpy.zeros((frames, 1, 1), bool),
                 numpy.zeros(frames, bool))


class ScoresTest(unittest.TestCase):
    def test_wilson_intervals_are_those_of_the_formula(self):
        # Brown, Cai, DasGupta 2001: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n), at p = 1 its low end is
        # 1 / (1 + z²/n).
        low, high = Rate(10, 10).interval()
        self.assertAlmostEqual(low, 1 / (1 + 1.959964**2 / 10), 6)
        self.assertAlmostEqual(high, 1.0, 9)
        low, high = Rate(50, 100).interval()
        self.assertAlmostEqual(low + high, 1.0, 9)
        self.assertAlmostEqual(high - 0.5, 1.959964 / (2 * (100 + 1.959964**2) ** 0.5), 6)
        self.assertEqual(Rate(0, 0).interval(), (0.0, 1.0))

    def test_lab_of_white_red_and_black_is_that_of_srgb(self):
        # CIE 15:2004 with the sRGB matrix of IEC 61966-2-1.
        expected = [(100, 0, 0), (53.24, 80.09, 67.20), (0, 0, 0)]
        given = lab_of(numpy.array([(255, 255, 255), (255, 0, 0), (0, 0, 0)], numpy.uint8))
        numpy.testing.assert_allclose(given, expected, atol=0.1)

    def test_psnr_of_an_even_difference_is_that_of_its_square(self):
        picture = numpy.full((4, 4, 3), 100, numpy.uint8)
        self.assertAlmostEqual(psnr(picture, picture + 10), 10 * numpy.log10(255**2 / 100), 9)

    def test_a_clip_agrees_with_itself_and_one_that_stands_still_does_not(self):
        clip = numpy.zeros((5, 8, 8, 3), numpy.uint8)
        for frame in range(5):
            clip[frame, 2:4, frame : frame + 2] = 255
        self.assertEqual(physics_score(clip, clip), 1.0)
        self.assertLess(physics_score(numpy.repeat(clip[:1], 5, 0), clip), 0.0)

    def test_regions_are_connected_by_sides(self):
        mask = numpy.array([[1, 0, 1], [1, 1, 1], [0, 0, 0], [1, 0, 1]], bool)
        labels, count = components(mask)
        self.assertEqual(count, 3)
        self.assertEqual(labels[0, 0], labels[0, 2])
        self.assertNotEqual(labels[3, 0], labels[3, 2])

    def test_a_highlight_is_filled_and_a_rings_hole_is_not(self):
        y, x = numpy.mgrid[-30:31, -30:31]
        distance = numpy.hypot(x, y)
        ring, pierced = (distance < 25) & (distance > 12), (distance < 25) & (distance > 3)
        self.assertTrue((fill_holes(ring, ring) == ring).all())
        self.assertTrue(fill_holes(pierced, pierced)[30, 30])

    def test_turns_add_up_over_a_period(self):
        numpy.testing.assert_allclose(turned(numpy.array([60.0, 84, 18, 42]), 90), [0, 24, 48, 72])

    def test_motions_are_named_by_their_paths(self):
        time = numpy.linspace(0, 1, 33)
        still, noise = numpy.zeros(33), numpy.random.default_rng(1).normal(0, 0.5, (33, 2))
        turn = 2 * numpy.pi * time
        hop = (1.8 * time + 0.3) % 1
        paths = {("moving", "left"): (200 - 120 * time, still), ("moving", "down"): (still, 40 + 50 * time),
                 ("circling", "clockwise"): (40 * numpy.cos(turn), 40 * numpy.sin(turn)),
                 ("circling", "anticlockwise"): (40 * numpy.cos(turn), -40 * numpy.sin(turn)),
                 ("bouncing", ""): (still, 100 - 280 * hop * (1 - hop)), ("standing still", ""): (still, still)}
        for (kind, direction), path in paths.items():
            seen = motion_of(track_along(numpy.stack(path, 1) + noise), numpy.zeros(33), 360, 160)
            self.assertEqual((seen.kind, seen.direction), (kind, direction))
        wild = numpy.random.default_rng(2).normal(0, 30, (33, 2))
        self.assertEqual(motion_of(track_along(wild), numpy.zeros(33), 360, 160).kind, "unclear")
        grown = track_along(noise, (20 * (0.6 + 0.8 * time)) ** 2)
        self.assertEqual(motion_of(grown, numpy.zeros(33), 360, 160).kind, "growing")

    def test_an_exam_of_more_prompts_begins_with_those_of_fewer(self):
        few, more = ({question.name: question for question in draw(WORLD_1, count, 7)} for count in (20, 60))
        self.assertGreater(len(more), len(few))
        for name, question in few.items():
            self.assertEqual(more[name], question)

    def test_held_out_questions_hold_what_others_never_do(self):
        for question in draw(WORLD_1, 200, 3):
            self.assertEqual(question.scene.held_out(), question.group == "held out", question)

    def test_version_0_is_asked_in_its_own_words(self):
        words = set("a small large moving left right up down bouncing circling growing shrinking spinning standing still on "
                    "in over plain gray dark blue beige background starry night sky green field under the sea at sunset "
                    "checkered floor red orange yellow purple pink white cyan ball square triangle star ring heart"
                    .split())
        for question in draw(WORLD_0, 100, 5):
            self.assertLessEqual(set(question.prompt.split()), words)

    def test_no_question_of_the_small_exam_is_right_of_its_neighbours_clip(self):
        for world in (WORLD_0, WORLD_1):
            for seed in range(5):
                scenes = [question.scene for question in draw_small(world, seed)]
                for one, other in zip(scenes, scenes[1:] + scenes[:1]):
                    self.assertNotEqual(one.background, other.background)
                    self.assertNotEqual(one.things[0].colour, other.things[0].colour)


if __name__ == "__main__":
    random.seed(0)
    unittest.main(argv=sys.argv[:1])
