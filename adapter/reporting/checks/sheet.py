"""A report laid out for its checks: lines, the study they are held against, earlier words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from adapter.domain.communication import Communication
from adapter.domain.order import Order, Side
from adapter.domain.report import Heard, Origin, Suggestion
from adapter.domain.transcript import Transcript
from adapter.mapping.checks import CheckId, Checks, WordsId
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.calendar_days import Day
from adapter.reporting.checks.vertebrae import LEVELS, text_of
from adapter.reporting.facts import Mention, Reading
from adapter.reporting.safety_tokens import Doubt

FRAME = frozenset(("indication", "comparison", "technique", "recommendation"))
TECHNIQUE = "technique"
IMPRESSION = "impression"
ONE_SIDE = (Side.LEFT, Side.RIGHT)


class Line(NamedTuple):
    """One sentence; `start`: its offset in its statement, or in the text when it has none."""

    text: str
    section: str
    reading: Reading
    statement: str | None = None
    start: int = 0
    origin: Origin = Origin.DICTATED
    ai: str | None = None
    doubts: tuple[Doubt, ...] = ()  # of what was heard

    @property
    def spoken(self) -> bool:
        """Whether a person said or wrote it."""
        return self.origin in (Origin.DICTATED, Origin.EDITED, Origin.ELSEWHERE)


class Found(NamedTuple):
    """What a check found: `chars` within the line's text; None: the whole line."""

    code: CheckId
    message: str
    line: Line | None = None
    chars: tuple[int, int] | None = None
    heard: Heard | None = None


class Said(NamedTuple):
    """A mention with the line that makes it."""

    line: Line
    mention: Mention

    @property
    def chars(self) -> tuple[int, int]:
        """Where its words stand in the line."""
        return self.mention.fact.start, self.mention.fact.end


@dataclass(frozen=True)
class Sheet:
    """A report and what it is held against."""

    lines: tuple[Line, ...]
    checks: Checks
    lexicon: Lexicon
    order: Order | None = None
    day: Day | None = None  # of the study
    age: int | None = None  # years
    prior: tuple[Line, ...] = ()  # of the report before
    empty: tuple[str, ...] = ()  # ids of required sections that hold nothing
    unfilled: tuple[str, ...] = ()  # labels of required fields without a value
    suggestions: tuple[Suggestion, ...] = ()
    recordings: tuple[Transcript, ...] = ()
    communications: tuple[Communication, ...] = ()

    def says(
        self, what: WordsId, text: str, start: int = 0, end: int = sys.maxsize
    ) -> re.Match[str] | None:
        """Where a text tells so, in the words of the mapping."""
        return self.checks.said[what].search(text, start, end)

    @cached_property
    def body(self) -> tuple[Line, ...]:
        """What was found and concluded."""
        return tuple(line for line in self.lines if line.section not in FRAME)

    @cached_property
    def findings(self) -> tuple[Line, ...]:
        """What was found."""
        return tuple(line for line in self.body if line.section != IMPRESSION)

    @cached_property
    def impression(self) -> tuple[Line, ...]:
        """What was concluded."""
        return tuple(line for line in self.lines if line.section == IMPRESSION)

    @cached_property
    def technique(self) -> tuple[Line, ...]:
        """Title, examination and technique."""
        return tuple(line for line in self.lines if line.section == TECHNIQUE)

    @cached_property
    def procedure(self) -> str:
        """The procedure that was ordered, in words."""
        return procedure_words(self.order) if self.order else ""

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Organs of parts of the body that the images cannot show; none when it is not known."""
        regions = self.checks.table.regions
        text = " ".join((self.procedure, *(line.text for line in self.technique)))
        shown = {name for name, words in self.checks.region_words if words.search(text)}
        shown |= {beside for name in shown for beside in regions[name].beside}
        own = {organ for name in shown for organ in regions[name].organs}
        every = {organ for region in regions.values() for organ in region.organs}
        return frozenset(every - own) if shown else frozenset()

    @cached_property
    def unmarked(self) -> int:
        """How many lines of the body end without a mark."""
        ends = (".", "!", "?", ":", ")", '"', "”", "]")
        return sum(not line.text.rstrip().endswith(ends) for line in self.body)

    def levels(self, line: Line) -> list[str]:
        """Vertebral levels that a line of the findings names, or the line before it that does."""
        return self._levels.get(id(line), [])

    @cached_property
    def _levels(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        last: list[str] = []
        for line in self.findings:
            last = [text_of(match) for match in LEVELS.finditer(line.text)] or last
            found[id(line)] = last
        return found

    @cached_property
    def stated(self) -> tuple[Said, ...]:
        """All mentions in the findings."""
        return tuple(mentions(self.findings))

    @cached_property
    def concluded(self) -> tuple[Said, ...]:
        """All mentions in the impression."""
        return tuple(mentions(self.impression))

    @cached_property
    def present_by_kind(self) -> dict[str, list[Said]]:
        """Findings stated as present, by each kind that they are one of."""
        found: dict[str, list[Said]] = {}
        for said in self.stated:
            if said.mention.present:
                for kind in self.lexicon.ancestors[said.mention.fact.finding]:
                    found.setdefault(kind, []).append(said)
        return found


Check = Callable[[Sheet], Iterator[Found]]


def mentions(lines: tuple[Line, ...]) -> Iterator[Said]:
    """The mentions of lines in order."""
    return (Said(line, mention) for line in lines for mention in line.reading.mentions)


def procedure_words(order: Order) -> str:
    """Text and code of a procedure as words."""
    return f"{order.procedure.text} {order.procedure.code}".replace("_", " ")


def name(finding: str) -> str:
    """A finding as people say it."""
    return finding.replace("_", " ")
