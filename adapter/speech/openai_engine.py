"""Speech to words: the Recognizer port on any OpenAI-compatible transcription server."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.ports import Recognized, SpeechContext
from adapter.settings import Settings
from adapter.speech.audio import SAMPLE_RATE, open_audio
from adapter.speech.bias import fitting_phrases, prompt_text
from adapter.speech.converter import converted
from adapter.speech.decoder import HOTWORD_TOKENS
from adapter.speech.heard import Heard
from adapter.speech.openai_answer import read_answer
from adapter.speech.openai_server import OpenAiServer
from adapter.speech.pieces import Piece, PieceReader
from adapter.speech.recognizer import timed_words
from adapter.speech.utterances import CutRule
from adapter.speech.voice_activity import WINDOW

if TYPE_CHECKING:
    from adapter.speech.audio import Samples

DEFAULT_MODEL = "whisper-1"

_WINDOWS_A_SECOND = SAMPLE_RATE // WINDOW
_CUT = CutRule(
    longest=300 * _WINDOWS_A_SECOND,  # a WAV of 10 MB: servers take 25
    bridge=10 * _WINDOWS_A_SECOND,
    margin=_WINDOWS_A_SECOND // 2,
)
_BYTES_A_TOKEN = 3  # cautious: the tokens of the server's model are not known here


class OpenAiRecognizer:
    """Implements ports.Recognizer. Sends what holds speech, as 16 kHz WAV without any metadata.

    Raises ConfigurationError at once when the settings do not allow the address.
    """

    def __init__(self, settings: Settings, model: str | Path = "") -> None:
        self._settings = settings
        self._model = str(model or settings.speech_model or DEFAULT_MODEL)
        self._server = OpenAiServer(settings)

    @property
    def label(self) -> str:
        """Model and server, as transcripts name them."""
        return f"{self._model}@{self._server.host}"

    def load(self) -> None:
        """Nothing is loaded here: the server has the model."""

    def recognize(
        self,
        audio: Path,
        context: SpeechContext,
        progress: Callable[[int, int], None] | None = None,
    ) -> Recognized:
        """The words of a recording; silence has none and is not sent. Blocking.

        Raises NotFound, Unsupported, Malformed, TooLarge, ConfigurationError, TryAgain.
        """
        settings = self._settings
        hearing = _Hearing(self._server, self._model, context)
        with (
            converted(audio, settings.speech_converter) as path,
            open_audio(path, settings.speech_longest_minutes) as file,
        ):
            reader = PieceReader(file, _CUT)
            for piece in reader:
                hearing.hear(piece)
                if progress:
                    progress(piece.end_ms, file.expected_ms)
            return hearing.recognized(reader.heard_ms, self.label)


class _Hearing:
    """The words of one recording as they come."""

    def __init__(self, server: OpenAiServer, model: str, context: SpeechContext) -> None:
        self._server = server
        self._language = context.language.split("-")[0].lower()
        self._phrases = fitting_phrases(context.phrases, _most_tokens, HOTWORD_TOKENS)
        self._fields: dict[str, str | list[str]] = {
            "model": model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "temperature": "0",
        }
        if self._phrases:
            self._fields["prompt"] = prompt_text(self._phrases)
        self._heard = Heard()

    def hear(self, piece: Piece) -> None:
        """Ask the server for the words of a piece and set apart what was not said."""
        if self._language:
            self._fields["language"] = self._language
        answer = read_answer(self._server.transcribe(wav_bytes(piece.samples), self._fields))
        self._language = self._language or answer.code
        words = timed_words(answer.heard(), piece.begin_ms, piece.end_ms)
        self._heard.add(words, piece.spoken, self._phrases)

    def recognized(self, duration_ms: int, label: str) -> Recognized:
        """Everything heard; the language is "en" by default when nothing was said."""
        return self._heard.recognized(self._language, duration_ms, label)


def wav_bytes(samples: Samples) -> bytes:
    """Mono 16-bit WAV of samples at 16 kHz."""
    import numpy as np

    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _most_tokens(text: str) -> int:
    return len(text.encode()) // _BYTES_A_TOKEN + 1
