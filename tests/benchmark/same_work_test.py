"""Both sides of tools/bench do the same work: the released models' sizes, and the same clip."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel

from benchmark import gather, random_weights, reference_transformer, sides
from benchmark.workloads import CLIP_STAGE, STARTER, TRANSFORMERS, VAES

# Millions of weights of the released checkpoints: their fp32 files are of four times as many bytes.
TRANSFORMER_WEIGHTS = {"wan1.3b-480x272x17": 1419.0, "wan1.3b-832x480x17": 1419.0, "wan14b-480x272x17": 14288.5}
VAE_WEIGHTS = {"vae21-480x272x17": 126.9, "vae22-480x272x17": 704.7}
WHOLE = 1000  # more layers than any has


def millions(model):
    return sum(weight.numel() for weight in model.parameters()) / 1e6


def frames(clip):
    """The frames of a file as numbers."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(17, 160, 256, 3).astype(np.float64)


class Reference(unittest.TestCase):
    def test_has_the_sizes_of_the_released_models(self):
        for workload, shape in TRANSFORMERS.items():
            model = random_weights.make(WanTransformer3DModel, shape.config(WHOLE), torch.bfloat16, "meta")
            self.assertEqual(len(model.blocks), shape.layers)
            self.assertAlmostEqual(millions(model), TRANSFORMER_WEIGHTS[workload], delta=0.1)
        for workload, config in VAES.items():
            model = random_weights.make(AutoencoderKLWan, config, torch.bfloat16, "meta")
            self.assertAlmostEqual(millions(model), VAE_WEIGHTS[workload], delta=0.1)

    def test_keeps_in_fp32_what_from_pretrained_keeps(self):
        config = dict(TRANSFORMERS["wan1.3b-480x272x17"].config(1), num_attention_heads=2, ffn_dim=64, text_dim=32)
        made = random_weights.make(WanTransformer3DModel, config, torch.bfloat16)
        with tempfile.TemporaryDirectory() as folder:
            WanTransformer3DModel(**config).save_pretrained(folder)
            loaded = WanTransformer3DModel.from_pretrained(folder, torch_dtype=torch.bfloat16)
        types = lambda model: {name: tensor.dtype for name, tensor in (*model.named_parameters(),
                                                                       *model.named_buffers())}
        self.assertEqual(types(made), types(loaded))
        self.assertEqual({torch.bfloat16, torch.float32}, set(types(made).values()))

    def test_counts_the_products_of_a_forward(self):
        shape = TRANSFORMERS["wan1.3b-480x272x17"]
        model = random_weights.make(WanTransformer3DModel, shape.config(2), torch.bfloat16, "meta")
        tokens, dim = 2550, 1536
        one = 2 * tokens * (6 * dim * dim + 2 * dim * 8960) + 4 * tokens * (tokens + 512) * dim
        self.assertEqual(reference_transformer.facts(model, tokens)["forward"]["flops"], 2 * one)


class Clip(unittest.TestCase):
    def test_is_the_same_on_both_sides_and_is_compared(self):
        # One thread a side: on a busy machine threads that wait for each other take many times as long.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        settings = sides.Settings(PROGRAM, layers=1, steps=2)
        measurements, shown = [], []
        with tempfile.TemporaryDirectory() as folder:
            for side in ("zoetrope", "diffusers bf16"):
                clip = Path(folder) / f"{side}.mp4"
                measurement, said = sides.measure(STARTER, side, settings, clip)
                measurements.append({**measurement, "round": 1})
                shown.append(frames(clip))
        self.assertEqual(measurements[0]["work"][CLIP_STAGE], {"frames": 17, "width": 256, "height": 160})
        self.assertLess(np.abs(shown[0] - shown[1]).mean(), 4)  # levels; two codecs' files and two bf16s
        self.assertGreater(shown[0].std(), 10)
        rows = gather.rows(measurements, layers=1)
        self.assertEqual([row["stage"] for row in rows], [CLIP_STAGE, "peak memory"])
        self.assertGreater(min(row["ratio"] for row in rows), 0)
        self.assertEqual(said["diffusers"], "0.42.1")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
