"""Clips from stills equal those of diffusers' WanImageToVideoPipeline on random checkpoints, in fp32.

Every way in which a Wan checkpoint takes stills: a first frame that is held (2.2 TI2V), channels
beside the latents (2.2 A14B), those and a CLIP tower (2.1), and a first and a last frame (FLF2V).
"""

from pipeline_parity_test import EULER, TINY, UNIPC, VAE21, VAE22
from reference import Case, run_cases

STILL = dict(TINY, in_channels=36)
CLIP = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=2, intermediate_size=40,
            image_size=28, patch_size=7, projection_dim=8)
SEES = dict(STILL, image_dim=24, added_kv_proj_dim=24)
SEES_BOTH = dict(SEES, pos_embed_seq_len=2 * 17)
TI2V = dict(TINY, in_channels=24, out_channels=24)
VAE_X4 = dict(base_dim=4, z_dim=8, dim_mult=[1, 2, 2], num_res_blocks=1,
              temperal_downsample=[True, True], scale_factor_spatial=4,
              latents_mean=[0.1 * i - 0.3 for i in range(8)],
              latents_std=[0.6 + 0.1 * i for i in range(8)])

CASES = [
    Case("wan22 ti2v from a still", dict(TI2V), dict(VAE22), dict(UNIPC, flow_shift=5.0),
         expand_timesteps=True, image=(150, 90), width=96, height=64, num_frames=13, steps=4,
         seed=1, prompt="it moves"),
    Case("wan22 ti2v from a small still, euler, without guidance",
         dict(TI2V, num_attention_heads=3, attention_head_dim=16), dict(VAE22, num_res_blocks=1),
         EULER, expand_timesteps=True, image=(20, 33), width=64, height=96, num_frames=5, steps=3,
         guidance_scale=1.0, seed=2),
    Case("wan22 ti2v, a clip of one frame", dict(TI2V), dict(VAE22), UNIPC,
         expand_timesteps=True, image=(64, 64), width=64, height=32, num_frames=1, steps=3, seed=3),
    Case("wan21 i2v with its vision tower", dict(SEES), dict(VAE21), UNIPC, image=(90, 70),
         image_encoder=CLIP, width=48, height=32, steps=4, seed=4, max_sequence_length=512,
         negative_prompt="blurry"),
    Case("wan21 i2v, image rows before the text, portrait, four layers, euler",
         dict(STILL, image_dim=24), dict(VAE21), EULER, image=(40, 100),
         image_encoder=dict(CLIP, num_hidden_layers=4), width=32, height=64, num_frames=13,
         steps=3, seed=5),
    Case("wan21 i2v, a tower of other proportions and quick GELU", dict(
            SEES, image_dim=32, num_attention_heads=3, attention_head_dim=8, num_layers=3),
         dict(VAE21), UNIPC, image=(33, 300), max_sequence_length=512,
         image_encoder=dict(CLIP, hidden_size=32, num_attention_heads=4, image_size=30,
                            patch_size=10, hidden_act="quick_gelu"),
         width=64, height=64, num_frames=5, steps=3, seed=6),
    Case("wan21 flf2v", dict(SEES_BOTH), dict(VAE21), dict(UNIPC, flow_shift=16.0),
         image=(90, 70), last_image=(64, 64), image_encoder=CLIP, width=64, height=48, steps=4,
         seed=7, max_sequence_length=512),
    Case("wan22 a14b i2v", dict(STILL), dict(VAE21), dict(UNIPC, flow_shift=5.0),
         transformer_2=dict(STILL), boundary_ratio=0.9, guidance_scale=3.5, guidance_scale_2=2.5,
         image=(100, 50), width=64, height=32, steps=6, seed=8),
    Case("wan22 a14b i2v with a last still", dict(STILL), dict(VAE21, base_dim=6), UNIPC,
         transformer_2=dict(STILL, num_layers=1), boundary_ratio=0.6, image=(64, 32),
         last_image=(31, 77), width=64, height=32, num_frames=17, steps=5, seed=9),
    Case("other compression and channels",
         dict(TINY, in_channels=8 + 8 + 4, out_channels=8), VAE_X4, UNIPC, image=(50, 50),
         width=48, height=32, num_frames=5, steps=4, seed=10),
]

if __name__ == "__main__":
    run_cases(CASES)
