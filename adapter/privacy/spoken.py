"""Letters and digits as they are spoken: "two one oh", "double four", "W as in Whiskey"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from adapter.privacy.tokens import Token
from adapter.privacy.words import PrivacyWords


class Said(NamedTuple):
    """What the tokens [first, end) say: letters or digits; `spelled`: sign by sign."""

    first: int
    end: int
    text: str
    spelled: bool


def said(found: Sequence[Token], words: PrivacyWords) -> list[Said]:
    """Every token once, alone or in a group that says one thing."""
    return list(_said([each.key for each in found], words))


def _said(keys: list[str], words: PrivacyWords) -> Iterator[Said]:
    at = 0
    while at < len(keys):
        step = _repeated(keys, at, words) or _linked(keys, at, words) or _plain(keys, at, words)
        yield step
        at = step.end


def _repeated(keys: list[str], at: int, words: PrivacyWords) -> Said | None:
    times = words.table.repeats.get(keys[at], 0)
    sign = _sign(keys[at + 1], words) if times and at + 1 < len(keys) else ""
    return Said(at, at + 2, sign * times, True) if sign else None


def _linked(keys: list[str], at: int, words: PrivacyWords) -> Said | None:
    """W AS IN WHISKEY: the letter, with any word that begins with it."""
    if len(keys[at]) != 1 or not keys[at].isalpha():
        return None
    for link in words.table.letter_links:
        parts = link.split()
        end = at + 1 + len(parts)
        if keys[at + 1 : end] == parts and end < len(keys) and keys[end].startswith(keys[at]):
            return Said(at, end + 1, keys[at], True)
    return None


def _plain(keys: list[str], at: int, words: PrivacyWords) -> Said:
    key = keys[at]
    if key in words.tens:
        following = words.digits.get(keys[at + 1], "0") if at + 1 < len(keys) else "0"
        if following != "0":
            return Said(at, at + 2, str(words.tens[key] + int(following)), True)
        return Said(at, at + 1, str(words.tens[key]), True)
    if key in words.teens:
        return Said(at, at + 1, str(words.teens[key]), True)
    sign = _sign(key, words)
    return Said(at, at + 1, sign or key, bool(sign) or key.isdigit())


def _sign(key: str, words: PrivacyWords) -> str:
    """The digit or letter that a word says; "" for other words."""
    if len(key) == 1:
        return key
    return words.digits.get(key) or words.letters.get(key, "")
