"""Finds names of persons: known ones in every spelling, unknown ones behind a title."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from adapter.privacy.identifiers import Identifiers, Person
from adapter.privacy.sounds import is_like, sounds
from adapter.privacy.spoken import Said
from adapter.privacy.tokens import Span, Token, foldings, runs, tokens
from adapter.privacy.words import PrivacyWords

PATIENT, PROVIDER, PERSON, DOUBTFUL = "PATIENT", "PROVIDER", "PERSON", "NAME-OR-WORD"

_BESIDE = re.compile(r"[\s.,;:_'’`\-/]{0,4}")
_ENDS = re.compile(r"\.\s")
_BEGINS = re.compile(r"(?:^|[.:;!?\n])[\s\d.)\-]*$")
_NEXT = re.compile(r"[\s.'’\-]{0,3}")
_APOSTROPHES = "'’`"
_LEAST_SPELLED = 3
_LEAST_JOINED = 6
_MOST_TITLED = 3


class Strength(IntEnum):
    """How surely a word names somebody."""

    FUNCTION = 0  # "may", "do": only beside a title or other names
    AMBIGUOUS = 1  # "white": unless the words around it are clinical
    DISTINCT = 2


class Part(NamedTuple):
    """A name, or a part of one; `whose` counts the persons."""

    whose: int
    kind: str
    strength: Strength


class _Hit(NamedTuple):
    first: int
    end: int
    part: Part
    name: str


@dataclass
class KnownNames:
    """Every way in which the names of the known persons may be written or said."""

    words: PrivacyWords
    parts: dict[str, list[Part]] = field(default_factory=dict)
    by_sound: dict[str, set[str]] = field(default_factory=dict)
    initials: dict[int, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Identifiers, words: PrivacyWords) -> KnownNames:
        """The names of patients and providers."""
        made = cls(words)
        people = [(each, PATIENT) for each in known.patients]
        people += [(each, PROVIDER) for each in known.providers]
        for whose, (person, kind) in enumerate(people):
            made._add(person, whose, kind)
        return made

    def _add(self, person: Person, whose: int, kind: str) -> None:
        for family in foldings(person.family):
            for given in foldings(person.given):
                told = [[each.key for each in tokens(name)] for name in (family, given)]
                self.initials.setdefault(whose, set()).update(k[0] for t in told for k in t)
                for key in (key for names in told for key in names if len(key) > 1):
                    if key not in self.words.particles:
                        self._keep(key, Part(whose, kind, self._strength(key)))
                whole = ["".join(names) for names in told]
                surnames = "".join(k for k in told[0] if k not in self.words.particles)
                for joined in {*whole, surnames, whole[0] + whole[1], whole[1] + whole[0]}:
                    if len(joined) > 1 and joined not in self.parts:
                        self._keep(joined, Part(whose, kind, self._strength(joined)))

    def _keep(self, key: str, part: Part) -> None:
        kept = self.parts.setdefault(key, [])
        if part not in kept:
            kept.append(part)
        for sound in sounds(key):
            self.by_sound.setdefault(sound, set()).add(key)

    def _strength(self, key: str) -> Strength:
        if key in self.words.function_words:
            return Strength.FUNCTION
        short = len(key) < 3
        return Strength.AMBIGUOUS if short or key in self.words.ordinary else Strength.DISTINCT

    def misheard(self, key: str) -> str | None:
        """The known name that a word which is no ordinary one may stand for."""
        near = {name for sound in sounds(key) for name in self.by_sound.get(sound, ())}
        slipped = (name for name in self.parts if abs(len(name) - len(key)) <= 1)
        return next((name for name in sorted({*near, *slipped}) if is_like(key, name)), None)


def find_names(
    text: str, found: Sequence[Token], spoken: Sequence[Said], known: KnownNames
) -> Iterator[Span]:
    """Spans of names; those beside each other are one."""
    hits = sorted({*_exact(found, known), *_misheard(text, found, known), *_spelled(spoken, known)})
    kept = [(hit, _kind(hit, hits, text, found, known)) for hit in hits]
    spans = [_whole(hit, kind, text, found, known) for hit, kind in kept if kind]
    yield from _joined([*spans, *_titled(text, found, known.words)], text)


def _exact(found: Sequence[Token], known: KnownNames) -> Iterator[_Hit]:
    longest = max(map(len, known.parts), default=0)
    keys = [each.key for each in found]
    for first, end, name in runs(keys, known.parts, longest):
        if end - first > 1 and _are_words(keys[first:end], known.words):
            continue
        for part in known.parts[name]:
            distinct = part if end - first == 1 else part._replace(strength=Strength.DISTINCT)
            yield _Hit(first, end, distinct, name)


def _are_words(keys: Sequence[str], words: PrivacyWords) -> bool:
    """ "In a" is not Ina; single letters are a name that is spelled."""
    return all(key in words.ordinary for key in keys) and any(len(key) > 1 for key in keys)


def _misheard(text: str, found: Sequence[Token], known: KnownNames) -> Iterator[_Hit]:
    ordinary = known.words.ordinary
    for at, token in enumerate(found):
        if token.key not in ordinary and token.key not in known.parts:
            yield from _like(at, at + 1, token.key, known)
    for at, (one, other) in enumerate(pairwise(found)):
        joined = one.key + other.key
        whole = {one.key, other.key}.isdisjoint(known.words.function_words | known.parts.keys())
        strange = whole and (one.key not in ordinary or other.key not in ordinary)
        near = text[one.end : other.start] in (" ", "-", "'", "’")
        if strange and near and len(joined) >= _LEAST_JOINED and joined.isalpha():
            yield from _like(at, at + 2, joined, known)


def _like(first: int, end: int, key: str, known: KnownNames) -> Iterator[_Hit]:
    name = known.misheard(key)
    if name is not None:
        part = known.parts[name][0]
        yield _Hit(first, end, part._replace(strength=Strength.DISTINCT), name)


def _spelled(spoken: Sequence[Said], known: KnownNames) -> Iterator[_Hit]:
    """Names letter by letter; two letters are too few to tell a name from an abbreviation."""
    told = (each.text.replace("0", "o") if each.spelled else "" for each in spoken)
    signs = [each if each.isalpha() else " " for each in told]
    names = {name for name in known.parts if len(name) >= _LEAST_SPELLED}
    for first, end, name in runs(signs, names, max(map(len, names), default=0)):
        if end - first > 1:
            part = known.parts[name][0]._replace(strength=Strength.DISTINCT)
            yield _Hit(spoken[first].first, spoken[end - 1].end, part, name)


def _kind(
    hit: _Hit, hits: Sequence[_Hit], text: str, found: Sequence[Token], known: KnownNames
) -> str:
    """The kind of the placeholder; "" where the word stays."""
    words = known.words
    if hit.part.strength is Strength.DISTINCT or _in_name(hit, hits, text, found, known):
        return hit.part.kind
    if hit.part.strength is Strength.FUNCTION:
        return ""
    before = found[hit.first - 1].key if hit.first else ""
    after = found[hit.end].key if hit.end < len(found) else ""
    if before in words.person_words:
        return hit.part.kind
    token = found[hit.first]
    if after == "s" and text[token.end] in _APOSTROPHES:  # of a disease or a sign, else of a person
        after = found[hit.end + 1].key if hit.end + 1 < len(found) else ""
        return "" if after in words.clinical else hit.part.kind
    common = words.is_clinical(before, token.key, after) or _is_common(hit, text, found, words)
    return "" if common else DOUBTFUL


def _is_common(hit: _Hit, text: str, found: Sequence[Token], words: PrivacyWords) -> bool:
    """Whether it is written as an ordinary word: a small effusion; Small effusion, as a sentence.

    Where a text is all in capitals nobody can tell.
    """
    token = found[hit.first]
    small = text[token.start].islower()
    if not small and not (_BEGINS.search(text[: token.start]) and not text.isupper()):
        return False
    after = [each for each in found[hit.end : hit.end + 2] if text[each.start].islower()]
    if after and after[0].key in words.sides:
        after = after[1:]
    clinical = bool(after) and after[0].key in words.clinical
    cased = any(sign.isupper() for sign in text)
    led = small and hit.first > 0 and found[hit.first - 1].key in words.determiners
    return cased and (clinical or led)


def _in_name(
    hit: _Hit, hits: Sequence[_Hit], text: str, found: Sequence[Token], known: KnownNames
) -> bool:
    """Whether a title, an initial or another name of the same person stands beside the word."""
    if hit.first and found[hit.first - 1].key in known.words.titles:
        return _beside(text, found, hit.first - 1, known.words.titles)
    for other in hits:
        if other.part.whose == hit.part.whose and other.name != hit.name:
            if other.end == hit.first and _beside(text, found, other.end - 1):
                return True
            if other.first == hit.end and _beside(text, found, hit.end - 1):
                return True
    return any(_is_initial(at, hit, text, found, known) for at in (hit.first - 1, hit.end))


def _is_initial(at: int, hit: _Hit, text: str, found: Sequence[Token], known: KnownNames) -> bool:
    """A capital beside the name that begins another of his names: J. White, White J"""
    if not 0 <= at < len(found) or len(found[at].key) != 1:
        return False
    token = found[at]
    dotted = text[token.end : token.end + 1] == "."
    capital = text[token.start].isupper() and (dotted or token.key not in known.words.ordinary)
    beside = _beside(text, found, min(at, hit.end - 1) if at < hit.first else hit.end - 1)
    return capital and beside and token.key in known.initials.get(hit.part.whose, ())


def _beside(
    text: str, found: Sequence[Token], at: int, dotted: Container[str] = frozenset()
) -> bool:
    """Whether nothing but a mark or a blank parts token `at` and the next one.

    A full stop and a blank end a sentence, but behind an initial or a word of `dotted`.
    """
    gap = text[found[at].end : found[at + 1].start]
    abbreviated = len(found[at].key) == 1 or found[at].key in dotted
    return _BESIDE.fullmatch(gap) is not None and (abbreviated or not _ENDS.match(gap))


def _whole(hit: _Hit, kind: str, text: str, found: Sequence[Token], known: KnownNames) -> Span:
    """The name with the initials beside it."""
    first, end = hit.first, hit.end
    if kind != DOUBTFUL:
        while _is_initial(first - 1, hit._replace(first=first), text, found, known):
            first -= 1
        while _is_initial(end, hit._replace(end=end), text, found, known):
            end += 1
    key = hit.name if kind == DOUBTFUL else f"person-{hit.part.whose}"
    return Span(found[first].start, found[end - 1].end, kind, key)


def _titled(text: str, found: Sequence[Token], words: PrivacyWords) -> Iterator[Span]:
    """A person nobody told us of: what looks like a name behind a title."""
    for at, token in enumerate(found):
        if token.key not in words.titles:
            continue
        end = at + 1
        while end < len(found) and end - at <= _MOST_TITLED and _names(text, found, end, words):
            end += 1
        if end > at + 1 and not all(len(each.key) == 1 for each in found[at + 1 : end]):
            name = " ".join(each.key for each in found[at + 1 : end])
            yield Span(found[at + 1].start, found[end - 1].end, PERSON, name)


def _names(text: str, found: Sequence[Token], at: int, words: PrivacyWords) -> bool:
    """Whether the token goes on with a name: no ordinary word, or a capital behind the title."""
    token, before = found[at], found[at - 1]
    gap = text[before.end : token.start]
    if not token.key.isalpha() or not _NEXT.fullmatch(gap):
        return False
    shown = text[token.start : token.end]
    if "." in gap and len(before.key) > 1 and before.key not in words.titles:
        return False  # a sentence has ended
    if len(token.key) == 1:
        return shown.isupper() and text[token.end : token.end + 1] == "."
    titled = before.key in words.titles and shown.istitle() and not _is_loud(text, before)
    return token.key not in words.ordinary or titled


def _is_loud(text: str, token: Token) -> bool:
    """MS may be an illness, Ms is a title."""
    return text[token.start : token.end].isupper()


def _joined(spans: list[Span], text: str) -> Iterator[Span]:
    """Names of one person beside each other are one; a known person counts before an unknown."""
    rank = {PATIENT: 0, PROVIDER: 1, PERSON: 2, DOUBTFUL: 3}
    merged: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end, rank[each.kind])):
        last = merged[-1] if merged else None
        gap = text[last.end : span.start] if last else ""
        if last and (
            span.start < last.end
            or (span.key == last.key and _BESIDE.fullmatch(gap) and not _ENDS.match(gap))
        ):
            best = min(last, span, key=lambda each: rank[each.kind])
            merged[-1] = best._replace(start=last.start, end=max(last.end, span.end))
        else:
            merged.append(span)
    yield from merged
