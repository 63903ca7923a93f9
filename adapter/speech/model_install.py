"""Puts a model in place, whole or not at all: staged and tried beside its place, then renamed."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from adapter.errors import ConfigurationError, Conflict, ReadoutError, Rejected
from adapter.speech.confidence import Calibration
from adapter.speech.decoder import WhisperDecoder
from adapter.speech.model_files import (
    MANIFEST,
    PROPERTIES,
    Manifest,
    describe,
    digest,
    is_wanted,
    read_manifest,
)
from adapter.speech.model_store import find_model

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")

_BLOCK = 1 << 20

Counted = Callable[[int], None]
"""Called with each further number of bytes."""


class Filled(NamedTuple):
    """Where files came from, and their names."""

    source: str
    names: frozenset[str]


Fill = Callable[[Path], Filled]
"""Brings the files of a model into a folder, which may hold some from an earlier try."""


def install(models: Path, name: str, fill: Fill) -> tuple[Path, Manifest]:
    """A model of this name in `models`; what was staged stays for the next try when it fails.

    Raises Rejected (name), Conflict (there already, or added just now), ConfigurationError.
    """
    if not NAME.fullmatch(name):
        raise Rejected(f"{name!r} is no name for a model; use letters, digits, - _ . with --name")
    place, staged = models / name, models / f".{name}.part"
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _alone(models / f".{name}.lock"):
            if place.exists():
                raise Conflict(f"{place} is there already; choose another --name or delete it")
            staged.mkdir(exist_ok=True)
            manifest = _staged(staged, fill)
            staged.rename(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"the model cannot be put into {models}: {reason}") from None
    return place, manifest


def copy_directory(source: Path, counted: Counted) -> Fill:
    """Fill with the model files of a directory; a file that is there already is not copied."""

    def fill(target: Path) -> Filled:
        files = [path for path in source.iterdir() if is_wanted(path.name) and path.is_file()]
        for path in sorted(files):
            _copy(path, target / path.name, counted)
        return Filled(str(source.resolve()), frozenset(path.name for path in files))

    return fill


def added(models: Path) -> Iterator[tuple[str, Manifest]]:
    """Names and manifests of the models in a folder; raises ConfigurationError."""
    for path in sorted(models.iterdir()) if models.is_dir() else ():
        manifest = None if path.name.startswith(".") else read_manifest(path)
        if manifest is not None:
            yield path.name, manifest


def try_model(directory: Path) -> None:
    """Load a model and let it decode a second of silence; raises ConfigurationError, TryAgain."""
    import numpy as np

    second = np.zeros(16_000, np.float32)
    try:
        decoder = WhisperDecoder(find_model(directory), "cpu", "default", 1)
        decoder.decode([second], decoder.detect_language(second), "", 1)
    except ReadoutError:
        raise
    except Exception as error:  # whatever files that do not fit together make the libraries raise
        raise ConfigurationError(
            f"speech model files do not fit together ({error}); convert the model again"
        ) from None


def set_confidence(directory: Path, curve: Calibration) -> None:
    """Write the curve into an added model's properties; raises ConfigurationError."""
    manifest = read_manifest(directory)
    if manifest is None:
        raise ConfigurationError(f"{directory} was not put there by `readout model add`")
    properties = find_model(directory).properties.model_copy(update={"confidence": curve})
    _write(directory / MANIFEST, describe(directory, manifest.source, manifest.files))
    _write(directory / PROPERTIES, properties)


def _write(path: Path, told: BaseModel) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(told.model_dump_json(indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def _staged(staged: Path, fill: Fill) -> Manifest:
    (staged / MANIFEST).unlink(missing_ok=True)
    filled = fill(staged)
    for each in staged.iterdir():  # what a hub client left, or an earlier try from elsewhere
        if each.is_dir():
            shutil.rmtree(each)
        elif each.name not in filled.names:
            each.unlink()
    try:
        try_model(staged)
    except ConfigurationError:
        shutil.rmtree(staged)  # whole, and no model: nothing to go on from
        raise
    manifest = describe(staged, filled.source, filled.names)
    _write(staged / MANIFEST, manifest)
    return manifest


def _copy(source: Path, target: Path, counted: Counted) -> None:
    size = source.stat().st_size
    if target.is_file() and target.stat().st_size == size and digest(target) == digest(source):
        counted(size)
        return
    part = target.with_name(target.name + ".part")
    with source.open("rb") as reader, part.open("wb") as writer:
        while block := reader.read(_BLOCK):
            writer.write(block)
            counted(len(block))
    part.replace(target)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("this model is being added by another command; wait for it") from None
        yield
