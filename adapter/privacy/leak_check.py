"""The second look at what is about to leave: not how it was cleaned, only what must not be in it.

It shares the word tables with the cleaning and nothing else: where that reads words, this searches
the whole text for every identifier as a pattern of its letters. What it finds stops the call.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from urllib.parse import unquote_plus

from adapter.errors import NeedsPerson
from adapter.privacy.identifiers import Identifiers, Person
from adapter.privacy.png import PNG_MARK, extra_chunks
from adapter.privacy.spoken_forms import SpokenForms, spoken_forms
from adapter.privacy.tokens import fold, foldings
from adapter.privacy.words import PrivacyWords

_NOT_SIGNS = r"[^a-z0-9]{0,3}"
_BEFORE, _AFTER = r"(?<![a-z])", r"(?![a-z])"
_SHORTEST = 3
_SHORT_NUMBER = 4
_CORE = 6
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{40,}={0,2}")
_FORMS = (
    ("e-mail address", re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}")),
    ("number of nine digits or more", re.compile(r"(?:\d[ .\-/]?){9,}")),
    ("number as of social security", re.compile(r"(?<!\d)\d{3}[ -]\d{2}[ -]\d{4}(?!\d)")),
    ("address in the web", re.compile(r"(?:https?:|www\.)")),
)
_DASHED = {"-": "[-./ ]", " ": "[ ,.]{1,3}"}
_LETTER_WORD = re.compile(r"[a-z]+")
_PARTS = re.compile(r"[\W\d_]+")
_NAME = "a name"
_LEAST_MISHEARD = 6
_ALIKE = 0.85


class LeakFound(NeedsPerson):
    """The payload holds what identifies somebody: nothing was sent.

    `kind` and `place` (JSON path) tell where, never what.
    """

    def __init__(self, kind: str, place: str) -> None:
        super().__init__(
            f"nothing was sent: {place} holds what looks like {kind}. Look at the study, and add"
            " the spelling to mappings/privacy.yaml, or leave the field out of the call"
        )
        self.kind, self.place = kind, place


@dataclass(frozen=True)
class LeakCheck:
    """What must not be in any payload about one study."""

    known: Identifiers
    words: PrivacyWords

    def check(self, body: bytes, *others: str) -> None:
        """Look through a JSON body and `others` (URL, file names); raises LeakFound."""
        try:
            told = json.loads(body)
        except ValueError:
            raise LeakFound("a body that is not JSON", "$") from None
        for place, text, _ in strings(told, "$"):
            self._look(text, place)
        for text in others:
            self._look(text, "the address", is_address=True)

    def is_clean(self, text: str) -> bool:
        """Whether a text by itself might leave."""
        try:
            self._look(text, "$")
        except LeakFound:
            return False
        return True

    def _look(self, text: str, place: str, *, is_address: bool = False) -> None:
        if _is_picture(text, place):
            return
        for seen in _readings(text):
            for form in self._heard.forms_of(_folded(seen)):
                kind = next(self._found(form, is_address), None)
                if kind is not None:
                    raise LeakFound(kind, place)

    def _found(self, text: str, is_address: bool) -> Iterator[str]:
        for kind, pattern in self._patterns:
            found = (match.group() for match in pattern.finditer(text))
            if any(kind != _NAME or not self._are_words(each) for each in found):
                yield kind
        yield from (_NAME for name in self._doubtful if self._stands_alone(name, text))
        yield from (_NAME for word in _LETTER_WORD.findall(text) if self._is_misheard(word))
        forms = _FORMS[:1] if is_address else (*_FORMS, *self._heard.forms)
        yield from (kind for kind, pattern in forms if pattern.search(text))
        titled = self._heard.titled.findall(text)
        yield from ("a person's name" for word in titled if not self._is_word(word))

    def _is_misheard(self, word: str) -> bool:
        if len(word) < _LEAST_MISHEARD or word in self.words.ordinary:
            return False
        near = get_close_matches(word, self._long_names, n=1, cutoff=_ALIKE)
        return bool(near)

    @cached_property
    def _long_names(self) -> list[str]:
        return [name for name in self._names if len(name) >= _LEAST_MISHEARD]

    @cached_property
    def _heard(self) -> SpokenForms:
        return spoken_forms(self.words)

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        made = [(_NAME, _letters(name, self._is_word(name))) for name in self._names]
        made += [(_NAME, _letters(name)) for name in self._whole_names]
        numbers = {form for each in self.known.numbers for form in _cores(each)}
        made += [("a number of the patient", _number(each)) for each in sorted(numbers)]
        made += [("a date of birth", each) for each in self._births]
        texts = (_plain(each) for each in self.known.texts)
        made += [("an address", _letters(t)) for t in texts if len(t) >= 5 and not self._is_word(t)]
        return [(kind, pattern) for kind, pattern in made if pattern.pattern]

    def _are_words(self, seen: str) -> bool:
        """ "In a" is not Ina, unless letter stands beside letter."""
        parts = re.findall(r"[a-z]+", seen)
        words = all(part in self.words.ordinary for part in parts)
        return len(parts) > 1 and words and any(len(part) > 1 for part in parts)

    @cached_property
    def _people(self) -> list[Person]:
        return [*self.known.patients, *self.known.providers]

    @cached_property
    def _names(self) -> set[str]:
        """Each part of each name, and each name whole."""
        told = [name for each in self._people for name in (each.family, each.given)]
        parts = {form for name in told for part in _PARTS.split(name) for form in foldings(part)}
        parts |= {_plain(name) for name in told}
        return {p for p in parts if len(p) >= _SHORTEST and p not in self.words.particles}

    @cached_property
    def _whole_names(self) -> set[str]:
        """Family and given name beside each other, whatever words they are."""
        both = [(_plain(p.family), _plain(p.given.split(" ")[0])) for p in self._people]
        return {a + b for each in both for a, b in (each, each[::-1]) if a and b and len(a + b) > 4}

    @cached_property
    def _doubtful(self) -> set[str]:
        """Names that are ordinary words."""
        words = (name for name in self._names if self._is_word(name))
        return {name for name in words if name not in self.words.function_words}

    def _is_word(self, name: str) -> bool:
        return name in self.words.ordinary or len(name) < _SHORTEST

    def _stands_alone(self, name: str, text: str) -> bool:
        """Whether the word stands anywhere but in a clinical phrase."""
        around = rf"(?:([a-z]+)[\s-]+)?(?<![a-z]){re.escape(name)}(?![a-z])(?:[\s-]+([a-z]+))?"
        for match in re.finditer(around, text):
            before, after = match[1] or "", match[2] or ""
            if before in self.words.titles or before in self.words.person_words:
                return True
            pairs, clinical = self.words.pairs, self.words.clinical
            near = before in self.words.determiners or after in clinical
            if not (near or (before, name) in pairs or (name, after) in pairs):
                return True
        return False

    @cached_property
    def _births(self) -> list[re.Pattern[str]]:
        made = (
            _birth(day, self.words) for day in self.known.birth_dates if re.fullmatch(r"\d{8}", day)
        )
        return [pattern for each in made for pattern in each]


def strings(told: object, place: str) -> Iterator[tuple[str, str, bool]]:
    """(JSON path, text, whether it is a key) of every string, number and key."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield place, str(key), True
            yield from strings(value, f"{place}.{key}" if key.isidentifier() else f"{place}.*")
    elif isinstance(told, list | tuple):
        for value in told:
            yield from strings(value, f"{place}[]")
    elif told is not None and not isinstance(told, bool):
        yield place, str(told), False


