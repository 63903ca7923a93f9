"""All stages in order: stored inputs and mapping tables in, a report with its proof out."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.decision import Decision
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """All that a report is made of, besides the mapping files."""

    transcripts: tuple[Transcript, ...] = ()  # in dictation order
    ai: tuple[AiFinding, ...] = ()  # in any order
    order: Order | None = None
    template: str | None = None  # id; None: chosen by the order
    decisions: tuple[Decision, ...] = ()  # oldest first
    status: str = "preliminary"  # "draft", "preliminary", "final" or "addendum"
    addenda: tuple[Transcript | str, ...] = ()  # dictated or typed, oldest first
