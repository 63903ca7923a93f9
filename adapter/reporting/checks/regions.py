"""The examined part of the body, as order, title and findings tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.domain.order import Order
from adapter.mapping.checks import Checks
from adapter.reporting.checks.sheet import Found, Line, Sheet, procedure_words

_FEW = 3  # lines with an organ, below which nothing is concluded
_SPINES = ("cervical spine", "thoracic spine", "lumbar spine")
_OF_SPINE = {"C": "cervical spine", "T": "thoracic spine", "L": "lumbar spine"}
_LEVEL = re.compile(r"\b([CTL])(\d{1,2})\b")


def regions_in(text: str, checks: Checks) -> set[str]:
    """Regions that a text names."""
    return {name for name, words in checks.region_words if words.search(text)}


def regions_of(order: Order, checks: Checks) -> set[str]:
    """Regions that an order asks for."""
    return regions_in(procedure_words(order), checks)


def wrong_body_part(sheet: Sheet) -> Iterator[Found]:
    """A report of another part of the body than was ordered."""
    asked = regions_in(sheet.procedure, sheet.checks)
    if not asked:
        return
    shown = " and ".join(sorted(asked))
    for line in sheet.technique:
        named = regions_in(line.text, sheet.checks)
        if (
            named
            and not overlap(named, asked, sheet.checks)
            and not sheet.says("beyond_region", line.text)
        ):
            other = " and ".join(sorted(named))
            message = f"the order is for {shown}, the report says {other}; check the patient"
            yield Found("wrong_body_part", message, line)
            return
    yield from _by_organs(sheet, asked, shown)
    yield from _by_levels(sheet, asked, shown)


def overlap(one: set[str], other: set[str], checks: Checks) -> bool:
    """Whether regions are the same, or such as reports of one name the other."""
    regions = checks.table.regions
    near = {each for name in one for each in regions[name].near}
    nearby = {each for name in other for each in regions[name].near}
    if (one | near) & other or one & nearby:
        return True
    spines = {*_SPINES, "spine"}
    return ("spine" in one and bool(other & spines)) or ("spine" in other and bool(one & spines))


def _by_organs(sheet: Sheet, asked: set[str], shown: str) -> Iterator[Found]:
    """No line speaks of an organ of the ordered region, and several of other regions' organs."""
    regions = sheet.checks.table.regions
    if any(not regions[each].organs for each in asked):
        return
    own = {organ for each in asked for organ in regions[each].organs}
    known = {organ for each in regions.values() for organ in each.organs}
    about = [
        (line, organs) for line in sheet.body if line.spoken and (organs := _organs(line) & known)
    ]
    if len(about) >= _FEW and not any(organs & own for _, organs in about):
        line, organs = about[0]
        other = ", ".join(sorted({organ for _, each in about for organ in each})[:4])
        message = f"the order is for {shown}, the report speaks of {other}; check the patient"
        yield Found("wrong_body_part", message, line)


def _organs(line: Line) -> set[str]:
    return {*line.reading.organs, *(mention.organ for mention in line.reading.mentions)}


def _by_levels(sheet: Sheet, asked: set[str], shown: str) -> Iterator[Found]:
    """Cervical levels in a lumbar spine and the other way round."""
    spines = asked & set(_SPINES)
    if len(spines) != 1 or spines == {"thoracic spine"}:
        return
    far = "C" if spines == {"lumbar spine"} else "L"
    for line in sheet.body:
        match = _LEVEL.search(line.text)
        while match and match[1] != far:
            match = _LEVEL.search(line.text, match.end())
        if match:
            message = f"the order is for {shown}, {match[0]} is in the {_OF_SPINE[far]}; correct it"
            yield Found("wrong_body_part", message, line, match.span())
