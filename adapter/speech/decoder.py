"""The only file that calls faster-whisper's decoding: samples in, words with times out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from adapter.errors import ConfigurationError, TryAgain
from adapter.speech.model_store import SpeechModel

if TYPE_CHECKING:
    from adapter.speech.audio import Samples

HOTWORD_TOKENS = 223
"""faster-whisper cuts a longer prompt without a word."""

_FRAMES = 3000
_LEAST_FRAMES = 20
_TOKENS_PER_SECOND = 25  # twice what the fastest speaker reaches: ends a loop early
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


class HeardWord(NamedTuple):
    """A piece as the model wrote it, blank in front included; seconds from the samples' begin."""

    text: str
    start: float
    end: float
    probability: float


class WhisperDecoder:
    """A loaded model. Safe from several threads: one decode at a time."""

    def __init__(self, model: SpeechModel, device: str, compute_type: str, threads: int) -> None:
        self._whisper = _load(model, device, compute_type, threads)
        self._lock = threading.Lock()
        self._label = model.label
        self._properties = model.properties
        self._languages: dict[str, tuple[Any, Any]] = {}

    @property
    def multilingual(self) -> bool:
        """False: the model hears English only."""
        return bool(self._whisper.model.is_multilingual)

    @cached_property
    def on_gpu(self) -> bool:
        """Whether the model runs on CUDA."""
        return str(self._whisper.model.device) == "cuda"

    def check_language(self, language: str) -> None:
        """Raise ConfigurationError when the model does not hear this language."""
        known = self._whisper.supported_languages
        if language not in known:
            raise ConfigurationError(
                f"speech model {self._label} does not hear language {language!r} (it hears"
                f" {', '.join(known[:8])}{' …' if len(known) > 8 else ''}); set"
                " READOUT_SPEECH_MODEL to a multilingual model"
            )

    def detect_language(self, samples: Samples) -> str:
        """The language most likely spoken; "en" for an English-only model."""
        if not self.multilingual:
            return "en"
        with self._lock, _Translated():
            return str(self._whisper.detect_language(audio=samples)[0])

    def count_tokens(self, text: str) -> int:
        """Length of a prompt text in tokens of this model."""
        return len(self._whisper.hf_tokenizer.encode(" " + text, add_special_tokens=False).ids)

    def decode(
        self, pieces: Sequence[Samples], language: str, hotwords: str, beam: int
    ) -> list[list[HeardWord]]:
        """The words of each piece (at most 30 s), all decoded in one batch.

        No timestamps, no earlier text, temperature 0; times come from the attention.
        """
        features = [self._whisper.feature_extractor(piece) for piece in pieces]
        frames = [min(_FRAMES, max(_LEAST_FRAMES, each.shape[-1] - 1)) for each in features]
        padded = self._padded(features, frames)
        with self._lock, _Translated():
            encoded = self._whisper.encode(padded)
            tokens = self._generate(encoded, language, hotwords, beam, max(frames))
            tokenizer, _ = self._language(language)
            aligned = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        return [_words(each, language) for each in aligned]

    def _padded(self, features: Sequence[Samples], frames: Sequence[int]) -> Samples:
        import numpy as np

        length = max(frames) + max(frames) % 2  # the encoder halves it
        if self._properties.full_window:
            length = _FRAMES
        batch = np.zeros((len(features), features[0].shape[0], length), np.float32)
        for row, each, count in zip(batch, features, frames, strict=True):
            heard = each[:, : min(count, each.shape[-1] - 1)]
            row[:, : heard.shape[-1]] = heard
        return batch

    def _language(self, language: str) -> tuple[Any, Any]:
        """Tokenizer and suppressed tokens of a language, made once."""
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        if language not in self._languages:
            tokenizer = Tokenizer(
                self._whisper.hf_tokenizer, self.multilingual, task="transcribe", language=language
            )
            self._languages[language] = tokenizer, get_suppressed_tokens(tokenizer, [-1])
        return self._languages[language]

    def _generate(
        self, encoded: Any, language: str, hotwords: str, beam: int, frames: int
    ) -> list[list[int]]:
        whisper = self._whisper
        tokenizer, suppressed = self._language(language)
        prompt = whisper.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hotwords)
        results = whisper.model.generate(
            encoded,
            [prompt] * encoded.shape[0],
            beam_size=beam,
            max_length=min(
                whisper.max_length, len(prompt) + 16 + frames * _TOKENS_PER_SECOND // 100
            ),
            suppress_blank=True,
            suppress_tokens=suppressed,
        )
        return [
            [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            for result in results
        ]


class _Translated:
    """Trouble of the engine while it runs becomes TryAgain: memory and devices come back."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        if isinstance(error, (RuntimeError, MemoryError)):
            raise TryAgain(f"the speech engine failed ({error}); it is tried again") from error


def _load(model: SpeechModel, device: str, compute_type: str, threads: int) -> Any:
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(
            str(model.directory),
            device=device,
            compute_type=compute_type,
            cpu_threads=threads,
            local_files_only=True,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"speech model {model.directory} cannot run with READOUT_SPEECH_DEVICE={device} and"
            f" READOUT_SPEECH_COMPUTE_TYPE={compute_type}: {error}"
        ) from error
    except MemoryError as error:
        raise TryAgain(f"not enough memory to load speech model {model.label}") from error
    except Exception as error:  # the tokenizer library raises bare Exception for a broken file
        raise ConfigurationError(
            f"speech model {model.directory} cannot be loaded ({error}); copy or convert it again,"
            " or check READOUT_SPEECH_DEVICE"
        ) from error


def _words(aligned: Sequence[dict[str, Any]], language: str) -> list[HeardWord]:
    """Glue pieces that begin without a blank ("L4", "-L5") to the word before it."""
    words: list[HeardWord] = []
    for each in aligned:
        piece = HeardWord(
            each["word"], float(each["start"]), float(each["end"]), float(each["probability"])
        )
        if words and language not in _UNSPACED and not piece.text.startswith(" "):
            last = words.pop()
            piece = HeardWord(
                last.text + piece.text,
                last.start,
                piece.end,
                min(
                    last.probability, piece.probability
                ),  # a number is as sure as its weakest digit
            )
        words.append(piece)
    return [word for word in words if word.text.strip()]
