"""How many planted errors the checks find, and what they say of clean reports.

`python -m tests.reporting.checks.measure` prints the table.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from adapter.domain.report import Flag
from adapter.reporting.checks import check_text
from tests.reporting.checks.errors import KINDS
from tests.reporting.checks.reports import Written, clean
from tests.reporting.tables import tables


def flags_of(report: Written) -> tuple[Flag, ...]:
    """What the checks say of a report."""
    flags = check_text(report.text, tables(), report.order)
    for flag in flags:
        assert flag.chars is not None
        assert 0 <= flag.chars[0] <= flag.chars[1] <= len(report.text)
    return flags


def recall(kind: str, count: int, *, show: bool = False) -> float:
    """Share of planted errors of a kind that are found."""
    plant, codes = KINDS[kind]
    found = 0
    for seed in range(count):
        report = plant(random.Random(f"{kind} {seed}"))
        hit = any(flag.code in codes for flag in flags_of(report))
        found += hit
        if show and not hit:
            print(
                "--- missed", kind, [f.code for f in flags_of(report)], report.order.procedure.text
            )
            print(report.text)
            show = False
    return found / count


def false_flags(count: int, *, show: bool = False) -> tuple[Counter[str], Counter[str]]:
    """Flags of clean reports by code and by severity."""
    codes: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    for seed in range(count):
        report = clean(random.Random(f"clean {seed}"))
        for flag in flags_of(report):
            if show and not codes[flag.code]:
                print("--- false", flag.code, flag.message, "\n" + report.text)
            codes[flag.code] += 1
            severities[flag.severity.value] += 1
    return codes, severities


def main() -> None:
    """Print recall by kind and false flags per 100 clean reports."""
    show, count = "--show" in sys.argv, 200
    for kind in KINDS:
        print(f"{kind:32}{recall(kind, count, show=show):7.1%}")
    codes, severities = false_flags(1_000, show=show)
    print("per 100 clean reports:", {k: v / 10 for k, v in severities.items()}, dict(codes))


if __name__ == "__main__":
    main()