def _is_picture(text: str, place: str) -> bool:
    """Whether it is a PNG in Base64, which may hold nothing but its pixels; raises LeakFound."""
    head = text.partition(",")[2] if text.startswith("data:image/png;base64,") else text
    try:
        body = base64.b64decode(head, validate=False) if _BASE64.fullmatch(head) else b""
    except binascii.Error:
        return False
    if not body.startswith(PNG_MARK):
        return False
    if extra := extra_chunks(body):
        raise LeakFound(f"a picture with more than pixels ({', '.join(extra)})", place)
    return True


def _readings(text: str) -> Iterator[str]:
    """The text, as it is in an address, and what a text in Base64 holds."""
    yield text
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    for match in _BASE64.finditer(text):
        try:
            inner = base64.b64decode(match.group(), validate=False)
        except binascii.Error:
            continue
        yield inner.decode("utf-8", "ignore")


def _folded(text: str) -> str:
    """Small letters without accents and without invisible signs."""
    return "".join(sign for sign in fold(text) if unicodedata.category(sign) != "Cf")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _folded(name))


def _letters(name: str, spelled: bool = False) -> re.Pattern[str]:
    """The letters of a name with up to three signs between them, no letter before and behind.

    `spelled`: only with signs between all of them, as where the name is an ordinary word.
    """
    between = "[^a-z0-9]{1,3}" if spelled else _NOT_SIGNS
    signs = ("[o0]" if sign == "o" else re.escape(sign) for sign in name)
    return re.compile(_BEFORE + between.join(signs) + _AFTER if name else "")


def _cores(number: str) -> set[str]:
    """The number, and its digits alone where they are many enough."""
    digits = re.sub(r"\D+", "", number).lstrip("0")
    return {number, digits} if len(digits) >= _CORE else {number}


def _number(number: str) -> re.Pattern[str]:
    """The signs of a number; O and zero are one; short ones only as they stand."""
    plain = _plain(number).lstrip("0")
    if len(plain) < _SHORT_NUMBER:
        return re.compile("")
    signs = ("[o0]" if sign in "o0" else re.escape(sign) for sign in plain)
    edge = r"(?<!\d)" if plain[0].isdigit() and len(plain) < 6 else ""
    return re.compile(edge + _NOT_SIGNS.join(signs) + (r"(?!\d)" if edge else ""))


def _birth(day: str, words: PrivacyWords) -> Iterator[re.Pattern[str]]:
    """Every written form of a day: 1957-03-14, 3/14/57, March 14th, 1957, 14. März 1957."""
    year, month, number = int(day[:4]), int(day[4:6]), int(day[6:])
    y, m, d = f"(?:{year}|{year % 100:02})", f"0?{month}", f"0?{number}"
    cut = r"\s?[-./]\s?"
    for parts in ((str(year), m, d), (m, d, y), (d, m, y)):
        yield re.compile(rf"(?<!\d){cut.join(parts)}(?!\d)")
    yield re.compile(day)
    named = "|".join(sorted(re.escape(name) for name, n in words.months.items() if n == month))
    gap = r"[\s,.\-]*"
    tail = rf"(?:st|nd|rd|th|ten|te)?{gap}(?:of{gap})?"
    yield re.compile(rf"(?<!\d){d}{tail}(?:{named})\b{gap}{y}(?!\d)")
    yield re.compile(rf"\b(?:{named}){gap}(?:the\s)?{d}{tail}{y}(?!\d)")
