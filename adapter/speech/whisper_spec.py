"""The tensors of a Whisper checkpoint, by their names in transformers, as a CTranslate2 model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapter.speech.safetensors import Tensors

_TIMESTAMP_SECONDS = 0.02


def whisper_spec(config: dict[str, Any], tensors: Tensors) -> Any:
    """The specification with its weights; raises KeyError naming a tensor or setting it lacks."""
    from ctranslate2.specs.whisper_spec import WhisperSpec

    found = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    encoder, decoder = config["encoder_layers"], config["decoder_layers"]
    spec = WhisperSpec(
        encoder, config["encoder_attention_heads"], decoder, config["decoder_attention_heads"]
    )
    for name in ("conv1", "conv2"):
        _affine(getattr(spec.encoder, name), found, f"encoder.{name}")
    _side(spec.encoder, found, "encoder", encoder)
    spec.decoder.embeddings.weight = found["decoder.embed_tokens.weight"]
    _side(spec.decoder, found, "decoder", decoder)
    spec.decoder.projection.weight = found.get("proj_out.weight", spec.decoder.embeddings.weight)
    return spec


def settings(
    config: dict[str, Any], generation: dict[str, Any], tokens: dict[str, int]
) -> dict[str, Any]:
    """What the decoder is told beside the weights; alignment by the last half of the layers."""
    heads = generation.get("alignment_heads") or [
        list(each)
        for each in product(
            range(config["decoder_layers"] // 2, config["decoder_layers"]),
            range(config["decoder_attention_heads"]),
        )
    ]
    languages = generation.get("lang_to_id") or {
        token: number for token, number in tokens.items() if _is_language(token)
    }
    told = {**config, **generation}
    return {
        "suppress_ids": told.get("suppress_tokens"),
        "suppress_ids_begin": told.get("begin_suppress_tokens"),
        "alignment_heads": heads,
        "lang_ids": sorted(languages.values()),
    }


def vocabulary(tokens: dict[str, int], size: int) -> list[str]:
    """The tokens in order of their numbers, then the timestamps that the tokenizer leaves out."""
    known = sorted(tokens, key=tokens.__getitem__)
    missing = range(size - len(known))
    return known + [f"<|{number * _TIMESTAMP_SECONDS:.2f}|>" for number in missing]


def _is_language(token: str) -> bool:
    return token.startswith("<|") and 2 <= len(token.strip("<|>")) <= 3 and token[2:-2].isalpha()


def _side(spec: Any, found: Tensors, side: str, layers: int) -> None:
    """Positions, layers and the last norm of the encoder or the decoder."""
    spec.position_encodings.encodings = found[f"{side}.embed_positions.weight"]
    _norm(spec.layer_norm, found, f"{side}.layer_norm")
    for number, layer in zip(range(layers), spec.layer, strict=True):
        name = f"{side}.layers.{number}"
        for part, kind in _attentions(layer, side):
            _attention(part, found, f"{name}.{kind}", kind == "self_attn")
        _affine(layer.ffn.linear_0, found, f"{name}.fc1")
        _affine(layer.ffn.linear_1, found, f"{name}.fc2")
        _norm(layer.ffn.layer_norm, found, f"{name}.final_layer_norm")


def _attentions(layer: Any, side: str) -> Iterator[tuple[Any, str]]:
    yield layer.self_attention, "self_attn"
    if side == "decoder":
        yield layer.attention, "encoder_attn"


def _attention(spec: Any, found: Tensors, name: str, fused: bool) -> None:
    """Query, key and value in one matrix, or the query alone where the encoder is attended to."""
    from ctranslate2.converters.utils import fuse_linear
    from ctranslate2.specs.common_spec import LinearSpec

    parts = [LinearSpec() for _ in range(3)]
    for part, letter in zip(parts, "qkv", strict=True):
        _affine(part, found, f"{name}.{letter}_proj")
    if fused:
        fuse_linear(spec.linear[0], parts)
    else:
        fuse_linear(spec.linear[0], parts[:1])
        fuse_linear(spec.linear[1], parts[1:])
    _affine(spec.linear[-1], found, f"{name}.out_proj")
    _norm(spec.layer_norm, found, f"{name}_layer_norm")


def _affine(spec: Any, found: Tensors, name: str) -> None:
    spec.weight = found[f"{name}.weight"]
    if f"{name}.bias" in found:  # the keys of an attention have none
        spec.bias = found[f"{name}.bias"]


def _norm(spec: Any, found: Tensors, name: str) -> None:
    spec.gamma = found[f"{name}.weight"]
    spec.beta = found[f"{name}.bias"]
