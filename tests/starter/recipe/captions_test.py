"""The starter's captions: whoever reads one knows everything that its scene was asked to show."""

import random
import re
import unittest

from starter import captions
from starter.world import sample_scene


def find(table, text):
    """The values of a table that a text names, by their longest phrases first; and the text without those phrases."""
    phrases = [(phrase, value) for value, forms in table.items() for form in forms
               for phrase in ((form,) if isinstance(form, str) else form) if phrase]
    found = set()
    for phrase, value in sorted(phrases, key=lambda pair: -len(pair[0])):
        text, count = re.subn(rf"\b{re.escape(phrase)}\b", " ", text)
        if count:
            found.add(value)
    return found, text


class Captions(unittest.TestCase):
    def check(self, scene, text):
        rest = text.lower()
        for name, table, truth in (
                ("place", captions.PLACES, {scene.background}),
                ("camera", captions.CAMERA_WORDS, {scene.camera} - {"still"}),
                ("weather", captions.WEATHER_WORDS, {scene.weather} - {"clear"}),
                ("light", captions.LIGHT_WORDS, {scene.light} - {"day"}),
                ("colour", captions.COLOUR_WORDS, {thing.colour for thing in scene.things}),
                ("shape", captions.NOUNS, {thing.shape for thing in scene.things})):
            found, rest = find(table, rest)
            self.assertEqual(found, truth, f"{name} in '{text}'")
        relation, without = find(captions.RELATION_WORDS, rest)
        self.assertEqual(relation, {scene.relation.kind} if scene.relation else set(), text)
        self.assertEqual(find(captions.SIZE_WORDS, rest)[0] - {"medium"},
                         {thing.size for thing in scene.things} - {"medium"}, text)
        if "both" in rest:
            self.assertEqual({thing.motion for thing in scene.things}, {"standing still"}, text)
        else:
            motions = scene.things[:1] if scene.cause else scene.things
            without = without.replace("bounces off", "").replace("bounces back", "")
            self.assertEqual(find(captions.MOTION_WORDS, without)[0], {thing.motion for thing in motions}, text)

    def test_every_caption_names_all_that_its_scene_shows(self):
        generator = random.Random(11)
        for _ in range(1500):
            scene = sample_scene(generator)
            self.check(scene, captions.plain_caption(scene))
            self.check(scene, captions.caption(scene, generator))

    def test_each_cause_has_words_of_its_own(self):
        own = {"bounce": "bounces", "push": "push", "topple": "knocks|falls over"}
        generator = random.Random(12)
        for _ in range(1500):
            scene = sample_scene(generator)
            text = captions.caption(scene, generator)
            for kind, words in own.items():
                if scene.cause:
                    self.assertEqual(bool(re.search(words, text)), scene.cause.kind == kind, text)

    def test_the_plain_form_is_bare(self):
        generator = random.Random(13)
        for _ in range(200):
            text = captions.plain_caption(sample_scene(generator))
            self.assertRegex(text, "^an? [a-z]")
            self.assertNotIn(".", text)

    def test_no_phrase_means_two_things(self):
        for table in (captions.NOUNS, captions.COLOUR_WORDS, captions.SIZE_WORDS, captions.PLACES,
                      captions.RELATION_WORDS, captions.CAMERA_WORDS, captions.WEATHER_WORDS):
            phrases = [phrase for forms in table.values() for phrase in set(forms)]
            self.assertEqual(len(phrases), len(set(phrases)))


if __name__ == "__main__":
    unittest.main()
