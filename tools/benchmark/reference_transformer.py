"""A released transformer's width in diffusers: self-attention alone, a forward, a guided step."""

import torch
from diffusers import WanTransformer3DModel
from torch.nn.functional import scaled_dot_product_attention

from .random_weights import make
from .workloads import GUIDANCE, TEXT_DIM, TEXT_ROWS, TRANSFORMERS


def self_attention_flops(model, tokens):
    """A multiplication and an addition are two."""
    return 4.0 * tokens * tokens * model.config.num_attention_heads * model.config.attention_head_dim


def forward_flops(model, tokens):
    """Of the blocks, without the text's keys and values, which do not change from step to step."""
    flops = 0.0
    for block in model.blocks:
        linears = [block.attn1.to_q, block.attn1.to_k, block.attn1.to_v, block.attn1.to_out[0], block.attn2.to_q,
                   block.attn2.to_out[0], block.ffn.net[0].proj, block.ffn.net[2]]
        flops += sum(2.0 * tokens * linear.weight.numel() for linear in linears)
        flops += self_attention_flops(model, tokens) * (tokens + TEXT_ROWS) / tokens
    return flops


def facts(model, tokens):
    """What both sides must agree on, by stage."""
    forward = forward_flops(model, tokens)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"self-attention": {"flops": self_attention_flops(model, tokens)},
            "forward": {"flops": forward, "parameters": parameters},
            "guided step": {"flops": 2 * forward, "parameters": parameters}}


def run(workload, layers, dtype, measured):
    """Figures of the three stages."""
    shape = TRANSFORMERS[workload]
    model = make(WanTransformer3DModel, shape.config(layers), dtype)
    tokens = shape.frames * shape.height * shape.width // 4
    # As the layers leave them: [1, L, N, D], seen as [1, N, L, D].
    query, key, value = (torch.randn(1, tokens, shape.heads, 128).to(dtype).transpose(1, 2) for _ in range(3))
    latents = torch.randn(1, 16, shape.frames, shape.height, shape.width).to(dtype)
    prompt, negative = torch.randn(2, 1, TEXT_ROWS, TEXT_DIM).to(dtype).unbind(0)
    time = torch.tensor([500])

    def forward(text):
        return model(hidden_states=latents, timestep=time, encoder_hidden_states=text, return_dict=False)[0]

    def guided_step():
        shown = forward(prompt)
        avoided = forward(negative)
        return avoided + GUIDANCE * (shown - avoided)

    figures = [measured("self-attention", lambda: scaled_dot_product_attention(query, key, value)),
               measured("forward", lambda: forward(prompt)), measured("guided step", guided_step)]
    known = facts(model, tokens)
    return [{**figure, **known[figure["stage"]]} for figure in figures]
