"""Which Whisper model a setting means, where it lies, and what it can do."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.errors import ConfigurationError
from adapter.speech.confidence import Calibration
from adapter.speech.model_files import PROPERTIES, check_sizes

EMBEDDED = Path(__file__).resolve().parent / "models" / "embedded"

_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_FIX = "set READOUT_SPEECH_MODEL to a CTranslate2 Whisper directory, or leave it empty"


class ModelProperties(BaseModel):
    """`readout-model.json` of a model directory; without the file, what any real Whisper can do."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = ""
    """Name shown in transcripts; empty: the directory's name."""

    hotwords: bool = True
    """Whether phrases of the study may be given as a prompt; a model not trained so collapses."""

    longest_seconds: float = Field(default=28.0, gt=1, le=29.5)
    """Longest piece of audio decoded at once."""

    full_window: bool = True
    """Whether a piece is padded to the 30 s that Whisper was trained on; false is much faster."""

    bridged_pause_seconds: float = Field(default=1.5, ge=0)
    """Pauses up to this long stay inside a piece; a small model wants one sentence a piece."""

    confidence: Calibration = Calibration()
    """Slope and offset that bring the model's own log-odds of a word to how often it is right."""

    most_threads: int = Field(default=64, ge=1)
    """Processor threads beyond this only wait for each other: one is best for a small model."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model directory that was looked through. `label` names these very weights."""

    directory: Path
    properties: ModelProperties
    label: str


def find_model(setting: str | Path, allow_download: bool = False) -> SpeechModel:
    """The model that a setting means: empty (embedded), a directory, or a name in the hub's cache.

    Raises ConfigurationError with what to do. Reaches the network only with `allow_download`.
    """
    text = str(setting)
    if not text:
        return _open_directory(EMBEDDED, "embedded")
    directory = Path(text).expanduser()
    if directory.is_dir():
        return _open_directory(directory, directory.resolve().name)
    if directory.exists():
        raise ConfigurationError(f"speech model {text} is a file, not a directory; {_FIX}")
    if not _is_hub_name(text):
        raise ConfigurationError(f"speech model directory {text} does not exist; {_FIX}")
    return _open_directory(_from_hub(text, allow_download), text)


def models_folder(data_dir: Path) -> Path:
    """Where `readout model add` puts models."""
    return data_dir / "models"


def located(setting: str | Path, data_dir: Path) -> str | Path:
    """The directory of an added model of this name, else the setting as it is."""
    text = str(setting)
    if not text or text.startswith(".") or "/" in text:
        return setting
    directory = models_folder(data_dir) / text
    return directory if directory.is_dir() else setting


def hub_id(name: str) -> str:
    """The hub's repository of a Whisper size or a repository's own name.

    Raises ConfigurationError when it can be neither.
    """
    from faster_whisper.utils import _MODELS

    known = _MODELS.get(name, name)
    if _HUB_ID.fullmatch(known) is None:
        raise ConfigurationError(f"{name} is neither a directory nor a model's name on the hub")
    return str(known)


def _is_hub_name(text: str) -> bool:
    from faster_whisper.utils import available_models

    return text in available_models() or _HUB_ID.fullmatch(text) is not None


def _from_hub(name: str, allow_download: bool) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, local_files_only=not allow_download))
    except Exception as error:  # the hub client raises its own, HTTP and system errors alike
        if allow_download:
            reason = f"could not be downloaded ({type(error).__name__})"
        else:
            reason = "is neither a directory nor a model already in this machine's hub cache"
        raise ConfigurationError(f"speech model {name} {reason}; {_FIX}") from None


def _open_directory(directory: Path, name: str) -> SpeechModel:
    missing = [each for each in _NEEDED if not (directory / each).is_file()]
    if missing:
        raise ConfigurationError(
            f"speech model {directory} is not a CTranslate2 Whisper model: {', '.join(missing)}"
            " missing; convert it with ct2-transformers-converter --copy_files tokenizer.json"
            " preprocessor_config.json"
        )
    check_sizes(directory)
    properties = _read_properties(directory / PROPERTIES)
    label = f"{properties.name or name}@{_digest(directory / 'model.bin')[:12]}"
    return SpeechModel(directory, properties, label)


def _read_properties(path: Path) -> ModelProperties:
    if not path.is_file():
        return ModelProperties()
    try:
        return ModelProperties.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problem: Any = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "file"
        raise ConfigurationError(f"{path}: {where}: {problem['msg']}") from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
