"""Clips of zoetrope equal those of diffusers' WanPipeline on random checkpoints, in fp32.

Text to video, with one transformer or two experts.
"""

from reference import Case, run_cases

TINY = dict(patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16,
            out_channels=16, freq_dim=256, ffn_dim=32, num_layers=2, rope_max_seq_len=32)
VAE21 = dict(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
             temperal_downsample=[False, True, True])
STATISTICS_24 = dict(latents_mean=[0.1 * (i % 5) - 0.2 for i in range(24)],
                     latents_std=[0.5 + 0.1 * (i % 7) for i in range(24)])
VAE22 = dict(base_dim=4, decoder_base_dim=6, z_dim=24, dim_mult=[1, 2, 2, 2], num_res_blocks=2,
             temperal_downsample=[False, True, True], is_residual=True, in_channels=12,
             out_channels=12, patch_size=2, scale_factor_spatial=16, scale_factor_temporal=4,
             **STATISTICS_24)
UNIPC = dict(kind="unipc", flow_shift=3.0)
EULER = dict(kind="euler", shift=7.0)

CASES = [
    Case("wan21 euler with guidance", dict(TINY), dict(VAE21), EULER, prompt="dance monkey",
         negative_prompt="negative", guidance_scale=6.0, steps=2),
    Case("wan21 unipc, wide, three heads of 16, large seed",
         dict(TINY, num_attention_heads=3, attention_head_dim=16, num_layers=3, ffn_dim=50,
              freq_dim=64),
         dict(VAE21, base_dim=6, dim_mult=[1, 2, 2, 2], num_res_blocks=2), UNIPC,
         prompt="“Curly” quotes, a café &amp; 中文，提示", width=64, height=48, steps=6,
         seed=2**32 + 12345),
    Case("wan21 without guidance, one frame, no cross-attention norm",
         dict(TINY, attention_head_dim=32, cross_attn_norm=False),
         dict(VAE21, base_dim=4), UNIPC, num_frames=1, width=80, height=16, guidance_scale=1.0,
         steps=5, seed=2**62 + 1),
    Case("wan22 ti2v unipc with guidance",
         dict(TINY, in_channels=24, out_channels=24, num_attention_heads=3, attention_head_dim=64,
              freq_dim=128),
         dict(VAE22), dict(UNIPC, flow_shift=5.0), expand_timesteps=True,
         prompt="a 🚀 rocket 🎉 and ﬁreworks\n\ton  two lines", negative_prompt="低质量，模糊",
         width=96, height=64, num_frames=13, steps=4, guidance_scale=4.0, seed=42),
    Case("wan22 ti2v euler without guidance, deep",
         dict(TINY, in_channels=24, out_channels=24, attention_head_dim=20, num_layers=12),
         dict(VAE22, num_res_blocks=1, dim_mult=[1, 2, 4, 4]), dict(EULER, shift=2.0),
         expand_timesteps=True, width=64, height=96, num_frames=5, steps=4, guidance_scale=0.0,
         seed=7, prompt="-- starts with dashes, \"quoted\" & <b>markup</b>"),
    Case("wan21 unipc order 3, patches of 1 x 1, long prompt",
         dict(TINY, patch_size=(1, 1, 1), num_attention_heads=1, attention_head_dim=24),
         dict(VAE21), dict(UNIPC, solver_order=3), width=48, height=32, steps=7, num_frames=5,
         prompt="many words " * 60, negative_prompt="short", seed=3,
         text=dict(num_heads=2, d_kv=16, relative_attention_num_buckets=16,
                   relative_attention_max_distance=40)),
    Case("wan21 unipc order 1, two latent frames a token",
         dict(TINY, patch_size=(2, 2, 2)), dict(VAE21, temperal_downsample=[True, True, False]),
         dict(UNIPC, solver_order=1), num_frames=5, steps=4, seed=9,
         prompt=""),
    Case("wan22 with other temporal flags, no corrector at first",
         dict(TINY, in_channels=24, out_channels=24), dict(VAE22, base_dim=6, decoder_base_dim=8),
         dict(UNIPC, disable_corrector=[0, 1]), width=32, height=64, steps=5, seed=11,
         negative_prompt="blurry"),
    Case("wan22 a14b, experts with a guidance each",
         dict(TINY), dict(VAE21), dict(UNIPC, flow_shift=12.0), boundary_ratio=0.875,
         transformer_2=dict(TINY), guidance_scale=4.0, guidance_scale_2=3.0, steps=6, seed=13),
    Case("wan22 a14b, experts of other depths, the second guided as the first",
         dict(TINY, num_layers=1), dict(VAE21), EULER, boundary_ratio=0.5,
         transformer_2=dict(TINY, num_layers=3, ffn_dim=48), steps=4, seed=14),
    Case("wan22 a14b, no guidance in the first expert and so none in the second",
         dict(TINY), dict(VAE21), UNIPC, boundary_ratio=0.9, transformer_2=dict(TINY),
         guidance_scale=1.0, guidance_scale_2=6.0, steps=5, seed=15),
]


if __name__ == "__main__":
    run_cases(CASES)
