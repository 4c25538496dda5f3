"""The starter's transformer and text encoder: the shapes of Wan 2.2 TI2V at toy size."""
import pathlib

import torch
from diffusers import WanTransformer3DModel
from tokenizers import Tokenizer
from transformers import UMT5Config, UMT5EncoderModel

from .make_tokenizer import LENGTH
from .vae import CHANNELS

WIDTH, HEADS, BLOCKS = 192, 3, 10
TEXT_WIDTH = 128


def build_transformer() -> WanTransformer3DModel:
    """A new transformer; its blocks and its head end in zeros, so that it starts by predicting nothing."""
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=HEADS, attention_head_dim=WIDTH // HEADS, in_channels=CHANNELS,
        out_channels=CHANNELS, text_dim=TEXT_WIDTH, freq_dim=128, ffn_dim=4 * WIDTH, num_layers=BLOCKS,
        cross_attn_norm=True, qk_norm="rms_norm_across_heads", rope_max_seq_len=128)
    torch.nn.init.zeros_(transformer.proj_out.weight)
    torch.nn.init.zeros_(transformer.proj_out.bias)
    for block in transformer.blocks:
        for layer in (block.attn1.to_out[0], block.attn2.to_out[0], block.ffn.net[2]):
            torch.nn.init.zeros_(layer.weight)
    return transformer


def build_text_encoder(pieces: int) -> UMT5EncoderModel:
    """A new text encoder for a vocabulary of so many pieces, rounded up to a multiple of 16."""
    return UMT5EncoderModel(UMT5Config(
        vocab_size=(pieces + 15) // 16 * 16, d_model=TEXT_WIDTH, d_kv=32, d_ff=256, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False, dropout_rate=0.0,
        relative_attention_num_buckets=32, relative_attention_max_distance=128))


class Prompts:
    """Turns texts into token ids and masks as the pipeline does, with the tokenizer of a folder."""

    def __init__(self, folder: pathlib.Path):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(LENGTH)
        self.tokenizer.enable_padding(length=LENGTH)

    def __call__(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and masks, both int64 [B, 64]."""
        encodings = self.tokenizer.encode_batch(texts)
        return (torch.tensor([encoding.ids for encoding in encodings]),
                torch.tensor([encoding.attention_mask for encoding in encodings]))


def embed(text_encoder: UMT5EncoderModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The text's embeddings [B, 64, 128], zero beyond its end, as the pipeline pads them."""
    return text_encoder(ids, attention_mask=mask).last_hidden_state * mask[..., None]


def velocity(transformer: WanTransformer3DModel, latents, times, text, keep_first) -> torch.Tensor:
    """Predicts noise minus clean latents.

    latents: [B, C, T, h, w], noisy; times: [B] in [0, 1], 1 is noise; text: [B, S, 128];
    keep_first: bool [B], whose first latent frame is clean and gets time 0.
    """
    frames, tokens = latents.shape[2], latents.shape[3] * latents.shape[4] // 4
    steps = (1000.0 * times)[:, None, None].expand(-1, frames, tokens).clone()
    steps[:, 0] = torch.where(keep_first[:, None], 0.0, steps[:, 0])
    return transformer(latents, steps.flatten(1), text, return_dict=False)[0]


def squared_error(predicted, target, weights, keep_first) -> torch.Tensor:
    """The mean over clips of each one's squared error, weighted by weights [B, T, h, w]; kept frames do not count."""
    counted = weights.clone()
    counted[:, 0] = torch.where(keep_first[:, None, None], 0.0, counted[:, 0])
    error = (predicted.float() - target).square().mean(dim=1)
    return ((counted * error).sum((1, 2, 3)) / counted.sum((1, 2, 3))).mean()
