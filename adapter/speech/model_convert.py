"""A Hugging Face Whisper checkpoint becomes a CTranslate2 model; needs `readout[convert]`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from adapter.errors import ConfigurationError
from adapter.speech.model_install import Fill, Filled, copy_directory

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_BESIDE = ("tokenizer.json", "preprocessor_config.json")


def is_checkpoint(directory: Path) -> bool:
    """Whether a directory holds a Whisper checkpoint that is not converted yet."""
    if (directory / "model.bin").exists() or not any(map(any, map(directory.glob, _WEIGHTS))):
        return False
    try:
        told = json.loads((directory / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("model_type") == "whisper"


def convert_checkpoint(source: Path, quantization: str) -> Fill:
    """Fill with the conversion of a checkpoint; raises ConfigurationError with what is missing."""
    missing = [name for name in _BESIDE if not (source / name).is_file()]
    if missing:
        raise ConfigurationError(f"{source} has no {', '.join(missing)}; download it whole")

    def fill(target: Path) -> Filled:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".convert-") as folder:
            _convert(source, Path(folder), quantization)
            filled = copy_directory(Path(folder), lambda _: None)(target)
        return Filled(f"{source.resolve()} ({quantization})", filled.names)

    return fill


def _convert(source: Path, target: Path, quantization: str) -> None:
    try:
        import torch  # noqa: F401 - the converter needs it and says so late
        import transformers  # noqa: F401
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise ConfigurationError(
            f"converting a checkpoint needs {error.name}: pip install 'readout[convert]', or"
            " convert it elsewhere with ct2-transformers-converter and add the result"
        ) from None
    try:
        converter = TransformersConverter(str(source), copy_files=list(_BESIDE))
        converter.convert(str(target), quantization=quantization, force=True)
    except Exception as error:  # transformers raises whatever a broken checkpoint makes it
        raise ConfigurationError(
            f"{source} cannot be converted ({type(error).__name__}: {error})"
        ) from None
