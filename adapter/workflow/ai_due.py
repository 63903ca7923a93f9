"""What the AI ledger owes: a signed version, or AI findings that came after it, to be judged."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store import ai_ledger, reports, studies
from adapter.workflow.study_flow import LEDGER, SIGNED, House


def owe_version(house: House, tx: sa.Connection, accession: str, number: int) -> None:
    """A version of the report, signed or retracted, is to be judged."""
    _owe(house, tx, accession, number, f"version-{number}")


def owe_late(house: House, tx: sa.Connection, accession: str, batch: int) -> None:
    """AI findings came in: where the report is signed already, they are held against it."""
    if studies.get(tx, accession).report_status in SIGNED:
        _owe(house, tx, accession, reports.latest_number(tx, accession), f"ai-{batch}")


def _owe(house: House, tx: sa.Connection, accession: str, number: int, what: str) -> None:
    ai_ledger.owe(tx, accession, number)
    house.jobs.put(tx, LEDGER, f"{accession}/{what}", lane=accession)
