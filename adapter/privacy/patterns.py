"""Finds what identifies by its form alone: addresses of every kind, phones, registers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.mapping.privacy import PrivacyTable
from adapter.privacy.tokens import Span, fold

_ALWAYS = (
    ("EMAIL", re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")),
    ("URL", re.compile(r"\b(?:https?://|www\.)[^\s\"'<>]+", re.IGNORECASE)),
    ("UID", re.compile(r"(?<![\w.])\d+(?:\.\d+){4,}(?![\w.]*\w)")),
    ("ADDRESS", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")),  # IPv4
    ("NUMBER", re.compile(r"(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])")),  # as of social security
    ("NUMBER", re.compile(r"(?<!\d)(?<!\d\.)\d{7,}(?!\d)")),
    ("NUMBER", re.compile(r"\b[A-Za-z]{1,5}-?\d{5,}\b")),
    ("ADDRESS", re.compile(r"\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b")),
)
_PHONE = re.compile(
    r"(?<![\w.])(?:(?:\+|00)\d{1,3}[\s./-]?)?(?:\(\d{1,5}\)\s?|\d{2,5}[\s./-])"
    r"(?:\d{2,5}[\s./-]?){1,3}\d{2,4}(?![\w%]|\.\d)"
)
_PHONE_DIGITS = range(7, 16)
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d")
_LEAD = 24  # characters before a phone number in which its word may stand
_CUT = re.compile(r"[-./()+]")


def find_patterns(text: str, table: PrivacyTable) -> Iterator[Span]:
    """Spans of what looks like an identifier; the text itself is the key."""
    for kind, pattern in _ALWAYS:
        for match in pattern.finditer(text):
            yield Span(*match.span(), kind, match.group().lower())
    for match in _PHONE.finditer(text):
        if _is_phone(match, text, table):
            yield Span(*match.span(), "PHONE", re.sub(r"\D", "", match.group()))
    for pattern in _streets(table):
        for match in pattern.finditer(text):
            yield Span(*match.span(), "ADDRESS", fold(match.group()))


def _is_phone(match: re.Match[str], text: str, table: PrivacyTable) -> bool:
    """Seven digits or more, cut as phone numbers are, or behind a word such as `phone`."""
    told = match.group()
    digits = sum(sign.isdigit() for sign in told)
    if digits not in _PHONE_DIGITS or _YEARS.fullmatch(told):
        return False
    before = re.findall(r"\w+", text[max(0, match.start() - _LEAD) : match.start()].casefold())
    named = not set(before).isdisjoint(table.phone_words)
    return named or len(_CUT.findall(told)) >= 2 or told.startswith("+")


def _streets(table: PrivacyTable) -> Iterator[re.Pattern[str]]:
    """12 Long Meadow Road; Lange Straße 12."""
    words = "|".join(rf"(?i:{re.escape(each)})" for each in table.street_words)
    if words:
        yield re.compile(rf"\b\d{{1,5}}[A-Za-z]?,?\s+(?:[A-Z][\w'’.-]*\s+){{1,3}}(?:{words})\b\.?")
    ends = "|".join(rf"(?i:{re.escape(each)})" for each in table.street_endings)
    if ends:
        yield re.compile(rf"\b(?:[A-ZÄÖÜ][\w-]*[\s-])?[A-ZÄÖÜ]?\w*(?:{ends})\s+\d{{1,4}}[a-z]?\b")
