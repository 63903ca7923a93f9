"""How hard a text is to read, as a school grade.

English: Flesch-Kincaid (Kincaid et al., 1975); German: the first Wiener Sachtextformel (Bamberger
and Vanecek, 1984).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from adapter.mapping.plain_words import Formula

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)*")


def grade(
    sentences: Iterable[str], syllable: re.Pattern[str], formula: Formula = "flesch_kincaid"
) -> float:
    """School grade, one decimal, at least 0; `syllable` matches each syllable of a word."""
    texts = list(sentences)
    words = [word for text in texts for word in _WORD.findall(text)]
    if not words:
        return 0.0
    spoken = [max(1, len(syllable.findall(word))) for word in words]
    length = len(words) / len(texts)
    if formula == "wiener_sachtext":
        level = _wiener(words, spoken, length)
    else:
        level = 0.39 * length + 11.8 * sum(spoken) / len(words) - 15.59
    return round(max(0.0, level), 1)


def _wiener(words: Sequence[str], spoken: Sequence[int], length: float) -> float:
    """From the shares (%) of words of three syllables, of seven letters, and of one syllable."""
    many, long, short = (
        100 * sum(each) / len(words)
        for each in (
            [n >= 3 for n in spoken],
            [len(word) > 6 for word in words],
            [n == 1 for n in spoken],
        )
    )
    return 0.1935 * many + 0.1672 * length + 0.1297 * long - 0.0327 * short - 0.875
