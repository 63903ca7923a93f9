"""Text that a receiver can read: plain lines, in the characters that it knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "*",
    "≤": "<=", "≥": ">=", "≠": "<>", "≈": "~", "±": "+/-", "×": "x", "÷": "/", "·": ".",
    "°": " deg", "µ": "u", "μ": "u", "Ø": "O", "ø": "o", "ß": "ss", "Æ": "AE", "æ": "ae",
    "Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "→": "->", "←": "<-",
}  # fmt: skip


class Fitting:
    """Makes texts fit a receiver: no control characters, only what its character set holds."""

    def __init__(
        self, codec: str, *, fold: bool = False, replacements: Mapping[str, str] | None = None
    ) -> None:
        self.codec = codec
        self._fold = fold
        self._replacements = replacements or {}

    def line(self, text: str) -> str:
        """One line; every control character and line end becomes a blank."""
        text = _CONTROL.sub(" ", " ".join(text.splitlines()))
        for old, new in self._replacements.items():
            text = text.replace(old, _CONTROL.sub(" ", new))
        if self._fold or not _holds(self.codec, text):
            text = "".join(self._sign(sign) for sign in text)
        return text

    def lines(self, text: str) -> list[str]:
        """The lines of a text; form feeds and Unicode line separators end a line too."""
        return [self.line(each) for each in text.splitlines()]

    def _sign(self, sign: str) -> str:
        """The character, or its plain spelling where it must be folded or cannot be encoded."""
        return sign if _holds("ascii" if self._fold else self.codec, sign) else _plain(sign)


def _plain(sign: str) -> str:
    """ASCII that reads the same, `?` where there is none: never a digit that changes a number."""
    if sign in _PLAIN:
        return _PLAIN[sign]
    spelled = unicodedata.normalize("NFKD", sign)
    if unicodedata.decomposition(sign).startswith("<super>"):
        return "^" + "".join(map(_base, spelled))  # 10² is not 102
    if "\u2044" in spelled:
        return " " + spelled.replace("\u2044", "/")  # 1½ is 1 1/2, not 11/2
    return "".join(map(_base, spelled))


def _base(sign: str) -> str:
    if sign.isascii() or unicodedata.combining(sign):
        return sign if sign.isascii() else ""
    return _PLAIN.get(sign, "?")


def _holds(name: str, text: str) -> bool:
    try:
        text.encode(name)
    except UnicodeEncodeError:
        return False
    return True
