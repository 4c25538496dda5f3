"""The starter's VAE on whole clips gives what diffusers gives a few frames at a time."""

import unittest

import torch

from starter.vae import CHANNELS, build_vae, decode, encode, latent_frames


class Vae(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.vae = build_vae()
        for value in self.vae.parameters():
            if not value.any():  # a new VAE's zeros would hide half of its layers
                torch.nn.init.normal_(value, std=0.05)

    def test_whole_clips_are_encoded_as_chunk_by_chunk(self):
        for frames in (1, 5, 17):
            clip = torch.rand(1, 3, frames, 32, 48) * 2 - 1
            with torch.no_grad():
                expected = self.vae.encode(clip).latent_dist
                mean, log_variance = encode(self.vae, clip)
            self.assertEqual(mean.shape, (1, CHANNELS, latent_frames(frames), 2, 3))
            torch.testing.assert_close(mean, expected.mean, atol=1e-5, rtol=0)
            torch.testing.assert_close(log_variance.clamp(-30, 20), expected.logvar, atol=1e-5, rtol=0)

    def test_whole_clips_are_decoded_as_chunk_by_chunk(self):
        for frames in (1, 2, 5):
            latents = torch.randn(1, CHANNELS, frames, 2, 3)
            with torch.no_grad():
                expected = self.vae.decode(latents).sample
                clip = decode(self.vae, latents).clamp(-1, 1)
            torch.testing.assert_close(clip, expected, atol=1e-5, rtol=0)


if __name__ == "__main__":
    unittest.main()
