"""The report before: the latest signed one of the same patient and part of the body."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.order import Order
from adapter.domain.people import Patient
from adapter.domain.prior import PriorReport
from adapter.domain.study import ReportStatus, Study
from adapter.mapping.access import AccessRules
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.priors import comparable
from adapter.store import dictations, patients, prior_reports, reports, studies
from adapter.store.prior_reports import KeptReport
from adapter.workflow.study_flow import MERGE, SIGNED, UNSIGNED, House

_DAY = 8  # digits of YYYYMMDD


def prior_of(
    tx: sa.Connection, study: Study, tables: ReportingTables, rules: AccessRules
) -> PriorReport | None:
    """What a study's report is held against; None when the store has nothing comparable that
    everybody may see who may see the study.
    """
    day = _day(study.order, study.created_at)
    found = _earlier(tx, study, rules)
    earlier = {each.order.accession: each for each in found if each.day <= day}
    oldest_first = sorted(earlier.values(), key=lambda each: each.day)
    chosen = comparable(study.order, (each.order for each in oldest_first), tables)
    return _prior(tx, earlier[chosen.accession]) if chosen else None


class _Earlier(NamedTuple):
    """A report of the patient: one of ours, or `kept` of another system."""

    order: Order
    day: str
    kept: KeptReport | None = None


def _earlier(tx: sa.Connection, study: Study, rules: AccessRules) -> Iterator[_Earlier]:
    """The other systems' first: of two with one accession ours counts."""
    keys, accession = patients.keys_of(tx, study.order.patient), study.order.accession
    others = prior_reports.of_keys(tx, keys)
    fallback = _fallback(tx, keys, rules) if others else ()
    for kept in others:
        order = kept.report.order
        if order.accession == accession or not kept.report.text:
            continue
        if study.labels.issuperset(rules.fitting(order) or fallback):
            yield _Earlier(order, _day(order, kept.received_at), kept)
    for each in studies.of_keys(tx, keys, SIGNED):
        if each.order.accession != accession and each.may_be_told_of_in(study):
            yield _Earlier(each.order, _day(each.order, each.created_at))


def _fallback(tx: sa.Connection, keys: Sequence[str], rules: AccessRules) -> Collection[str]:
    """Labels of reports that tell none themselves: those of all of the patient's studies."""
    if not rules.are_there:
        return ()
    strictest = {each for one in studies.of_keys(tx, keys, ReportStatus) for each in one.labels}
    return strictest or rules.otherwise


def _prior(tx: sa.Connection, earlier: _Earlier) -> PriorReport:
    order = earlier.order
    if earlier.kept is not None:
        text, version = earlier.kept.report.text, earlier.kept.version
    else:
        stored = reports.get_latest(tx, order.accession)
        text, version = stored.text, stored.number
    return PriorReport(
        text=text,
        accession=order.accession,
        version=version,
        procedure=order.procedure.text or order.procedure.code,
        date=earlier.day,
    )


def _day(order: Order, known_since: str) -> str:
    """YYYYMMDD on which it was made, else on which it was known here."""
    return (order.scheduled_at or known_since.replace("-", ""))[:_DAY]


def remerge_open(
    house: House, tx: sa.Connection, patient: Patient, cause: str, but: str = ""
) -> None:
    """What may be a prior has changed: merge the patient's open reports again, except `but`."""
    for each in studies.of_keys(tx, patients.keys_of(tx, patient), UNSIGNED):
        accession = each.order.accession
        if accession != but and dictations.of_study(tx, accession):
            house.jobs.put(tx, MERGE, f"{accession}/{cause}", lane=accession)
