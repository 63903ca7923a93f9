"""Clean reports as departments write them, each in several layouts, with what was ordered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, Side
from adapter.domain.people import Patient, Sex

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "checks"
STUDY_YEAR = 2024
_HEADER = re.compile(r"^(FINDINGS|IMPRESSION)\b:?", re.IGNORECASE | re.MULTILINE)
_CAPITAL_HEADER = re.compile(r"^[A-Z][A-Z ]{3,}(?=:)", re.MULTILINE)
_SIDE = re.compile(r"\b(left|right)(?=ward|-sided|\b)", re.IGNORECASE)
_SIDE_MARK = re.compile(r"\b(LT|RT)\b")
_FIXED = re.compile(
    r"middle lobe|heart|ventric|atri|quadrant|appendi|lingula|hepat|liver|segment|spleen|perispl"
    r"|varices|subclavian|gallbl|colon|sigmoid|aort|jugular",
    re.IGNORECASE,
)
_OTHER = {"left": "right", "right": "left", "LT": "RT", "RT": "LT"}


@dataclass(frozen=True)
class Clean:
    """A report, its order, and whether it is kept out of tuning."""

    name: str  # file, number and layout
    text: str
    order: Order
    held_out: bool

    @property
    def is_plain(self) -> bool:
        """Whether it stands as it was written."""
        return self.name.split()[-1].isdecimal()

    @property
    def findings(self) -> tuple[int, int]:
        """Where what was found stands; from the start when no header says so."""
        found = {match[1].lower(): match for match in _HEADER.finditer(self.text)}
        start = found["findings"].end() if "findings" in found else 0
        return start, found["impression"].start() if "impression" in found else len(self.text)

    @property
    def impression(self) -> tuple[int, int]:
        """Where what was concluded stands."""
        marks = [match for match in _HEADER.finditer(self.text) if match[1].lower() == "impression"]
        return (marks[0].end() if marks else len(self.text)), len(self.text)

    def put(self, span: tuple[int, int], text: str) -> Clean:
        """With other characters there."""
        return replace(self, text=self.text[: span[0]] + text + self.text[span[1] :])


def swap_sides(text: str) -> str:
    """Left for right and right for left."""

    def other(match: re.Match[str]) -> str:
        word = _OTHER[match[1].lower()]
        return (
            word.upper()
            if match[1].isupper()
            else word.capitalize()
            if match[1][0].isupper()
            else word
        )

    return _SIDE_MARK.sub(lambda match: _OTHER[match[1]], _SIDE.sub(other, text))


@lru_cache(maxsize=1)
def reports() -> tuple[Clean, ...]:
    """All reports in all layouts."""
    return (*_read("reports", held_out=False), *_read("held_out", held_out=True))


def _read(name: str, *, held_out: bool) -> Iterator[Clean]:
    rows = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    for number, row in enumerate(rows, 1):
        plain = Clean(f"{name} {number}", row["text"] + "\n", _order(row), held_out)
        yield from _layouts(plain)


def _layouts(plain: Clean) -> Iterator[Clean]:
    number = plain.name
    yield plain
    titled = _CAPITAL_HEADER.sub(lambda match: match[0].capitalize(), plain.text)
    yield replace(plain, name=f"{number} titles", text=titled.replace("\n\n", "\n"))
    yield replace(plain, name=f"{number} capitals", text=plain.text.upper().replace("\n", "\r\n"))
    if _SIDE.search(plain.text) and not _FIXED.search(plain.text):
        order = plain.order
        asked = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(order.side or Side.BILATERAL)
        words = Code(order.procedure.code, swap_sides(order.procedure.text))
        mirrored = replace(order, side=asked, procedure=words)
        yield replace(plain, name=f"{number} mirrored", text=swap_sides(plain.text), order=mirrored)


def _order(row: dict[str, Any]) -> Order:
    born = Phi(f"{STUDY_YEAR - row['age']}0101")
    patient = Patient(Phi("1"), birth_date=born, sex=Sex(row["sex"]))
    side = Side(row["side"]) if "side" in row else None
    asked = Code("X", row["order"])
    return Order(
        Accession("A1"), patient, asked, row["modality"], side=side, scheduled_at="20240615"
    )
