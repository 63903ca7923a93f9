"""How hard a text is to read: the Flesch-Kincaid grade (Kincaid et al., 1975)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)*")


def grade(sentences: Iterable[str], syllable: re.Pattern[str]) -> float:
    """School grade, one decimal, at least 0; `syllable` matches each syllable of a word."""
    texts = list(sentences)
    words = [word for text in texts for word in _WORD.findall(text)]
    if not words:
        return 0.0
    spoken = sum(max(1, len(syllable.findall(word))) for word in words)
    level = 0.39 * len(words) / len(texts) + 11.8 * spoken / len(words) - 15.59
    return round(max(0.0, level), 1)
