"""What became of the findings of each AI model: taken, refused, changed, left alone."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.domain.decision import DecisionKind
from adapter.reporting.shares import wilson
from adapter.store import findings

MOST_STUDIES = 5_000
"""Studies that the figures are made of at most, the newest."""


@dataclass(slots=True)
class ModelFigures:
    """One version of one model in a period."""

    model: str
    version: str
    studies: int = 0
    findings: int = 0
    accepted: int = 0
    rejected: int = 0
    edited: int = 0

    @property
    def decided(self) -> int:
        """Findings about which somebody decided."""
        return self.accepted + self.rejected + self.edited

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the share that was accepted as it was, of those decided."""
        return wilson(self.accepted, self.decided) if self.decided else None


def by_model(tx: sa.Connection, since: str) -> list[ModelFigures]:
    """Models that told something since then (ISO 8601), the busiest first."""
    made: dict[tuple[str, str], ModelFigures] = {}
    for accession in findings.recent_studies(tx, since, MOST_STUDIES):
        decided = {each.target: each.kind for each in findings.decisions(tx, accession)}
        seen = set()
        for one in findings.of_study(tx, accession):
            key = (one.model, one.version)
            figures = made.setdefault(key, ModelFigures(*key))
            if key not in seen:
                seen.add(key)
                figures.studies += 1
            _count(figures, decided.get(one.id))
    return sorted(made.values(), key=lambda each: (-each.findings, each.model, each.version))


def _count(figures: ModelFigures, kind: DecisionKind | None) -> None:
    figures.findings += 1
    figures.accepted += kind is DecisionKind.ACCEPT
    figures.rejected += kind is DecisionKind.REJECT
    figures.edited += kind is DecisionKind.EDIT
