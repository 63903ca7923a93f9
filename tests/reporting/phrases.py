"""The phrase set: spoken and written pairs by language and group, and how many come out right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import load_vocabulary
from adapter.reporting.written_form import write

SAMPLES = Path(__file__).parent.parent / "samples" / "written_form"


@dataclass(frozen=True)
class Pair:
    """What is said, and what the report must hold (line feeds are written \\n in the files)."""

    group: str
    spoken: str
    written: str


@dataclass(frozen=True)
class Score:
    """How many pairs of a group come out right, and those that do not, with what came out."""

    right: int
    total: int
    wrong: tuple[tuple[Pair, str], ...]


def pairs(language: str) -> list[Pair]:
    """All pairs of a language, group by group (numbers, units, sides, negations, levels ...)."""
    found = []
    for file in sorted((SAMPLES / language).glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            spoken, written = line.replace("\\n", "\n").split("\t")
            found.append(Pair(file.stem, spoken, written))
    return found


def scores(language: str) -> dict[str, Score]:
    """Score of every group."""
    vocabulary = load_vocabulary(MappingFiles(), language)
    results: dict[str, list[tuple[Pair, str]]] = {}
    for pair in pairs(language):
        results.setdefault(pair.group, []).append((pair, write(pair.spoken, vocabulary).text))
    return {group: _score(found) for group, found in results.items()}


def _score(results: list[tuple[Pair, str]]) -> Score:
    wrong = tuple((pair, text) for pair, text in results if text != pair.written)
    return Score(len(results) - len(wrong), len(results), wrong)
