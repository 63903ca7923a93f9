"""How a language writes the size of a lesion, as patterns over the text of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapter.mapping.lexicon_table import MeasureWords

_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_NEVER = "(?!)"


class Measures:
    """`size` has groups numbers and unit; `first` ("3 to 5 cm") and `listed` ("3 and 5 cm") too.

    `one` has number and unit.
    """

    def __init__(self, tables: Iterable[MeasureWords]) -> None:
        parts = tuple(tables)
        self._millimeters = {
            word.lower(): scale for part in parts for word, scale in part.units.items()
        }
        unit = _any_of(self._millimeters)
        by = _any_of(word for part in parts for word in part.by)
        to = _any_of(word for part in parts for word in part.to)
        between = rf"\s*-?\s*(?:{unit})?\s*{by}\s*"
        numbers = rf"{_NUMBER}(?:{between}{_NUMBER}){{0,2}}"
        self.size = _compiled(rf"(?<![\w.])({numbers})\s*-?\s*({unit})\b")
        self.first = _compiled(
            rf"(?<![\w.])({numbers})(?=\s+{to}\s+{numbers}\s*-?\s*({unit})\b)",
        )
        join = _any_of(word for part in parts for word in part.listed)
        self.listed = _compiled(
            rf"(?<![\w.])({numbers})(?=\s+{join}\s+{numbers}\s*-?\s*({unit})\b)",
        )
        self.one = _compiled(rf"({_NUMBER})\s*-?\s*({unit})?")
        self.distance = _compiled(
            rf"[\s,]*{_any_of(word for part in parts for word in part.distances)}\b"
        )
        begins = "".join(sorted({re.escape(word[0]) for word in self._millimeters}))
        self.may_be = _compiled(rf"\d\s*-?\s*[{begins}]" if begins else _NEVER)

    def millimeters(self, number: float, unit: str) -> float:
        """A number of this unit in millimetres, to the micrometre."""
        return round(number * self._millimeters[unit.lower()], 3)


def _any_of(words: Iterable[str]) -> str:
    escaped = [re.escape(word) for word in sorted(set(words), key=len, reverse=True)]
    return f"(?:{'|'.join(escaped)})" if escaped else _NEVER


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def beginnings(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches words by their beginnings."""
    return _compiled(_any_of(words))
