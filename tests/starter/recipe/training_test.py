"""The starter's trainings go on as if they had never stopped, and what they export is small and loads."""

import os
import pathlib
import tempfile
import unittest

os.environ["TORCHDYNAMO_DISABLE"] = "1"  # compiling would take minutes

import torch
from diffusers import WanPipeline

from starter import export, make_tokenizer, train_model, train_vae
from starter.model import squared_error
from starter.vae import CHANNELS, decode, encode


def same(test, first, second):
    for name, value in first.state_dict().items():
        test.assertTrue(torch.equal(value, second.state_dict()[name]), name)


class Trainings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.held = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.held.name)
        make_tokenizer.make(cls.folder / "tokenizer")
        (cls.folder / "latents").mkdir()
        torch.manual_seed(5)
        torch.save(dict(latents=torch.randn(128, CHANNELS, 2, 4, 4).half(), masks=torch.rand(128, 2, 4, 4) < 0.2),
                   cls.folder / "latents" / "000000.pt")

    @classmethod
    def tearDownClass(cls):
        cls.held.cleanup()

    def test_the_vae_goes_on_as_if_it_had_never_stopped(self):
        def steps(training, count):
            def forward(clips):
                mean, log_variance = encode(training.vae, clips)
                noised = mean + torch.exp(0.5 * log_variance.float()) * torch.randn_like(mean)
                return mean.float(), log_variance.float(), decode(training.vae, noised)

            for _ in range(count):
                generator = torch.Generator().manual_seed(training.step)
                training.advance(forward, torch.randint(256, (1, 3, 5, 32, 32), generator=generator, dtype=torch.uint8))
            return training

        whole = steps(train_vae.Training(self.folder), 3)
        steps(train_vae.Training(self.folder), 2).save()
        same(self, whole.vae, steps(train_vae.Training(self.folder), 1).vae)

    def test_the_transformer_goes_on_as_if_it_had_never_stopped_and_exports(self):
        latents = train_model.Latents(self.folder)

        def steps(training, count):
            for _ in range(count):
                share = train_model.share_of_batch(latents, training.step, 0, 1)
                training.advance(train_model.Batch(latents, share, training.prompts, training=True))
            return training

        whole = steps(train_model.Training(self.folder, 0), 3)
        steps(train_model.Training(self.folder, 0), 2).save()
        resumed = steps(train_model.Training(self.folder, 0), 1)
        same(self, whole.models, resumed.models)
        self.assertTrue(torch.isfinite(torch.tensor(resumed.validate(latents, 16))))

        resumed.save()
        train_vae.Training(self.folder).save()
        export.run(self.folder, self.folder / "checkpoint")
        size = sum(file.stat().st_size for file in (self.folder / "checkpoint").rglob("*") if file.is_file())
        self.assertLess(size, 25e6)
        pipeline = WanPipeline.from_pretrained(self.folder / "checkpoint")
        self.assertTrue(pipeline.config.expand_timesteps)
        self.assertEqual(pipeline.vae.config.z_dim, CHANNELS)

    def test_two_processes_share_what_one_would_take(self):
        latents = train_model.Latents(self.folder)
        whole = train_model.share_of_batch(latents, 3, 0, 1)
        halves = [train_model.share_of_batch(latents, 3, rank, 2) for rank in (0, 1)]
        for part in (0, 1):
            self.assertEqual(sorted(whole[part]), sorted(halves[0][part] + halves[1][part]))
            self.assertTrue(min(whole[0]) >= train_model.VALIDATION)

    def test_no_clip_comes_twice_before_all_have_come_once_and_lessons_grow_longer(self):
        latents, seen = train_model.Latents(self.folder), []
        lengths = [frames for _, _, frames in train_model.CURRICULUM]
        self.assertEqual(lengths, sorted(lengths))
        self.assertEqual(train_model.drawn_in(train_model.STEPS - 1)[1], lengths[-1])
        for step in range(8):
            seen += train_model.share_of_batch(latents, step, 0, 1).indices
        an_epoch = len(latents.latents) - train_model.VALIDATION
        for start in range(0, len(seen) - an_epoch + 1, an_epoch):
            self.assertEqual(len(set(seen[start:start + an_epoch])), an_epoch)

    def test_a_given_first_frame_does_not_count(self):
        target = torch.zeros(1, CHANNELS, 2, 4, 4)
        predicted = target.clone()
        predicted[:, :, 0] = 7.0
        predicted[:, :, 1] = 2.0
        weights, kept = torch.ones(1, 2, 4, 4), torch.tensor([True])
        self.assertEqual(squared_error(predicted, target, weights, kept).item(), 4.0)
        self.assertEqual(squared_error(predicted, target, weights, ~kept).item(), (49.0 + 4.0) / 2)


if __name__ == "__main__":
    unittest.main()
