"""A small exam of the shipped checkpoint through the program: what breaks the engine breaks its obedience."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import safetensors.torch

from starter.calibrate import learn
from starter.detect import look
from starter.questions import World, draw_small
from starter.run_engine import Engine, Job, read_clip
from starter.score import marks_of

SOURCE = pathlib.Path(__file__).resolve().parents[3]
STARTER = SOURCE / "models" / "starter"
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SEED = 1
# Backgrounds and colours are what version 0 obeys in: of 64 clips 80 and 91 of a hundred are right, so that 14 of the 16
# marks of 8 clips are to be expected; of other prompts' clips 12 and 9 of a hundred, 2 of 16.
OBEYED = 11
CHANCE = 5


def obeyed(pairs, knowledge):
    """How many backgrounds and colours of (question, clip) are right."""
    marks = [marks_of(question.scene, look(read_clip(clip), knowledge)) for question, clip in pairs]
    return sum(mark["scene"] + mark["colour"] for mark in marks)


class ExamTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-exam-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        done = subprocess.run([SOURCE / "tools" / "starter" / "exam", "--small", "--zoetrope", PROGRAM, "--model", STARTER,
                               "--seed", str(SEED), "--output", cls.folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr)
        cls.table = done.stdout
        cls.exam = json.loads((cls.folder / "exam.json").read_text())
        cls.questions = draw_small(World.of(STARTER), SEED)
        cls.clips = [cls.folder / "clips" / f"{question.name}-s0.mkv" for question in cls.questions]
        cls.knowledge = learn()

    def rate(self, row, mark):
        found = self.exam["rows"][row][mark]
        return found["right"], found["total"]

    def test_the_checkpoint_shows_the_backgrounds_and_colours_that_were_asked_for(self):
        self.assertGreaterEqual(self.rate("all", "scene")[0] + self.rate("all", "colour")[0], OBEYED, self.table)

    def test_a_clip_from_a_still_keeps_its_thing_and_begins_with_its_frame(self):
        self.assertEqual(self.rate("still", "colour"), (1, 1), self.table)
        self.assertGreater(self.exam["rows"]["still"]["first frame"]["median"], 25, self.table)

    def test_real_renders_pass_and_what_is_wrong_on_purpose_fails(self):
        self.assertEqual(self.rate("real", "joint"), (8, 8), self.table)
        for row, mark in (("frozen", "direction"), ("backwards", "direction"), ("noise", "joint"), ("noise", "shape"),
                          ("shuffled", "scene"), ("shuffled", "colour"), ("shuffled", "joint")):
            self.assertEqual(self.rate(row, mark)[0], 0, f"{row}, {mark}\n{self.table}")

    def test_clips_judged_by_each_others_prompts_fail(self):
        others = self.questions[1:] + self.questions[:1]
        self.assertLessEqual(obeyed(zip(others, self.clips), self.knowledge), CHANCE)

    def test_a_checkpoint_that_does_not_hear_the_text_fails(self):
        def deaf(tensors):
            # All words are the same; of zeros the engine says itself that they are none.
            words = tensors["shared.weight"]
            return {**tensors, "shared.weight": words.mean(0, keepdim=True).expand_as(words)}

        self.expect_failure("text_encoder/model.safetensors", deaf)

    def test_a_checkpoint_with_another_vae_fails(self):
        def strange(tensors):
            # What a decoder for latents of another sign or scale would make of these.
            return {**tensors, "decoder.conv_in.weight": -tensors["decoder.conv_in.weight"]}

        self.expect_failure("vae/diffusion_pytorch_model.safetensors", strange)

    def expect_failure(self, weights, fault):
        """With these weights changed the checkpoint does no better than chance.

        In 8 steps the whole one has 12 of 16 marks right, one with this VAE none, a deaf one 1 of 8.
        """
        model = self.folder / weights.split("/")[0]
        shutil.copytree(STARTER, model)
        changed = {name: tensor.contiguous() for name, tensor in
                   fault(safetensors.torch.load_file(STARTER / weights)).items()}
        os.remove(model / weights)
        safetensors.torch.save_file(changed, model / weights, metadata={"format": "pt"})
        jobs = [Job(question.name, question.prompt, 1000) for question in self.questions]
        clips = Engine(PROGRAM, model, ("--steps=8",)).run(jobs, self.folder / f"{model.name}-clips")
        pairs = [(question, clips[question.name]) for question in self.questions]
        self.assertLessEqual(obeyed(pairs, self.knowledge), CHANCE)

    def test_the_page_needs_no_other_file(self):
        page = (self.folder / "exam.html").read_text()
        self.assertGreaterEqual(page.count('src="data:image/jpeg;base64,'), 8)
        self.assertNotRegex(page, r'(src|href)="(?!data:)')
        for question in self.questions:
            self.assertIn(question.prompt, page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
