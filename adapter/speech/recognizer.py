"""Speech to words: the Recognizer port on faster-whisper, with any CTranslate2 Whisper model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from adapter.domain.transcript import Word
from adapter.ports import Recognized, SpeechContext
from adapter.settings import Settings
from adapter.speech.audio import open_audio
from adapter.speech.bias import fitting_phrases, prompt_text
from adapter.speech.converter import converted
from adapter.speech.decoder import HOTWORD_TOKENS, HeardWord, WhisperDecoder
from adapter.speech.guards import guarded, repetition_guard, unheard_speech
from adapter.speech.heard import Heard
from adapter.speech.model_store import SpeechModel, find_model
from adapter.speech.pieces import Piece, PieceReader, cut_rule
from adapter.speech.utterances import CutRule

Progress = Callable[[int, int], None]
"""Called with milliseconds heard and expected (0: unknown)."""

BEAM = 5
_SKETCH_BEAM = 1
_MOST_SPLITS = 2


class WhisperRecognizer:
    """Loads its model at the first recording, once; may be used from several threads.

    `model`: CTranslate2 directory, name in the hub's cache, or empty for the embedded one;
    `converter`: command line that turns a DSS or DS2 file, {input}, into a WAV file, {output};
    `batch`: pieces decoded at once, of all recordings together (None: what suits the device).
    """

    def __init__(
        self,
        model: str | Path = "",
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int = 2,
        *,
        allow_download: bool = False,
        longest_minutes: float = 120.0,
        converter: str = "",
        batch: int | None = None,
    ) -> None:
        self._setting = model
        self._device = device
        self._compute_type = compute_type
        self._threads = threads
        self._allow_download = allow_download
        self._longest_minutes = longest_minutes
        self._converter = converter
        self._batch = batch
        self._loading = threading.Lock()
        self._loaded: tuple[SpeechModel, WhisperDecoder] | None = None

    @classmethod
    def from_settings(cls, settings: Settings, model: str | Path = "") -> WhisperRecognizer:
        """The recogniser of the settings, with another `model` if one is given."""
        return cls(
            model or settings.speech_model,
            settings.speech_device,
            settings.speech_compute_type,
            settings.speech_threads,
            allow_download=settings.speech_download,
            longest_minutes=settings.speech_longest_minutes,
            converter=settings.speech_converter,
        )

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._loaded is not None

    def load(self) -> None:
        """Bring the model into memory now; raises ConfigurationError with what to do."""
        self._engine()

    def recognize(
        self, audio: Path, context: SpeechContext, progress: Progress | None = None
    ) -> Recognized:
        """The words of a recording; silence has none. Blocking.

        Raises NotFound, Unsupported, Malformed, TooLarge, ConfigurationError, TryAgain.
        """
        with (
            converted(audio, self._converter) as path,
            open_audio(path, self._longest_minutes) as file,
        ):
            hearing = self.hearing(context)
            reader = PieceReader(file, hearing.rule)
            for batch in _batches(reader, hearing.at_once):
                hearing.hear(batch)
                if progress:
                    progress(batch[-1].end_ms, file.expected_ms)
            return hearing.recognized(reader.heard_ms)

    def hearing(self, context: SpeechContext, *, live: bool = False) -> Hearing:
        """Ears for one recording, piece by piece; loads the model as `load` does.

        `live`: somebody is waiting for each word, so that recordings wait.
        """
        return Hearing(*self._engine(), context, live=live)

    def _engine(self) -> tuple[SpeechModel, WhisperDecoder]:
        with self._loading:
            if self._loaded is None:
                model = find_model(self._setting, self._allow_download)
                decoder = WhisperDecoder(
                    model, self._device, self._compute_type, self._threads, self._batch
                )
                self._loaded = model, decoder
            return self._loaded


class Hearing:
    """The words of one recording as they come."""

    def __init__(
        self,
        model: SpeechModel,
        decoder: WhisperDecoder,
        context: SpeechContext,
        *,
        live: bool = False,
    ) -> None:
        self._model = model
        self._live = live
        self._decoder = decoder
        self._language = context.language.split("-")[0].lower()  # "en-US" is heard as "en"
        self._phrases: tuple[str, ...] = ()
        if self._language:
            decoder.check_language(self._language)
        if model.properties.hotwords:
            count = decoder.count_tokens
            self._phrases = fitting_phrases(context.phrases, count, HOTWORD_TOKENS)
        self._heard = Heard()

    @property
    def rule(self) -> CutRule:
        """How the model wants a recording cut."""
        return cut_rule(self._model.properties)

    @property
    def at_once(self) -> int:
        """How many pieces are best heard at once."""
        return self._decoder.batch

    @property
    def language(self) -> str:
        """What is spoken; empty as long as that is not known."""
        return self._language

    @property
    def words(self) -> tuple[Word, ...]:
        """Everything heard so far and not set apart."""
        return tuple(self._heard.words)

    def sketch(self, piece: Piece) -> tuple[Word, ...]:
        """What an unfinished piece sounds like so far; nothing is kept of it."""
        language = self._language or self._decoder.detect_language(piece.samples)
        (heard,) = self._decode([piece], language, _SKETCH_BEAM)
        words = timed_words(heard, piece.begin_ms, piece.end_ms)
        return guarded(words, piece.spoken, self._phrases).kept

    def hear(self, pieces: Sequence[Piece]) -> None:
        """Decode pieces and set apart what was not said; all of them, or none when it fails."""
        if not self._language:
            self._language = self._decoder.detect_language(pieces[0].samples)
        for piece, words in list(self._found(pieces, _MOST_SPLITS)):
            self._heard.add(words, piece.spoken, self._phrases)

    def _found(
        self, pieces: Sequence[Piece], splits: int
    ) -> Iterator[tuple[Piece, tuple[Word, ...]]]:
        """A piece in which the model loops or skips speech is decoded again in halves."""
        heard = self._decode(pieces, self._language, BEAM)
        for piece, found in zip(pieces, heard, strict=True):
            words = timed_words(found, piece.begin_ms, piece.end_ms)
            if splits and len(piece.speech) > 1 and _is_doubtful(words, piece):
                yield from self._found(piece.halves(), splits - 1)
            else:
                yield piece, words

    def _decode(self, pieces: Sequence[Piece], language: str, beam: int) -> list[list[HeardWord]]:
        samples = [piece.samples for piece in pieces]
        prompt = prompt_text(self._phrases)
        return self._decoder.decode(samples, language, prompt, beam, self._live)

    def recognized(self, duration_ms: int) -> Recognized:
        """Everything heard; the language is "en" by default when nothing was said."""
        return self._heard.recognized(self._language, duration_ms, self._model.label)


def _is_doubtful(words: Sequence[Word], piece: Piece) -> bool:
    return bool(repetition_guard(words).quarantined or unheard_speech(words, piece.spoken))


def timed_words(words: Iterable[HeardWord], begin_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Words at their place in the recording: ascending, not overlapping, inside the piece."""
    timed: list[Word] = []
    earliest = begin_ms
    for word in words:
        start = min(max(begin_ms + round(word.start * 1000), earliest), end_ms)
        earliest = min(max(begin_ms + round(word.end * 1000), start), end_ms)
        confidence = round(min(1.0, max(0.0, word.probability)), 4)
        timed.append(Word(word.text.strip(), start, earliest, confidence))
    return tuple(timed)


def _batches(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    iterator = iter(pieces)
    while batch := list(islice(iterator, size)):
        yield batch
