"""The starter's VAE: a small residual Wan 2.2 autoencoder, run on whole clips at once.

diffusers runs this model a few frames at a time and keeps caches between. Over a whole clip the same maths needs none:
`encode` and `decode` walk diffusers' own modules and give the same numbers (tests/starter), in a form that
torch.compile takes in one piece.
"""
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import patchify, unpatchify

CHANNELS = 24     # of the latents
SPATIAL = 16      # pixels a latent is wide and high
TEMPORAL = 4      # frames a latent is long; the first stands for one frame
PATCH = 2


def build_vae() -> AutoencoderKLWan:
    """A new VAE; its residual blocks end in zeros, so that it starts as its shortcuts alone."""
    vae = AutoencoderKLWan(
        base_dim=16, decoder_base_dim=24, z_dim=CHANNELS, dim_mult=[1, 2, 4, 4], num_res_blocks=1, attn_scales=[],
        temperal_downsample=[False, True, True], latents_mean=[0.0] * CHANNELS, latents_std=[1.0] * CHANNELS,
        is_residual=True, in_channels=3 * PATCH ** 2, out_channels=3 * PATCH ** 2, patch_size=PATCH,
        scale_factor_spatial=SPATIAL, scale_factor_temporal=TEMPORAL)
    for name, parameter in vae.named_parameters():
        if ".conv2." in name:
            torch.nn.init.zeros_(parameter)
    for module in vae.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
    return vae


def latent_frames(frames: int) -> int:
    """How many latents stand for `frames` frames, 1 + 4n of them."""
    return 1 + (frames - 1) // TEMPORAL


def encode(vae: AutoencoderKLWan, clips: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and logarithm of the variance of a clip's latents.

    clips: [B, 3, F, H, W] in [-1, 1], F = 1 + 4n, H and W multiples of 16 -> twice [B, 24, T, h, w].
    """
    encoder = vae.encoder
    hidden = _causal(encoder.conv_in, patchify(clips, PATCH))
    for block in encoder.down_blocks:
        entered = hidden
        for resnet in block.resnets:
            hidden = _resnet(resnet, hidden)
        if block.downsampler is not None:
            hidden = _downsample(block.downsampler, hidden)
        hidden = hidden + block.avg_shortcut(entered)
    hidden = _head(encoder, _middle(encoder.mid_block, hidden))
    mean, log_variance = _causal(vae.quant_conv, hidden).chunk(2, dim=1)
    return mean, log_variance


def decode(vae: AutoencoderKLWan, latents: torch.Tensor) -> torch.Tensor:
    """The clip that latents [B, 24, T, h, w] stand for: [B, 3, F, H, W], nearly in [-1, 1]; it is not clamped."""
    decoder = vae.decoder
    hidden = _causal(decoder.conv_in, _causal(vae.post_quant_conv, latents))
    hidden = _middle(decoder.mid_block, hidden)
    for block in decoder.up_blocks:
        entered = hidden
        for resnet in block.resnets:
            hidden = _resnet(resnet, hidden)
        if block.upsampler is not None:
            hidden = _upsample(block.upsampler, hidden) + block.avg_shortcut(entered, first_chunk=True)
    return unpatchify(_head(decoder, hidden), PATCH)


def _causal(layer, hidden):
    """A convolution that sees no later frame; zeros stand before the first."""
    pad_width, _, pad_height, _, before, _ = layer._padding
    if before:
        zeros = hidden.new_zeros(*hidden.shape[:2], before, *hidden.shape[3:])
        hidden = torch.cat([zeros.contiguous(memory_format=torch.channels_last_3d), hidden], dim=2)
    return functional.conv3d(hidden, layer.weight, layer.bias, layer.stride, (0, pad_height, pad_width))


def _norm(layer, hidden):
    """The channels of each position divided by their root mean square, times gamma."""
    inverse = torch.rsqrt(hidden.float().square().sum(1, keepdim=True).clamp_min(1e-24)).to(hidden.dtype)
    return hidden * inverse * (layer.gamma.to(hidden.dtype) * layer.scale)


def _resnet(block, hidden):
    inner = _causal(block.conv1, functional.silu(_norm(block.norm1, hidden)))
    inner = _causal(block.conv2, functional.silu(_norm(block.norm2, inner)))
    through = isinstance(block.conv_shortcut, torch.nn.Identity)
    return inner + (hidden if through else _causal(block.conv_shortcut, hidden))


def _middle(block, hidden):
    hidden = _resnet(block.resnets[0], hidden)
    return _resnet(block.resnets[1], block.attentions[0](hidden))


def _head(coder, hidden):
    return _causal(coder.conv_out, functional.silu(_norm(coder.norm_out, hidden)))


def _frame_by_frame(layers, hidden):
    batch, channels, frames, height, width = hidden.shape
    flat = hidden.transpose(1, 2).reshape(batch * frames, channels, height, width)
    flat = layers(flat.contiguous(memory_format=torch.channels_last))
    return flat.view(batch, frames, *flat.shape[1:]).transpose(1, 2)


def _downsample(layer, hidden):
    hidden = _frame_by_frame(layer.resample, hidden)
    if layer.mode == "downsample3d" and hidden.shape[2] > 1:
        # The first frame stays; then every window of three frames becomes one, two frames further each time.
        hidden = torch.cat([hidden[:, :, :1], _causal(layer.time_conv, hidden)], dim=2)
    return hidden


def _upsample(layer, hidden):
    if layer.mode == "upsample3d" and hidden.shape[2] > 1:
        # The first frame stays one; each later one becomes two, which come as halves of the channels.
        first, rest = hidden[:, :, :1], hidden[:, :, 1:]
        batch, channels, frames, height, width = rest.shape
        pairs = _causal(layer.time_conv, rest).view(batch, 2, channels, frames, height, width)
        rest = torch.stack([pairs[:, 0], pairs[:, 1]], dim=3).view(batch, channels, 2 * frames, height, width)
        hidden = torch.cat([first, rest], dim=2)
    return _frame_by_frame(layer.resample, hidden)
