"""Pure: the `verbose_json` answer of a transcription server becomes words with times."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.errors import ConfigurationError, TryAgain
from adapter.speech.decoder import HeardWord

UNKNOWN_CONFIDENCE = 0.5
"""Of a word of which the server tells nothing: too little to pass unseen."""

_CODES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "polish": "pl", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "hungarian": "hu", "greek": "el",
    "turkish": "tr", "russian": "ru", "ukrainian": "uk", "chinese": "zh", "japanese": "ja",
    "korean": "ko", "arabic": "ar", "hebrew": "he", "hindi": "hi",
}  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    start: float = Field(ge=0)
    end: float = Field(ge=0)


class _Word(_Part):
    word: str
    probability: float | None = None  # some servers tell it, OpenAI does not


class _Segment(_Part):
    avg_logprob: float | None = None
    words: tuple[_Word, ...] = ()


class Answer(BaseModel):
    """What is read of the answer; times in seconds from the begin of the file sent."""

    model_config = ConfigDict(frozen=True)

    text: str = ""
    language: str = ""
    words: tuple[_Word, ...] | None = None
    segments: tuple[_Segment, ...] | None = None

    @property
    def code(self) -> str:
        """The language as a code: servers tell `english` or `en`; empty when they do not."""
        told = self.language.strip().lower()
        return _CODES.get(told, told)

    def heard(self) -> tuple[HeardWord, ...]:
        """The words in order; raises ConfigurationError when text comes without word times."""
        segments = self.segments or ()
        words = self.words or tuple(word for each in segments for word in each.words)
        if self.text.strip() and not words:
            raise ConfigurationError(
                "the speech server gives text without word times; choose a model in"
                " READOUT_SPEECH_MODEL that serves timestamp_granularities[]=word"
            )
        ordered = sorted(words, key=lambda word: word.start)
        return tuple(heard for word in ordered for heard in _split(word, segments))


def read_answer(body: bytes) -> Answer:
    """The answer; raises TryAgain when it is no `verbose_json`."""
    try:
        return Answer.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "body"
        raise TryAgain(f"the speech server's answer is no verbose_json ({where})") from None


def _split(word: _Word, segments: tuple[_Segment, ...]) -> Iterator[HeardWord]:
    """One heard word for each blank-separated text: a server may glue two."""
    for text in word.word.split():
        yield HeardWord(text, word.start, word.end, _confidence(word, segments))


def _confidence(word: _Word, segments: tuple[_Segment, ...]) -> float:
    """The word's own probability, else exp(avg_logprob) of the segment around its middle."""
    if word.probability is not None:
        return word.probability
    middle = (word.start + word.end) / 2
    for each in segments:
        if each.start <= middle <= each.end and each.avg_logprob is not None:
            return math.exp(min(0.0, each.avg_logprob))
    return UNKNOWN_CONFIDENCE
