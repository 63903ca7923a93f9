"""Pure: words that were heard but not said are set apart, shown, and never merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from adapter.domain.transcript import Word

SILENCE_TOLERANCE_MS = 200
"""Word times come from attention and may be this far off."""

_LONGEST_LOOP = 12  # words in the repeated phrase
_WORDS_IN_LOOP = 8  # a loop shorter than this may be somebody saying "no no no"
_TIMES_SAID = 4
_LEAKED_PHRASES = 3
_LONGEST_WORD_MS = 1500
_UNHEARD_MS = 800


class Guarded(NamedTuple):
    """Every word of the input, in order, is in exactly one of the two."""

    kept: tuple[Word, ...]
    quarantined: tuple[Word, ...]


def guarded(
    words: Sequence[Word], speech: Sequence[tuple[int, int]], phrases: Sequence[str]
) -> Guarded:
    """All guards in turn; what they set apart stands in the order of its times."""
    kept, silent = silence_guard(words, speech)
    kept, looped = repetition_guard(kept)
    kept, leaked = leak_guard(kept, phrases)
    apart = sorted((*silent, *looped, *leaked), key=lambda word: word.start_ms)
    return Guarded(kept, tuple(apart))


def silence_guard(
    words: Sequence[Word],
    speech: Sequence[tuple[int, int]],
    tolerance_ms: int = SILENCE_TOLERANCE_MS,
) -> Guarded:
    """Set apart the words under which no speech was detected; `speech` in ms, [from, to)."""

    def spoken(word: Word) -> bool:
        return any(
            word.start_ms < end + tolerance_ms and word.end_ms > begin - tolerance_ms
            for begin, end in speech
        )

    return _split(words, [spoken(word) for word in words])


def repetition_guard(words: Sequence[Word]) -> Guarded:
    """Keep the first saying of a phrase that then repeats itself; the loop is set apart.

    A loop says the same words, up to 12 of them, four times or more and for 8 words or more.
    """
    keep = [True] * len(words)
    texts = [word.text.casefold().strip(".,;:!?") for word in words]
    at = 0
    while at < len(texts):
        size, length = _loop_at(texts, at)
        if length:
            keep[at + size : at + length] = [False] * (length - size)
        at += max(1, length)
    return _split(words, keep)


def leak_guard(words: Sequence[Word], phrases: Sequence[str]) -> Guarded:
    """Set apart a run that recites three or more neighbouring prompt phrases in their order."""
    keep = [True] * len(words)
    texts = [word.text.casefold().strip(".,;:!?") for word in words]
    prompt = [phrase.casefold().split() for phrase in phrases if phrase.strip()]
    at = 0
    while at < len(texts):
        length = max((_recited(texts, at, prompt[i:]) for i in range(len(prompt))), default=0)
        keep[at : at + length] = [False] * length
        at += max(1, length)
    return _split(words, keep)


def unheard_speech(
    words: Sequence[Word], speech: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """Stretches of speech, in ms, too long to have no word: the model skipped what was said.

    A word drawn out over skipped speech counts only as long as a word can be.
    """
    covered = [(w.start_ms, min(w.end_ms, w.start_ms + _LONGEST_WORD_MS)) for w in words]
    bare = [gap for span in speech for gap in _gaps(span, covered)]
    return tuple((begin, end) for begin, end in bare if end - begin >= _UNHEARD_MS)


def _gaps(span: tuple[int, int], covered: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at, last = span
    for begin, end in sorted(covered):
        if begin > at:
            yield at, min(begin, last)
        at = max(at, end)
        if at >= last:
            return
    yield at, last


def _loop_at(texts: Sequence[str], at: int) -> tuple[int, int]:
    """Size of the phrase that repeats from `at`, and length of the whole loop; 0, 0 for none."""
    for size in range(1, _LONGEST_LOOP + 1):
        end = at + size
        while end < len(texts) and texts[end] == texts[end - size]:
            end += 1
        length = end - at
        if length >= max(_WORDS_IN_LOOP, size * _TIMES_SAID):
            return size, length
    return 0, 0


def _recited(texts: Sequence[str], at: int, prompt: Sequence[Sequence[str]]) -> int:
    length = count = 0
    for phrase in prompt:
        begin = at + length
        if list(texts[begin : begin + len(phrase)]) != list(phrase):
            break
        length += len(phrase)
        count += 1
    return length if count >= _LEAKED_PHRASES else 0


def _split(words: Sequence[Word], keep: Sequence[bool]) -> Guarded:
    kept = tuple(word for word, good in zip(words, keep, strict=True) if good)
    return Guarded(kept, tuple(word for word, good in zip(words, keep, strict=True) if not good))
