"""Prior reports that other systems sent, the latest text of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.outside_report import OutsideReport
from adapter.domain.people import Patient
from adapter.store.padding import padded
from adapter.store.studies import patient_key
from adapter.store.tables import prior_report


class KeptReport(NamedTuple):
    """A stored report; `version` counts the texts that came under its number."""

    version: int
    report: OutsideReport
    received_at: str  # ISO 8601, UTC


def find(tx: sa.Connection, source: str, number: str) -> KeptReport | None:
    """The report of this source and number, or None; its row is held (PostgreSQL)."""
    query = _select().where(prior_report.c.source == source, prior_report.c.number == number)
    row = tx.execute(query.with_for_update()).first()
    return None if row is None else _kept(row)


def keep(tx: sa.Connection, report: OutsideReport, at: str, known: KeptReport | None) -> None:
    """Write the report in the place of the `known` one of its number."""
    values = {
        "patient_key": patient_key(report.order.patient),
        "version": known.version + 1 if known else 1,
        "report_json": to_json(report),
        "received_at": at,
    }
    key = {"source": report.source, "number": report.order.accession}
    if known is None:
        tx.execute(sa.insert(prior_report).values(**key, **values))
    else:
        same = (prior_report.c.source == key["source"], prior_report.c.number == key["number"])
        tx.execute(sa.update(prior_report).where(*same).values(**values))


def of_keys(tx: sa.Connection, keys: Sequence[str]) -> list[KeptReport]:
    """The reports under these numbers of a patient, in the order in which they came first."""
    query = (
        _select().where(prior_report.c.patient_key.in_(padded(keys))).order_by(prior_report.c.id)
    )
    return [_kept(row) for row in tx.execute(query)] if keys else []


def hand_over(tx: sa.Connection, retired: Patient, survivor: Patient) -> int:
    """The reports of a retired number are the survivor's; returns how many they are."""
    old = patient_key(retired)
    change = sa.update(prior_report).where(prior_report.c.patient_key == old)
    done = tx.execute(change.values(patient_key=patient_key(survivor)))
    return done.rowcount if old else 0


def _select() -> sa.Select[tuple[int, str, str]]:
    return sa.select(prior_report.c.version, prior_report.c.report_json, prior_report.c.received_at)


def _kept(row: sa.Row[tuple[int, str, str]]) -> KeptReport:
    return KeptReport(row[0], from_json(OutsideReport, row[1]), row[2])
