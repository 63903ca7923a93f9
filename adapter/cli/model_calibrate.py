"""`readout model calibrate`: bring a model's confidence to how often it is right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from adapter.cli.inputs import read_text
from adapter.domain.transcript import Transcript
from adapter.errors import ConfigurationError, Malformed, NotFound
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import load_vocabulary
from adapter.ports import SpeechContext
from adapter.settings import Settings, load_settings
from adapter.speech.confidence import calibration_error, fitted
from adapter.speech.model_install import set_confidence
from adapter.speech.model_store import SpeechModel, find_model, located, models_folder
from adapter.speech.recognizer import WhisperRecognizer
from adapter.speech.scored import Scored, scored

LEAST_OF_EACH = 20


def command(
    folder: Annotated[
        Path,
        typer.Argument(help="Recordings, each with a .txt of the same name: what was said."),
    ],
    model: Annotated[str, typer.Option(help="An added model; else the setting's.")] = "",
    show: Annotated[bool, typer.Option("--show", help="Change nothing, print the curve.")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit a model's confidence to a site's own recordings; flags for doubtful words follow it.

    Example: readout model calibrate /srv/checked-dictations --model large-v3-turbo
    """
    settings = load_settings(config)
    name = model or settings.speech_model
    place = models_folder(settings.data_dir) / name
    if not show and not (name and place.is_dir()):
        raise ConfigurationError("only a model that was added can be calibrated; name it: --model")
    model_now = find_model(located(name, settings.data_dir), settings.speech_download)
    words = list(_scored(settings, model_now, folder))
    confidences = [word.confidence for word in words]
    right = [word.right for word in words]
    if min(right.count(False), right.count(True)) < LEAST_OF_EACH:
        raise Malformed(
            f"{len(words)} words, {right.count(False)} of them wrong: too few to fit; give more"
            f" recordings, until at least {LEAST_OF_EACH} words are right and as many wrong"
        )
    curve = fitted(confidences, right)
    if not show:
        set_confidence(place, curve.after(model_now.properties.confidence))
    told = {
        "model": model_now.label,
        "words": len(words),
        "wrong": right.count(False),
        "confidence": list(curve.after(model_now.properties.confidence)),
        "error_before": round(calibration_error(confidences, right), 4),
        "error_after": round(calibration_error([curve(p) for p in confidences], right), 4),
        "saved": not show,
    }
    typer.echo(json.dumps(told) if as_json else _text(told))


def _text(told: dict[str, Any]) -> str:
    return (
        f"{told['words']} words, {told['wrong']} wrong: mean gap between confidence and truth"
        f" {told['error_before']:.1%} before, {told['error_after']:.1%} after;"
        f" confidence = {told['confidence']}{' saved' if told['saved'] else ''}"
    )


def _scored(settings: Settings, model: SpeechModel, folder: Path) -> Iterator[Scored]:
    """The words of every recording that has its text beside it."""
    texts = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    pairs = [(path, text) for text in texts for path in _recordings(text)]
    if not pairs:
        raise NotFound(f"{folder} holds no recording with a .txt of the same name beside it")
    engine = WhisperRecognizer.from_settings(settings, model.directory)
    language = settings.speech_language
    vocabulary = load_vocabulary(MappingFiles(site=settings.mappings_dir), language or "en")
    console = Console(stderr=True)
    for path, text in track(pairs, "hearing", console=console, disable=not console.is_terminal):
        heard = engine.recognize(path, SpeechContext(language))
        words = Transcript("", heard.model, heard.language, heard.duration_ms, heard.words)
        yield from scored(words, read_text(str(text)), vocabulary)


def _recordings(text: Path) -> Iterator[Path]:
    return (each for each in sorted(text.parent.glob(f"{text.stem}.*")) if each != text)
