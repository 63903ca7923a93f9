"""The files of an added model and their checksums: `readout-model-files.json` beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.errors import ConfigurationError

MANIFEST = "readout-model-files.json"
PROPERTIES = "readout-model.json"
"""What the model can do: the site's to change, and so no part of the checksums."""

WANTED = (
    "model.bin", "config.json", "tokenizer.json", "preprocessor_config.json", "vocabulary.json",
    "vocabulary.txt", PROPERTIES, "README.md", "MODEL_CARD.md", "LICENSE*", "NOTICE*",
)  # fmt: skip
"""What is taken over of a model's directory or repository."""


class ModelFile(BaseModel):
    """One file as it was when the model was added."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """Where an added model came from, and its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    files: dict[str, ModelFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.bytes for each in self.files.values())


def is_wanted(name: str) -> bool:
    """Whether a file of this name belongs to a model."""
    return any(fnmatch(name, pattern) for pattern in WANTED)


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of an added model; None for any other directory."""
    path = directory / MANIFEST
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise ConfigurationError(f"{path} is damaged; {_again(directory)}") from None


def describe(directory: Path, source: str, names: Iterable[str]) -> Manifest:
    """The manifest of these files of a directory."""
    files = {
        name: ModelFile(bytes=(directory / name).stat().st_size, sha256=digest(directory / name))
        for name in sorted(names)
        if name != PROPERTIES
    }
    return Manifest(source=source, files=files)


def check_sizes(directory: Path) -> None:
    """Raise ConfigurationError when a file of an added model is gone or has another size."""
    manifest = read_manifest(directory)
    if manifest is not None:
        _refuse(directory, list(_of_other_size(directory, manifest)))


def check_digests(directory: Path) -> bool:
    """Read every file of an added model; False when the directory has no manifest.

    Raises ConfigurationError naming what is not as it was added.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        return False
    check_sizes(directory)
    found = describe(directory, manifest.source, manifest.files).files
    _refuse(directory, [name for name in manifest.files if found[name] != manifest.files[name]])
    return True


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_other_size(directory: Path, manifest: Manifest) -> Iterator[str]:
    for name, each in manifest.files.items():
        path = directory / name
        if not path.is_file() or path.stat().st_size != each.bytes:
            yield name


def _refuse(directory: Path, names: list[str]) -> None:
    if names:
        raise ConfigurationError(
            f"speech model {directory.name} is not as it was added ({', '.join(names)});"
            f" {_again(directory)}"
        )


def _again(directory: Path) -> str:
    return f"delete {directory} and run `readout model add` again"
