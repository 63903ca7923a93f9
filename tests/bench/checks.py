"""Recall of planted errors by kind, alerts of clean reports, PPV: tuned and held-out reports.

`python -m tests.bench.checks [--show]`; `--show` prints what was missed or raised for nothing.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from adapter.domain.report import Flag
from adapter.reporting.checks import check_text
from tests.reporting.checks.corpus import Clean, reports
from tests.reporting.checks.planted import PLANTERS
from tests.reporting.tables import tables

TRIES = 3  # places in each report for each kind
PREVALENCE = 0.05  # of reports with an error, for the PPV


class Score(NamedTuple):
    """Errors of one kind that were planted and found."""

    planted: int
    found: int

    @property
    def recall(self) -> float:
        """Share found."""
        return self.found / self.planted if self.planted else 1.0


class Noise(NamedTuple):
    """What is said of clean reports."""

    reports: int
    severities: Counter[str]
    codes: Counter[str]
    flagged: int  # reports with at least one alert or warning

    def per_100(self, severity: str) -> float:
        """Flags of a severity per 100 clean reports."""
        return 100 * self.severities[severity] / self.reports


def flags_of(report: Clean) -> tuple[Flag, ...]:
    """What the checks say."""
    return check_text(report.text, tables(), report.order)


def recall(kind: str, clean: Iterable[Clean], *, tries: int = TRIES, show: bool = False) -> Score:
    """Plant one kind into every report that offers a place; found: a flag that was not there."""
    planter, codes = PLANTERS[kind]
    planted = found = 0
    for report in clean:
        before = Counter(_marks(report))
        made = {planter(report, random.Random(f"{kind}{report.name}{n}")) for n in range(tries)}
        for wrong in sorted(filter(None, made), key=lambda each: each.text):
            planted += 1
            new = Counter(_marks(wrong)) - before
            hit = any(code in codes for code in new)
            found += hit
            if show and not hit:
                print(f"--- missed {kind}: {report.name} {wrong.order.procedure.text}")
                print(_difference(report.text, wrong.text))
    return Score(planted, found)


def _marks(report: Clean) -> list[str]:
    return [flag.code for flag in flags_of(report)]


def _difference(before: str, after: str) -> str:
    known = set(before.splitlines())
    return "\n".join(line for line in after.splitlines() if line not in known)


def noise(clean: Iterable[Clean], *, show: bool = False) -> Noise:
    """What the checks say of clean reports."""
    severities: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    count = flagged = 0
    for report in clean:
        flags = flags_of(report)
        loud = [flag for flag in flags if flag.severity.value != "info"]
        count, flagged = count + 1, flagged + bool(loud)
        severities.update(flag.severity.value for flag in flags)
        codes.update(flag.code for flag in loud)
        for flag in loud if show else ():
            words = report.text[slice(*(flag.chars or (0, 0)))]
            print(f"--- false {report.name} {flag.code}: {flag.message} [{words}]")
    return Noise(count, severities, codes, flagged)


def main() -> None:
    """Print the table."""
    show = "--show" in sys.argv
    parts = {name: [r for r in reports() if r.held_out is held and "capitals" not in r.name]
             for name, held in (("tuned", False), ("held out", True))}  # fmt: skip
    totals = {name: [0, 0] for name in parts}
    print(f"{'':24}" + "".join(f"{name:>20}" for name in parts))
    for kind in PLANTERS:
        row = f"{kind:24}"
        for name, clean in parts.items():
            score = recall(kind, clean, show=show and name == "tuned")
            totals[name][0] += score.planted
            totals[name][1] += score.found
            row += f"{score.found:>6} of {score.planted:<4}{score.recall:7.1%}"
        print(row)
    for name, (planted, found) in totals.items():
        clean = [r for r in reports() if r.held_out is (name == "held out")]
        quiet = noise(clean, show=show and name == "tuned")
        share = found / planted
        false = quiet.flagged / quiet.reports
        ppv = share * PREVALENCE / (share * PREVALENCE + false * (1 - PREVALENCE))
        print(f"{name}: {found} of {planted} found, {share:.1%}")
        print(
            f"  {quiet.reports} clean reports, per 100: {quiet.per_100('alert'):.1f} alert, "
            f"{quiet.per_100('warn'):.1f} warn, {quiet.per_100('info'):.1f} info; "
            f"PPV where {PREVALENCE:.0%} of reports have an error: {ppv:.0%}"
        )
        print("  ", dict(quiet.codes))


if __name__ == "__main__":
    main()
