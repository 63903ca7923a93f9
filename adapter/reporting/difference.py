"""Two report texts compared sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from adapter.domain.difference import ChangeKind, SentenceChange

_ALIKE = 0.5  # share of words in common from which one sentence is the other one changed
_MANY = 500  # sentences, or words of one, from which repeated ones would take minutes
_LONGEST_BLOCK = 200  # sentences of a stretch that are paired one by one


def compare(ours: Sequence[str], signed: Sequence[str]) -> tuple[SentenceChange, ...]:
    """The fate of each sentence; case, blanks and the mark at the end do not count."""
    return tuple(_changes(ours, signed))


def _changes(ours: Sequence[str], signed: Sequence[str]) -> Iterator[SentenceChange]:
    many = max(len(ours), len(signed)) > _MANY
    matcher = SequenceMatcher(None, [*map(_key, ours)], [*map(_key, signed)], autojunk=many)
    for tag, start, end, to_start, to_end in matcher.get_opcodes():
        before, after = ours[start:end], signed[to_start:to_end]
        if tag == "equal":
            for old, new in zip(before, after, strict=True):
                yield SentenceChange(ChangeKind.STANDS, old, new)
        else:
            yield from _paired(before, after)


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[SentenceChange]:
    """Each new sentence with the old one most like it, from there on; the others are gone."""
    at = 0
    for new in after:
        rest = before[at : at + _LONGEST_BLOCK]
        best = max(range(len(rest)), key=lambda n: _likeness(rest[n], new), default=None)
        if best is None or _likeness(rest[best], new) < _ALIKE:
            yield SentenceChange(ChangeKind.ADDED, "", new)
            continue
        for old in rest[:best]:
            yield SentenceChange(ChangeKind.REMOVED, old, "")
        yield SentenceChange(ChangeKind.CHANGED, rest[best], new)
        at += best + 1
    for old in before[at:]:
        yield SentenceChange(ChangeKind.REMOVED, old, "")


def _likeness(one: str, other: str) -> float:
    words = _key(one).split(), _key(other).split()
    matcher = SequenceMatcher(None, *words, autojunk=False)
    return matcher.quick_ratio() if max(map(len, words)) > _MANY else matcher.ratio()


def _key(sentence: str) -> str:
    return " ".join(sentence.casefold().split()).rstrip(".!?;, ")
