"""Which engine the settings mean."""

from __future__ import annotations

from pathlib import Path

from adapter.settings import Settings
from adapter.speech.model_store import located
from adapter.speech.openai_engine import OpenAiRecognizer
from adapter.speech.recognizer import WhisperRecognizer

Engine = WhisperRecognizer | OpenAiRecognizer


def open_engine(settings: Settings, model: str | Path = "") -> Engine:
    """The engine of the settings, with another `model` if one is given; nothing is loaded yet."""
    if settings.speech_engine == "openai":
        return OpenAiRecognizer(settings, model)
    place = located(model or settings.speech_model, settings.data_dir)
    return WhisperRecognizer.from_settings(settings, place)
