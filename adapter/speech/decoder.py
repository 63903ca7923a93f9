"""The only file that calls faster-whisper's decoding: samples in, words with times out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from adapter.errors import ConfigurationError, TryAgain
from adapter.speech.model_store import SpeechModel
from adapter.speech.shared_engine import SharedEngine

if TYPE_CHECKING:
    from adapter.speech.audio import Samples

HOTWORD_TOKENS = 223
"""faster-whisper cuts a longer prompt without a word."""

GPU_BATCH = 8
"""Pieces that a GPU decodes at once."""

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


class _Sound(NamedTuple):
    """One piece as the engine takes it: features of `frames` frames of 10 ms, and the prompt."""

    features: Samples
    frames: int
    prompt: tuple[int, ...]


class _Kind(NamedTuple):
    """What must be equal within a batch, so that a piece says in it what it says alone.

    The engine wants prompts of one length; padding is heard by a model that is not trained on it.
    """

    language: str
    beam: int
    prompt_tokens: int
    padded_frames: int


class WhisperDecoder:
    """A loaded model. Safe from several threads, whose pieces share batches of up to `batch`.

    `batch` None: 8 on a GPU; one on a processor, which is busy enough with it.
    """

    def __init__(
        self,
        model: SpeechModel,
        device: str,
        compute_type: str,
        threads: int,
        batch: int | None = None,
    ) -> None:
        self._whisper = _load(model, device, compute_type, threads)
        self.batch = batch or (GPU_BATCH if str(self._whisper.model.device) == "cuda" else 1)
        self._engine = SharedEngine(self._decode, self.batch)
        self._label = model.label
        self._properties = model.properties
        self._languages: dict[str, tuple[Any, Any]] = {}

    @property
    def multilingual(self) -> bool:
        """False: the model hears English only."""
        return bool(self._whisper.model.is_multilingual)

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
        with _Translated():
            return str(self._whisper.detect_language(audio=samples)[0])

    def count_tokens(self, text: str) -> int:
        """Length of a prompt text in tokens of this model."""
        return len(self._whisper.hf_tokenizer.encode(" " + text, add_special_tokens=False).ids)

    def decode(
        self,
        pieces: Sequence[Samples],
        language: str,
        hotwords: str,
        beam: int,
        live: bool = False,
    ) -> list[list[HeardWord]]:
        """The words of each piece (at most 30 s); what is spoken `live` goes before recordings.

        No timestamps, no earlier text, temperature 0; times come from the attention.
        """
        prompt = tuple(self._prompt(language, hotwords))
        wishes = []
        for piece in pieces:
            features = self._whisper.feature_extractor(piece)
            frames = min(_FRAMES, max(_LEAST_FRAMES, features.shape[-1] - 1))
            kind = _Kind(language, beam, len(prompt), self._padded_frames(frames))
            wishes.append((kind, (kind, _Sound(features, frames, prompt))))
        return self._engine.ask(wishes, live)

    def _decode(self, batch: Sequence[tuple[_Kind, _Sound]]) -> list[list[HeardWord]]:
        """Words of sounds of one kind, in one run of the model."""
        kind, sounds = batch[0][0], [sound for _, sound in batch]
        with _Translated():
            encoded = self._whisper.encode(_padded(sounds, kind.padded_frames))
            tokens = self._generate(encoded, kind, sounds)
            tokenizer, _ = self._language(kind.language)
            frames = [sound.frames for sound in sounds]
            aligned = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        return [self._calibrated(_words(each, kind.language)) for each in aligned]

    def _calibrated(self, words: list[HeardWord]) -> list[HeardWord]:
        sure = self._properties.confidence
        return [word._replace(probability=sure(word.probability)) for word in words]

    def _padded_frames(self, frames: int) -> int:
        return _FRAMES if self._properties.full_window else frames + frames % 2  # it is halved

    def _prompt(self, language: str, hotwords: str) -> list[int]:
        tokenizer, _ = self._language(language)
        prompt: list[int] = self._whisper.get_prompt(
            tokenizer, [], without_timestamps=True, hotwords=hotwords
        )
        return prompt

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

    def _generate(self, encoded: Any, kind: _Kind, sounds: Sequence[_Sound]) -> list[list[int]]:
        whisper = self._whisper
        tokenizer, suppressed = self._language(kind.language)
        longest = [self._longest(sound) for sound in sounds]
        results = whisper.model.generate(
            encoded,
            [list(sound.prompt) for sound in sounds],
            beam_size=kind.beam,
            max_length=max(longest),
            suppress_blank=True,
            suppress_tokens=suppressed,
        )
        return [
            [t for t in result.sequences_ids[0] if t < tokenizer.eot][: _most_tokens(length, kind)]
            for result, length in zip(results, longest, strict=True)
        ]

    def _longest(self, sound: _Sound) -> int:
        """`max_length` of the engine, for one sound."""
        spoken = 16 + sound.frames * _TOKENS_PER_SECOND // 100
        return int(min(self._whisper.max_length, len(sound.prompt) + spoken))


def runs_on_gpu(device: str) -> bool:
    """Whether a model runs on CUDA with this READOUT_SPEECH_DEVICE; nothing is loaded for it."""
    if device != "auto":
        return device == "cuda"
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


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
            cpu_threads=min(threads, model.properties.most_threads),
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


def _padded(sounds: Sequence[_Sound], frames: int) -> Samples:
    import numpy as np

    batch = np.zeros((len(sounds), sounds[0].features.shape[0], frames), np.float32)
    for row, sound in zip(batch, sounds, strict=True):
        heard = sound.features[:, : min(sound.frames, sound.features.shape[-1] - 1)]
        row[:, : heard.shape[-1]] = heard
    return batch


def _most_tokens(max_length: int, kind: _Kind) -> int:
    """What the engine makes of `max_length`: as many as a sound would be given alone."""
    return max(0, min(max_length // 2, max_length - kind.prompt_tokens))


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
