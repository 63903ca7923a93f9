"""A Hugging Face Whisper checkpoint becomes a CTranslate2 model."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from adapter.errors import ConfigurationError
from adapter.speech.model_install import Fill, Filled, copy_directory
from adapter.speech.safetensors import read_tensors
from adapter.speech.whisper_spec import settings, vocabulary, whisper_spec

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_BESIDE = ("tokenizer.json", "preprocessor_config.json")
_QUANTIZATIONS = ("int8", "int8_float32", "int8_float16", "int16", "float16", "float32")


def is_checkpoint(directory: Path) -> bool:
    """Whether a directory holds a Whisper checkpoint that is not converted yet."""
    if (directory / "model.bin").exists() or not any(map(any, map(directory.glob, _WEIGHTS))):
        return False
    try:
        return _read(directory / "config.json").get("model_type") == "whisper"
    except ConfigurationError:
        return False


def convert_checkpoint(source: Path, quantization: str) -> Fill:
    """Fill with the conversion of a checkpoint; raises ConfigurationError with what is missing."""
    missing = [name for name in _BESIDE if not (source / name).is_file()]
    if missing:
        raise ConfigurationError(f"{source} has no {', '.join(missing)}; download it whole")
    if not any(source.glob("*.safetensors")):
        raise ConfigurationError(
            f"{source} holds pickled weights, which can run any program: save it again with"
            " safe_serialization, or take its safetensors files"
        )
    if quantization not in _QUANTIZATIONS:
        raise ConfigurationError(f"--quantization is one of {', '.join(_QUANTIZATIONS)}")

    def fill(target: Path) -> Filled:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".convert-") as folder:
            _convert(source, Path(folder), quantization)
            filled = copy_directory(Path(folder), lambda _: None)(target)
        return Filled(f"{source.resolve()} ({quantization})", filled.names)

    return fill


def _convert(source: Path, target: Path, quantization: str) -> None:
    config = _read(source / "config.json")
    generation = _read(source / "generation_config.json", optional=True)
    tensors = {
        name: tensor
        for path in sorted(source.glob("*.safetensors"))
        for name, tensor in read_tensors(path).items()
    }
    try:
        spec = whisper_spec(config, tensors)
        tokens = _tokens(source)
        for name, value in settings(config, generation, tokens).items():
            setattr(spec.config, name, value)
        spec.register_vocabulary(vocabulary(tokens, config["vocab_size"]))
        spec.validate()
        spec.optimize(quantization=quantization)
    except KeyError as error:
        raise ConfigurationError(f"{source} lacks {error}; it is no whole Whisper") from None
    except (ValueError, TypeError, RuntimeError) as error:
        raise ConfigurationError(f"{source} cannot be converted: {error}") from None
    spec.save(str(target))
    for name in _BESIDE:
        shutil.copy(source / name, target / name)


def _tokens(source: Path) -> dict[str, int]:
    from tokenizers import Tokenizer

    try:
        found: dict[str, int] = Tokenizer.from_file(str(source / "tokenizer.json")).get_vocab()
    except Exception as error:  # the tokenizer library raises bare Exception for a broken file
        raise ConfigurationError(f"{source / 'tokenizer.json'} cannot be read: {error}") from None
    return found


def _read(path: Path, optional: bool = False) -> dict[str, Any]:
    if optional and not path.is_file():
        return {}
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationError(f"{path} cannot be read; download it again") from None
    if not isinstance(told, dict):
        raise ConfigurationError(f"{path} is no JSON object; download it again")
    return told
