"""How a name sounds, roughly: what a recogniser may have written instead of it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

_BEGINNINGS = (("kn", "n"), ("gn", "n"), ("wr", "r"), ("ps", "s"), ("pf", "f"), ("x", "s"))
_ALWAYS = (
    ("tsch", "x"), ("sch", "x"), ("tch", "x"), ("cz", "x"), ("sh", "x"), ("ph", "f"), ("th", "t"),
    ("dt", "t"), ("ts", "s"), ("tz", "s"), ("ck", "k"), ("qu", "kw"), ("q", "k"), ("z", "s"),
    ("v", "f"), ("mb", "m"), ("nk", "ng"),
)  # fmt: skip
_EITHER = (
    (("ch", "x"), ("ch", "k")),
    (("w", "w"), ("w", "f")),
    (("j", "j"), ("j", "")),
    (("gh", ""), ("gh", "g")),
    (("g", "g"), ("g(?=[ei])", "j")),
)
_SOFT = re.compile(r"c(?=[eiy])")
_SILENT = re.compile(r"(?<=.)[aeiouyh]")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = 0.6
_LEAST = 4  # letters of a name that is looked for by its sound
_LEAST_FOR_SLIPS = 5


@lru_cache(maxsize=16_384)
def sounds(key: str) -> frozenset[str]:
    """The keys under which a folded word is found by its sound."""
    for begin, instead in _BEGINNINGS:
        if key.startswith(begin):
            key = instead + key.removeprefix(begin)
    forms = {key}
    for readings in _EITHER[:1]:
        forms = {form.replace(*reading) for form in forms for reading in readings}
    for before, after in _ALWAYS:
        forms = {form.replace(before, after) for form in forms}
    for readings in _EITHER[1:]:
        forms = {re.sub(*reading, form) for form in forms for reading in readings}
    return frozenset(filter(None, map(_skeleton, forms)))


def _skeleton(form: str) -> str:
    form = _SOFT.sub("s", form).replace("c", "k")
    first = "a" if form[:1] in tuple("aeiouyh") else form[:1]
    return _DOUBLED.sub(r"\1", first + _SILENT.sub("", form)[1:])


def is_like(word: str, name: str) -> bool:
    """Whether a folded word may be the name misheard or mistyped; both of four letters or more."""
    if min(len(word), len(name)) < _LEAST or abs(len(word) - len(name)) > 3:
        return False
    if word == name + "s" or (min(len(word), len(name)) >= _LEAST_FOR_SLIPS and slips(word, name)):
        return True
    if not sounds(word) & sounds(name) or max(map(len, sounds(name))) < 2:
        return False
    return SequenceMatcher(None, word, name).ratio() >= _ALIKE


def slips(one: str, other: str) -> bool:
    """Whether one letter more, less, changed or swapped makes one of the other."""
    if one[:1] != other[:1] and one[1:2] != other[1:2]:
        return False
    head = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if head is None:
        return abs(len(one) - len(other)) <= 1
    rest, more = one[head:], other[head:]
    return (
        rest[1:] == more[1:]
        or rest[1:] == more
        or rest == more[1:]
        or (rest[:2] == more[:2][::-1] and rest[2:] == more[2:])
    )
