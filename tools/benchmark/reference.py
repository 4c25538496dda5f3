"""One workload through diffusers, in a process of its own; prints one JSON object.

usage: python -m benchmark.reference WORKLOAD --dtype bf16|fp32 [--layers N] [--steps N] [--output CLIP.mp4]
"""

import argparse
import json
import os
import time

import torch

from .workloads import CLIPS, STAGES, TRANSFORMERS


def measured(stage, action, warm_up=None):
    """Seconds of a run after one that warms up: `warm_up`, or the same."""
    (warm_up or action)()
    begin = time.monotonic()
    action()
    return {"stage": stage, "seconds": time.monotonic() - begin}


def main():
    """Figures of the stages, or the facts of the clip that was made, and the versions that did it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=STAGES)
    parser.add_argument("--dtype", choices=("bf16", "fp32"), required=True)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--output")
    options = parser.parse_args()
    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    # Only what the workload needs is imported: it counts for the time of the cold clip.
    with torch.inference_mode():
        if options.workload in CLIPS:
            from . import reference_starter
            steps = {"num_inference_steps": options.steps} if options.steps else {}
            result = reference_starter.run(dtype, {**CLIPS[options.workload], **steps}, options.output)
        elif options.workload in TRANSFORMERS:
            from . import reference_transformer
            result = {"figures": reference_transformer.run(options.workload, options.layers, dtype, measured)}
        else:
            from . import reference_vae
            result = {"figures": reference_vae.run(options.workload, dtype, measured)}
    import diffusers
    print(json.dumps({**result, "torch": torch.__version__, "diffusers": diffusers.__version__}))


if __name__ == "__main__":
    main()
