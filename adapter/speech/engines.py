"""Which engine the settings mean."""

from __future__ import annotations

from pathlib import Path

from adapter.settings import Settings
from adapter.speech.model_store import find_model, located
from adapter.speech.openai_engine import OpenAiRecognizer
from adapter.speech.recognizer import WhisperRecognizer

Engine = WhisperRecognizer | OpenAiRecognizer


def open_engine(settings: Settings, model: str | Path = "") -> Engine:
    """The engine of the settings, with another `model` if one is given; nothing is loaded yet."""
    if settings.speech_engine == "openai":
        return OpenAiRecognizer(settings, model)
    place = located(model or settings.speech_model, settings.data_dir)
    return WhisperRecognizer.from_settings(settings, place)


def model_folder(settings: Settings) -> Path | None:
    """Directory of the model that this process loads; None: a server has it."""
    if settings.speech_engine != "whisper":
        return None
    return find_model(located(settings.speech_model, settings.data_dir)).directory
