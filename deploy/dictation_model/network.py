"""Whisper in plain PyTorch, named as in transformers so that the weights convert one to one.

Written out for CPU training in bfloat16: convolutions as matrix products, and attention weights
at hand, because the cross-attention is trained on the forced alignment.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import phonemes
import tokenizer


@dataclass(frozen=True)
class Dimensions:
    """Size of the network; 64 channels a head."""

    width: int = 192
    heads: int = 3
    hidden: int = 768
    encoder_layers: int = 4
    decoder_layers: int = 2
    vocabulary: int = tokenizer.VOCABULARY
    phonemes: int = phonemes.CLASSES


class Attention(nn.Module):
    """Multi-head attention; `weights` [batch, heads, query, key] stay readable when kept."""

    def __init__(self, width: int, heads: int, keep_weights: bool = False) -> None:
        super().__init__()
        self.heads, self.keep_weights = heads, keep_weights
        self.weights: Tensor | None = None
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, source: Tensor | None = None, causal: bool = False) -> Tensor:
        """Attend from `x` to `source` (itself when absent); both [batch, time, width]."""
        source = x if source is None else source
        batch, time, width = x.shape
        query, key, value = (
            y.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)
            for y in (self.q_proj(x), self.k_proj(source), self.v_proj(source))
        )
        if causal or (time > 900 and not self.keep_weights):
            out = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        else:
            scale = (width // self.heads) ** -0.5
            weights = ((query * scale) @ key.transpose(-1, -2)).softmax(-1)
            self.weights = weights if self.keep_weights and self.training else None
            out = weights.to(value.dtype) @ value
        joined: Tensor = self.out_proj(out.transpose(1, 2).reshape(batch, time, width))
        return joined


class Layer(nn.Module):
    """One transformer layer; decoder layers also attend to the encoder."""

    def __init__(self, size: Dimensions, decoder: bool) -> None:
        super().__init__()
        self.decoder = decoder
        self.self_attn = Attention(size.width, size.heads)
        self.self_attn_layer_norm = nn.LayerNorm(size.width)
        if decoder:
            self.encoder_attn = Attention(size.width, size.heads, keep_weights=True)
            self.encoder_attn_layer_norm = nn.LayerNorm(size.width)
        self.fc1 = nn.Linear(size.width, size.hidden)
        self.fc2 = nn.Linear(size.hidden, size.width)
        self.final_layer_norm = nn.LayerNorm(size.width)

    def forward(self, x: Tensor, encoded: Tensor | None = None) -> Tensor:
        """Map [batch, time, width] to the same shape."""
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=self.decoder)
        if self.decoder:
            x = x + self.encoder_attn(self.encoder_attn_layer_norm(x), encoded)
        out: Tensor = x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))
        return out


class Encoder(nn.Module):
    """Log-mel [batch, frames, 80] to states [batch, frames / 2, width], 20 ms a state."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, size.width, 3, padding=1)
        self.conv2 = nn.Conv1d(size.width, size.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(1500, size.width)
        self.embed_positions.weight.data = sinusoids(1500, size.width)
        self.embed_positions.weight.requires_grad = False
        self.layers = nn.ModuleList(Layer(size, False) for _ in range(size.encoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)

    def forward(self, mel: Tensor) -> Tensor:
        """Encode scaled log-mel features."""
        x = F.gelu(convolution(self.conv1, mel, 1))
        x = F.gelu(convolution(self.conv2, x, 2))
        x = x + self.embed_positions.weight[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        out: Tensor = self.layer_norm(x)
        return out


class Decoder(nn.Module):
    """Token numbers [batch, length] and encoder states to logits [batch, length, vocabulary]."""

    def __init__(self, size: Dimensions) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(size.vocabulary, size.width)
        self.embed_positions = nn.Embedding(448, size.width)
        nn.init.normal_(self.embed_tokens.weight, std=0.02)
        nn.init.normal_(self.embed_positions.weight, std=0.01)
        self.layers = nn.ModuleList(Layer(size, True) for _ in range(size.decoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)

    def forward(self, tokens: Tensor, encoded: Tensor) -> Tensor:
        """Logits of the next token after each position."""
        x = self.embed_tokens(tokens) + self.embed_positions.weight[: tokens.shape[1]]
        for layer in self.layers:
            x = layer(x, encoded)
        return F.linear(self.layer_norm(x), self.embed_tokens.weight)

    def attention(self, layer: int) -> Tensor:
        """Cross-attention of head 0 of a layer at the last training step: [batch, length, states].

        Raises `ValueError` outside training.
        """
        module = self.layers[layer]
        if not isinstance(module, Layer) or module.encoder_attn.weights is None:
            raise ValueError("the attention weights are kept in training only")
        return module.encoder_attn.weights[:, 0].float()


class Whisper(nn.Module):
    """Encoder, decoder and the phoneme head that only training uses."""

    def __init__(self, size: Dimensions | None = None) -> None:
        super().__init__()
        self.size = size or Dimensions()
        self.encoder = Encoder(self.size)
        self.decoder = Decoder(self.size)
        self.ctc = nn.Linear(self.size.width, self.size.phonemes)


def sinusoids(length: int, width: int) -> Tensor:
    """Fixed positions [length, width] of the Whisper encoder."""
    step = math.log(10_000) / (width // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(width // 2))[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def convolution(layer: nn.Conv1d, x: Tensor, stride: int) -> Tensor:
    """A kernel-3 convolution over [batch, time, channels] as one matrix product."""
    padded = F.pad(x, (0, 0, 1, 1))
    taps = torch.cat([padded[:, k : k + x.shape[1] : stride] for k in range(3)], dim=-1)
    weight = layer.weight.permute(0, 2, 1).reshape(layer.weight.shape[0], -1)
    return F.linear(taps, weight, layer.bias)
