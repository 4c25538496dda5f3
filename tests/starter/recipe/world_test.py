"""The starter's world: what is drawn is where the tracks say, and what is held out is never drawn."""

import dataclasses
import random
import unittest

import numpy as np

from starter.render import render
from starter.shapes import signed_distance
from starter.tracks import tracks
from starter.world import HELD_OUT, MOTIONS, ROUND, SHAPES, Cause, Scene, Thing, from_json, sample_scene, to_json


def scenes(count, held_out=False):
    generator = random.Random(7)
    return [sample_scene(generator, held_out) for _ in range(count)]


def middle(mask):
    """The centroid of a mask [H, W] as x, y in pixels."""
    rows, columns = np.nonzero(mask)
    return np.array((columns.mean() + 0.5, rows.mean() + 0.5))


def expected_mask(scene, track, frame):
    """The pixels [H, W] whose centres are inside of the first thing's outline, from its track alone."""
    x, y = np.meshgrid(np.arange(scene.width) + 0.5 - track.x[frame], np.arange(scene.height) + 0.5 - track.y[frame])
    cosine, sine = np.cos(track.angle[frame]), np.sin(track.angle[frame])
    local = (x * cosine + y * sine) / track.radius[frame], (y * cosine - x * sine) / track.radius[frame]
    return signed_distance(scene.things[0].shape, *local) < 0


class World(unittest.TestCase):
    def test_red_pixels_lie_where_the_tracks_say(self):
        for shape in SHAPES:
            for motion in MOTIONS:
                if shape in ROUND and motion == "spinning":
                    continue
                scene = Scene(1, "gray", (Thing(shape, "red", "medium", motion, phase=0.3, tilt=0.2),))
                clip, track = render(scene).astype(int), tracks(scene).things[0]
                for frame in (0, 13, 32):
                    red = clip[frame, :, :, 0] - clip[frame, :, :, 1] > 60
                    expected = expected_mask(scene, track, frame)
                    with self.subTest(shape=shape, motion=motion, frame=frame):
                        np.testing.assert_allclose(middle(red), middle(expected), atol=2.0)
                        self.assertAlmostEqual(red.sum() / expected.sum(), 1.0, delta=0.15)

    def test_the_camera_moves_what_is_drawn_as_the_tracks_say(self):
        for camera in ("pan left", "zoom in", "orbit right"):
            scene = Scene(1, "checker", (Thing("ball", "red", "small", "standing still", x=0.1),), camera=camera)
            clip, track = render(scene).astype(int), tracks(scene).things[0]
            for frame in (0, 32):
                red = clip[frame, :, :, 0] - clip[frame, :, :, 1] > 60
                with self.subTest(camera=camera, frame=frame):
                    np.testing.assert_allclose(middle(red), (track.x[frame], track.y[frame]), atol=1.0)

    def test_nothing_moves_before_it_is_touched_and_something_does_after(self):
        things = Thing("square", "red", "small", "moving left"), Thing("star", "blue", "small", "standing still")
        for kind in ("bounce", "push", "topple"):
            scene = Scene(1, "beige", things, cause=Cause(kind, "left", 0.4))
            found = tracks(scene)
            contact, = found.events
            mover, struck = found.things
            before = np.arange(scene.frames) <= contact.frame
            with self.subTest(kind=kind):
                self.assertEqual(np.ptp(struck.x[before]), 0)
                self.assertTrue((np.diff(mover.x[before]) < 0).all())
                moved = np.ptp(mover.x[~before]) if kind == "bounce" else np.ptp(struck.x[~before])
                self.assertGreater(moved, 20)

    def test_a_thing_that_passes_behind_another_is_partly_hidden_and_comes_out_again(self):
        hidden = [tracks(scene).things[scene.drawing_order()[0]].visible for scene in scenes(600)
                  if scene.relation and scene.relation.kind in ("behind", "in front of")
                  and "standing still" != scene.things[scene.drawing_order()[0]].motion]
        self.assertTrue(hidden)
        for visible in hidden:
            self.assertLess(visible.min() + 0.05, visible[[0, -1]].min())

    def test_a_simple_scene_shows_its_thing_in_every_frame(self):
        for scene in scenes(300):
            if scene.simple():
                self.assertGreater(tracks(scene).things[0].visible.min(), 0.97, scene)

    def test_held_out_combinations_come_when_asked_for_and_never_else(self):
        for scene in scenes(2000):
            for thing in scene.things:
                self.assertFalse({(thing.shape, thing.colour), (thing.shape, thing.motion)} & HELD_OUT, scene)
        for scene in scenes(200, held_out=True):
            thing, = scene.things
            self.assertTrue({(thing.shape, thing.colour), (thing.shape, thing.motion)} & HELD_OUT, scene)

    def test_json_brings_back_the_same_scene(self):
        for scene in scenes(300):
            self.assertEqual(from_json(to_json(scene)), scene)

    def test_the_same_scene_is_drawn_the_same(self):
        for scene in scenes(12):
            clip = render(scene)
            self.assertEqual((clip.shape, clip.dtype), ((33, 160, 256, 3), np.uint8))
            np.testing.assert_array_equal(clip, render(from_json(to_json(scene))))

    def test_longer_clips_of_a_scene_begin_and_end_as_the_short_one_does(self):
        scene = Scene(1, "beige", (Thing("star", "blue", "large", "moving up"),))
        short, long = render(scene), render(dataclasses.replace(scene, frames=65))
        # Motion blur alone differs, for the thing is slower.
        self.assertLess(np.abs(short[[0, -1]].astype(int) - long[[0, -1]]).mean(), 0.2)


if __name__ == "__main__":
    unittest.main()
