"""Which earlier report of a patient a new one is held against."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.domain.order import Order
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.checks.regions import overlap, regions_of
from adapter.reporting.checks.sides import ordered_side


def comparable(order: Order, earlier: Iterable[Order], tables: ReportingTables) -> Order | None:
    """The latest of the same part of the body; `earlier`: oldest first.

    One of the same modality comes before one of another.
    """
    fitting = [each for each in earlier if _same_part(order, each, tables)]
    same = [each for each in fitting if each.modality == order.modality]
    return next(reversed(same or fitting), None)


def _same_part(one: Order, other: Order, tables: ReportingTables) -> bool:
    checks = tables.checks
    a, b = (regions_of(each, checks) for each in (one, other))
    same = bool(one.procedure.code) and one.procedure.code == other.procedure.code
    if any(checks.table.regions[name].paired for name in a & b):
        sides = {ordered_side(each, tables.lexicon) for each in (one, other)} - {None}
        return len(sides) < 2
    return same or overlap(a, b, checks)
