"""A recogniser whose recordings are text files: one word after another, 300 ms each."""

from __future__ import annotations

from pathlib import Path

from adapter.domain.transcript import Word
from adapter.errors import Unsupported
from adapter.ports import Recognized, SpeechContext

WORD_MS = 300


class TextRecognizer:
    """Implements ports.Recognizer: the bytes are the words; `not audio` is refused."""

    def __init__(self) -> None:
        self.heard: list[SpeechContext] = []

    def recognize(self, audio: Path, context: SpeechContext) -> Recognized:
        self.heard.append(context)
        text = audio.read_bytes().decode()
        if text == "not audio":
            raise Unsupported("this is not audio")
        spoken = [] if text == "silence" else text.split()
        words = tuple(
            Word(each, place * WORD_MS, (place + 1) * WORD_MS - 20, 0.9)
            for place, each in enumerate(spoken)
        )
        return Recognized(words, context.language, len(words) * WORD_MS, "text-1")
