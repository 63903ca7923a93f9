"""What the impression says again, matched by its words where findings alone do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from adapter.domain.order import Side
from adapter.reporting.checks.sheet import ONE_SIDE, Found, Line, Sheet
from adapter.reporting.checks.sides import sides_named
from adapter.reporting.checks.sizes import close, sizes_in
from adapter.reporting.checks.vertebrae import vertebrae, vertebrae_in

_WORD = re.compile(r"[^\W\d_]{4,}")
_SHARED = 2  # words that make two sentences speak of one thing
_SLIP = 10  # of a decimal point, or of mm for cm


class _Told(NamedTuple):
    """A sentence of the findings: its words, its sides, its sizes in mm."""

    line: Line
    words: frozenset[str]
    sides: frozenset[Side]
    sizes: tuple[float, ...]


def restated(sheet: Sheet, judged: set[int]) -> Iterator[Found]:
    """Another side, size or level; `judged`: lines whose side was held against findings."""
    if sheet.impression:
        told = _told(sheet)
        yield from _other_side(sheet, told, judged)
        yield from _slipped_size(sheet, told)
        yield from _new_level(sheet)


def _other_side(sheet: Sheet, told: list[_Told], judged: set[int]) -> Iterator[Found]:
    """The same words with the other side."""
    for number, line in enumerate(sheet.impression):
        sides = {each.side for each in sides_named(line.text, sheet.lexicon)}
        if number in judged or len(sides) != 1 or not sides <= set(ONE_SIDE):
            continue
        side, words = sides.pop(), _words(line.text)
        against = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        same = max((_shared(words, t) for t in told if t.sides != {against}), default=0)
        least = max(same, _SHARED - 1, len(words) // 2)
        for each in told:
            if each.sides == {against} and _shared(words, each) > least:
                message = (
                    f"the impression says {side.value}, the findings say {against.value}: "
                    f"{each.line.text!r}; correct one of them"
                )
                yield Found("side_against_findings", message, line)
                break


def _slipped_size(sheet: Sheet, told: list[_Told]) -> Iterator[Found]:
    """A size that is ten times, or a tenth of, one that the findings give."""
    known = [mm for each in told for mm in each.sizes]
    for line in sheet.impression if known else ():
        words = _words(line.text)
        for size in sizes_in(line.text):
            if any(close(size, mm) for mm in known):
                continue
            slips = (size * _SLIP, size / _SLIP)
            for each in told:
                meant = [mm for mm in each.sizes for slip in slips if close(slip, mm)]
                if meant and _shared(words, each):
                    message = (
                        f"the impression says {size:g} mm, the findings say {meant[0]:g} mm; "
                        "check decimal point and unit"
                    )
                    yield Found("impression_size", message, line)
                    return


def _new_level(sheet: Sheet) -> Iterator[Found]:
    """A vertebra of which the findings, that name others, say nothing."""
    if not any(said.mention.fact.level for said in sheet.concluded):
        return
    known = {each for line in sheet.findings for each in vertebrae_in(line.text, sheet.checks)}
    for said in sheet.concluded if known else ():
        level = said.mention.fact.level
        if level and said.mention.present and not vertebrae(level) <= known:
            message = f"the findings do not speak of {level}; correct one of them"
            yield Found("impression_level", message, said.line, said.chars)


def _told(sheet: Sheet) -> list[_Told]:
    return [
        _Told(
            line,
            _words(line.text),
            frozenset(each.side for each in sides_named(line.text, sheet.lexicon)),
            tuple(sizes_in(line.text)),
        )
        for line in sheet.findings
    ]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - {side.value for side in Side}


def _shared(words: frozenset[str], told: _Told) -> int:
    return len(words & told.words)
