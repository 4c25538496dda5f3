"""Models of diffusers with random weights, in the memory that from_pretrained would take for them."""

import torch
from accelerate import init_empty_weights


def make(kind, config, dtype, device="cpu"):
    """A model of this kind; on the device "meta" it has shapes alone.

    As from_pretrained with torch_dtype does: what the kind keeps in fp32 stays so, and nothing
    exists in fp32 first and is converted then.
    """
    with init_empty_weights():
        model = kind(**config).eval()
    kept = set(kind._keep_in_fp32_modules or ())
    for name, empty in list(model.named_parameters()):
        owner, _, leaf = name.rpartition(".")
        own = torch.float32 if kept & set(name.split(".")) else dtype
        weight = torch.empty(empty.shape, dtype=own, device=device)
        if device != "meta":
            draw(name, weight)
        setattr(model.get_submodule(owner), leaf, torch.nn.Parameter(weight, requires_grad=False))
    return model


def draw(name, weight):
    """Norms are ones, other vectors zeros; the rest has variance 1 / fan-in, as in `zoetrope bench`.

    Out of a small table, over and over: torch draws a billion bf16 numbers in a minute.
    """
    if sum(size > 1 for size in weight.shape) <= 1:
        weight.fill_(1 if name.endswith(("gamma", "weight")) else 0)
        return
    table = (torch.randn(65521) / (weight.numel() / weight.shape[0]) ** 0.5).to(weight.dtype)
    for piece in weight.view(-1).split(table.numel()):
        piece.copy_(table[:piece.numel()])
