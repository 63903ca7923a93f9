"""Against the report before: new or not, larger or not, and organs that were taken out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from adapter.domain.order import Side
from adapter.reporting.checks.sheet import FRAME, Found, Line, Said, Sheet, mentions, name
from adapter.reporting.checks.sizes import changed

_MOST = 50


def prior_contradiction(sheet: Sheet) -> Iterator[Found]:
    """Called new but there before; called unchanged but denied before; of another size."""
    before = _by_kind(sheet)
    for said in sheet.stated if before else ():
        fact = said.mention.fact
        if fact.historical or fact.family:
            continue
        kin = [e for e in islice(before.get(fact.finding, ()), _MOST) if _same_place(said, e)]
        present = [each for each in kin if each.mention.present and not each.mention.fact.uncertain]
        denied = [each for each in kin if each.mention.fact.negated and not each.mention.limited]
        is_new = sheet.says("new", said.line.text) and not sheet.says("not_new", said.line.text)
        if is_new and said.mention.present and present:
            yield _against(said, "called new", present[0])
        elif sheet.says("known_before", said.line.text) and denied and not present:
            yield _against(said, "called known", denied[0])
        elif fact.size_mm and said.mention.present:
            yield from _size(said, present, sheet)


def _by_kind(sheet: Sheet) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for said in mentions(tuple(line for line in sheet.prior if line.section not in FRAME)):
        for kind in sheet.lexicon.ancestors[said.mention.fact.finding]:
            found.setdefault(kind, []).append(said)
    return found


def _same_place(one: Said, other: Said) -> bool:
    a, b = one.mention.fact, other.mention.fact
    sides = {a.side, b.side} - {None, Side.BILATERAL}
    return one.mention.organ == other.mention.organ and len(sides) < 2 and a.level == b.level


def _against(said: Said, what: str, other: Said) -> Found:
    shown = name(said.mention.fact.finding)
    message = f"{shown} is {what}, the prior report says {other.line.text!r}; check both"
    return Found("prior_contradiction", message, said.line, said.chars)


def _size(said: Said, present: list[Said], sheet: Sheet) -> Iterator[Found]:
    """The change, computed; it is told here and never written into the report."""
    sized = [each for each in present if each.mention.fact.size_mm]
    if len(sized) != 1:
        return
    now, old = max(said.mention.fact.size_mm), max(sized[0].mention.fact.size_mm)
    if not changed(now, old):
        return
    change = f"prior {old:g} mm, now {now:g} mm: {(now - old) / old:+.0%}"
    message = f"{name(said.mention.fact.finding)}: {change}"
    if sheet.says("unchanged", said.line.text):
        text = f"{message}, yet called unchanged; correct it"
        yield Found("prior_contradiction", text, said.line, said.chars)
    else:
        yield Found("measurement_changed", f"{message}; say how it changed", said.line, said.chars)


def organ_removed(sheet: Sheet) -> Iterator[Found]:
    """An organ described that this report or the prior one says was taken out."""
    removed = {
        organ: said.line
        for said in mentions((*sheet.prior, *sheet.lines))
        if (organ := sheet.checks.table.removals.get(said.mention.fact.finding))
        and not (said.mention.fact.negated or said.mention.fact.uncertain)
        and not said.mention.fact.family
    }
    for line in sheet.body if removed else ():
        if line in removed.values() or sheet.says("taken_out", line.text):
            continue
        for organ in sorted(_described(line) & set(removed)):
            message = f"{organ} was taken out: {removed[organ].text!r}; correct one of them"
            yield Found("organ_removed", message, line)


def _described(line: Line) -> set[str]:
    present = {each.organ for each in line.reading.mentions if each.present}
    return present | line.reading.normal
