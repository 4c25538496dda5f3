"""What is measured, and by how much Zoetrope must be ahead. Standard library alone: see process.py."""

from typing import NamedTuple

FRAMES, HEIGHT, WIDTH = 17, 272, 480  # of the autoencoders' clips
TEXT_ROWS, TEXT_DIM = 512, 4096
GUIDANCE = 5.0

STARTER, START_UP = "starter", "start-up"
# Whole commands, from the start of a process to the finished file: what they make otherwise than the checkpoint says.
CLIPS = {STARTER: {}, START_UP: dict(width=64, height=64, num_frames=1, num_inference_steps=1)}
CLIP_STAGE = "cold clip"
STARTER_SEED = 1
STARTER_PROMPT = "a large red ball moving right over a green field under a blue sky"

MEMORY = "peak memory"
ZOETROPE = "zoetrope"
REFERENCES = ("bf16", "fp32")  # number formats of diffusers


class Transformer(NamedTuple):
    """A released transformer's width and depth, and the latents that it is shown."""

    heads: int
    ffn_dim: int
    layers: int
    frames: int
    height: int
    width: int

    def config(self, layers):
        """For WanTransformer3DModel, with so many of the layers."""
        return dict(patch_size=(1, 2, 2), num_attention_heads=self.heads, attention_head_dim=128, in_channels=16,
                    out_channels=16, text_dim=TEXT_DIM, freq_dim=256, ffn_dim=self.ffn_dim,
                    num_layers=min(layers, self.layers), cross_attn_norm=True, qk_norm="rms_norm_across_heads",
                    rope_max_seq_len=1024)


TRANSFORMERS = {
    "wan1.3b-480x272x17": Transformer(12, 8960, 30, 5, 34, 60),
    "wan1.3b-832x480x17": Transformer(12, 8960, 30, 5, 60, 104),
    "wan14b-480x272x17": Transformer(40, 13824, 40, 5, 34, 60),
}

# For AutoencoderKLWan.
VAES = {
    "vae21-480x272x17": dict(base_dim=96, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
                             temperal_downsample=[False, True, True]),
    "vae22-480x272x17": dict(base_dim=160, decoder_base_dim=256, z_dim=48, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
                             temperal_downsample=[False, True, True], is_residual=True, in_channels=12,
                             out_channels=12, patch_size=2, scale_factor_spatial=16, scale_factor_temporal=4,
                             latents_mean=[0.0] * 48, latents_std=[1.0] * 48),
}

STAGES = {
    **{name: (CLIP_STAGE,) for name in CLIPS},
    **{name: ("self-attention", "forward", "guided step") for name in TRANSFORMERS},
    **{name: ("decode", "encode") for name in VAES},
}

MUST_LAYERS = 4  # with which the transformer is held to the figures below
# (workload, stage, number format of diffusers) -> how many times as fast.
MUST_SPEED = {
    ("wan1.3b-480x272x17", "forward", "bf16"): 1.15,
    ("wan1.3b-480x272x17", "guided step", "bf16"): 1.2,
    ("vae21-480x272x17", "decode", "fp32"): 3.0,
    ("vae21-480x272x17", "decode", "bf16"): 1.5,
    ("vae22-480x272x17", "decode", "bf16"): 1.5,
    ("vae22-480x272x17", "encode", "bf16"): 1.5,
    (STARTER, CLIP_STAGE, "bf16"): 2.0,
}
HELD_TO = tuple(dict.fromkeys(workload for workload, _, _ in MUST_SPEED))
MUST_MEMORY = 0.8  # of what diffusers takes in bf16, for each of them
DEFAULT = (*HELD_TO, START_UP)


def must(workload, stage, reference, layers):
    """The bound on a row's ratio, or None: of times as fast the least, of memory the most."""
    if workload in TRANSFORMERS and layers != MUST_LAYERS:
        return None
    if stage == MEMORY:
        return MUST_MEMORY if workload in HELD_TO and reference == "bf16" else None
    return MUST_SPEED.get((workload, stage, reference))
