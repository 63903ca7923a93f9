"""A signed report of the same patient that was there before."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.report import PriorRef


@dataclass(frozen=True, slots=True)
class PriorReport:
    """Its words and what they are of. Checks and the comparison line read it; nothing else."""

    text: str  # as printed, with its headers
    accession: str = ""
    version: int = 1
    procedure: str = ""  # in words
    date: str = ""  # YYYYMMDD of the study

    @property
    def ref(self) -> PriorRef:
        """How the new report names it."""
        return PriorRef(self.accession, self.version, self.procedure, self.date)
