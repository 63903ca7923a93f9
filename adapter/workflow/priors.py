"""The report before: the latest signed one of the same patient and part of the body."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.people import Patient
from adapter.domain.prior import PriorReport
from adapter.domain.study import Study
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.priors import comparable
from adapter.store import dictations, reports, studies
from adapter.workflow.study_flow import MERGE, SIGNED, UNSIGNED, House

_DAY = 8  # digits of YYYYMMDD


def prior_of(tx: sa.Connection, study: Study, tables: ReportingTables) -> PriorReport | None:
    """What a study's report is held against; None when the store has nothing comparable."""
    day = _day(study)
    earlier = {
        each.order.accession: each
        for each in studies.of_patient(tx, study.order.patient, SIGNED)
        if each.order.accession != study.order.accession and _day(each) <= day
    }
    oldest_first = sorted((each for each in earlier.values()), key=_day)
    chosen = comparable(study.order, (each.order for each in oldest_first), tables)
    if chosen is None:
        return None
    stored = reports.get_latest(tx, chosen.accession)
    return PriorReport(
        text=stored.text,
        accession=chosen.accession,
        version=stored.number,
        procedure=chosen.procedure.text or chosen.procedure.code,
        date=_day(earlier[chosen.accession]),
    )


def _day(study: Study) -> str:
    """YYYYMMDD on which it was made, else on which it was ordered."""
    return (study.order.scheduled_at or study.created_at.replace("-", ""))[:_DAY]


def remerge_open(
    house: House, tx: sa.Connection, patient: Patient, cause: str, but: str = ""
) -> None:
    """What may be a prior has changed: merge the patient's open reports again, except `but`."""
    for each in studies.of_patient(tx, patient, UNSIGNED):
        accession = each.order.accession
        if accession != but and dictations.of_study(tx, accession):
            house.jobs.put(tx, MERGE, f"{accession}/{cause}", lane=accession)
