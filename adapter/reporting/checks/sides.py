"""Left and right: against the order, within the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from adapter.domain.order import Order, Side
from adapter.mapping.checks import CheckId
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.checks.regions import regions_in
from adapter.reporting.checks.sheet import ONE_SIDE, Found, Line, Sheet, procedure_words

_QUICK = re.compile(r"\b(?:left|right|lt|rt|[a-z]*lateral(?:ly)?|both)\b", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(?:(L)|(R))(?:T|EFT|IGHT)?\b")
_ADJACENT = re.compile(r"\b(?:left\s+right|right\s+left)\b(?!\s*-|\s+(?:shunt|asymmetr))", re.I)
_KINDS = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}


class Named(NamedTuple):
    """A side and the characters that name it."""

    side: Side
    start: int
    end: int


def sides_named(text: str, lexicon: Lexicon) -> list[Named]:
    """The sides a text names; "left atrium" and the like name none."""
    if not _QUICK.search(text):
        return []
    tokens = lexicon.forms.tokens(text)
    found = []
    for hit in lexicon.cues.find([token.word for token in tokens]):
        for kind, side in _KINDS.items():
            if kind in hit.value:
                found.append(Named(side, tokens[hit.start].start, tokens[hit.end - 1].end))
                break
    return found


def side_against_order(sheet: Sheet) -> Iterator[Found]:
    """A line that speaks of the other side than the one ordered."""
    asked = _asked(sheet)
    if asked:
        why = f"the order is for the {asked.value} side"
        lines = (*sheet.technique, *sheet.body)
        yield from _against(sheet, asked, "side_against_order", why, lines)


def side_within_report(sheet: Sheet) -> Iterator[Found]:
    """Sides that cannot be, and sides against the report's own title or measurements."""
    impossible = sheet.checks.impossible_sides
    for line in sheet.body:
        match = impossible.search(line.text) or _ADJACENT.search(line.text)
        if match:
            message = f"there is no {match[0].lower()}; correct the side"
            yield Found("side_within_report", message, line, match.span())
    titled = {
        each.side for line in sheet.technique for each in sides_named(line.text, sheet.lexicon)
    }
    if _asked(sheet) is None and len(titled) == 1:
        side = titled.pop()
        why = f"the examination is of the {side.value} side"
        if side in ONE_SIDE and regions_in(_title(sheet), sheet.checks):
            yield from _against(sheet, side, "side_within_report", why, sheet.body)
    yield from _same_size(sheet)


def _asked(sheet: Sheet) -> Side | None:
    return ordered_side(sheet.order, sheet.lexicon) if sheet.order else None


def ordered_side(order: Order, lexicon: Lexicon) -> Side | None:
    """Left or right when the order names one of them only."""
    if order.side:
        return order.side if order.side in ONE_SIDE else None
    named = {each.side for each in sides_named(procedure_words(order), lexicon)}
    if not named:
        named = {
            Side.LEFT if match[1] else Side.RIGHT
            for match in _ABBREVIATED.finditer(order.procedure.text)
        }
    return next(iter(named)) if len(named) == 1 and named <= set(ONE_SIDE) else None


def _title(sheet: Sheet) -> str:
    return " ".join(line.text for line in sheet.technique[:3])


def _against(
    sheet: Sheet, asked: Side, code: CheckId, why: str, lines: tuple[Line, ...]
) -> Iterator[Found]:
    named = [(line, sides_named(line.text, sheet.lexicon)) for line in lines]
    known = any(asked in {n.side for n in each} for _, each in named)
    if known and not _is_paired(sheet):
        return  # a chest has two sides, whichever was asked for
    for line, each in named:
        wrong = [n for n in each if n.side is not asked and n.side in ONE_SIDE]
        if len(wrong) < len(each) or not wrong or sheet.says("other_place", line.text):
            continue
        if not (known and _is_normal(line)):
            first = wrong[0]
            message = f"{why}, this says {first.side.value}; correct the side or the order"
            yield Found(code, message, line, (first.start, first.end))


def _is_normal(line: Line) -> bool:
    """Whether it says that something is normal, as one does of the other breast."""
    return bool(line.reading.normal) or not any(m.present for m in line.reading.mentions)


def _is_paired(sheet: Sheet) -> bool:
    """Whether the examined part is one of a pair; an unknown part counts as one."""
    named = regions_in(sheet.procedure or _title(sheet), sheet.checks)
    return not named or any(sheet.checks.table.regions[each].paired for each in named)


def _same_size(sheet: Sheet) -> Iterator[Found]:
    """The same finding of the same size on the left and on the right."""
    seen: dict[tuple[str, tuple[float, ...]], Side] = {}
    for said in sheet.stated:
        fact = said.mention.fact
        if not (said.mention.present and fact.size_mm and fact.side in ONE_SIDE):
            continue
        before = seen.setdefault((fact.finding, fact.size_mm), fact.side)
        if before is not fact.side and said.line.text.lower().startswith(("the ", "this ")):
            message = f"{fact.text} of this size was {before.value} before; correct one side"
            yield Found("side_within_report", message, said.line, said.chars)
