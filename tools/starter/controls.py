"""Clips whose marks are known beforehand: an exam that gives them other ones is wrong itself."""

import numpy

from .render import render

NAMES = {
    "real": "real renders: what the detectors get wrong",
    "autoencoder": "real renders through the VAE",
    "frozen": "the first frame of real renders, kept",
    "noise": "noise",
    "backwards": "real renders run backwards",
    "shuffled": "real renders judged by each other's prompts: chance",
}


def controls(questions, autoencoder, limit):
    """Yields (control, question, frames uint8 [T, H, W, 3]) for the questions.

    autoencoder: what brings frames through a VAE and back, or None to leave those out; it is slow, so that only
    `limit` clips go through it.
    """
    others = questions[1:] + questions[:1]
    for index, (question, other) in enumerate(zip(questions, others)):
        frames = render(question.scene)
        yield "real", question, frames
        if autoencoder and index < limit:
            yield "autoencoder", question, autoencoder(frames)
        yield "frozen", question, numpy.repeat(frames[:1], len(frames), 0)
        yield "noise", question, noise_like(frames, index)
        yield "backwards", question, frames[::-1]
        yield "shuffled", other, frames


def noise_like(frames, seed):
    """Uniform noise in the shape of a clip."""
    return numpy.random.default_rng(seed).integers(0, 256, frames.shape, dtype=numpy.uint8)
