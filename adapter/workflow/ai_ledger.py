"""Signed reports are judged: what became of each AI finding is written into the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.ai_ledger import Fate, Judgement
from adapter.domain.codec import from_json
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.domain.study import Study
from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.ai_fates import Scope, judge, labels
from adapter.reporting.ai_modes import AiModes
from adapter.reporting.checks.regions import regions_of
from adapter.reporting.checks.study_day import age_at
from adapter.reporting.pipeline import ReportInputs
from adapter.store import ai_ledger, ai_sources, findings, reports, studies
from adapter.store.ai_ledger import LedgerRow
from adapter.store.reports import StoredReport
from adapter.workflow.ai_modes import rulings
from adapter.workflow.study_flow import House, split_key

_LONGEST = 100  # characters of a group's name


class Case(NamedTuple):
    """A signed version with what it is judged by; `first_signed`: of any version of the report."""

    study: Study
    version: StoredReport
    findings: tuple[AiFinding, ...]
    seen: Scope
    modes: AiModes
    arrivals: Mapping[str, str]
    first_signed: str

    def scanner(self, finding: str) -> str:
        """The device of this finding's images, else the one that any finding of the study tells."""
        own = (each for each in self.findings if each.id == finding)
        return next((each.scanner for each in (*own, *self.findings) if each.scanner), "")


class Circumstances(NamedTuple):
    """What the ledger tells of a study; of the patient only sex and age band."""

    accession: str
    site: str
    scanner: str
    modality: str
    body_part: str
    sex: str
    age_band: str


class AiLedger:
    """Writes the ledger of one house."""

    def __init__(self, house: House, rules: AiMonitoring) -> None:
        self._house, self._rules = house, rules

    async def write(self, key: str) -> None:
        """Job: judge the latest signed version of a study; a retracted one no longer counts."""
        await asyncio.to_thread(self._write, split_key(key)[0])

    def _write(self, accession: str) -> None:
        with self._house.database.read() as tx:
            owed = ai_ledger.owed(tx, accession)
            tables = self._house.tables
            case = _case(tx, accession, max(owed.values()), tables) if owed else None
        if case is None:
            return
        judged = self._judged(case)
        rows = [self._row(case, each) for each in judged]
        with self._house.database.write() as tx:
            ai_ledger.write(tx, accession, rows)
            ai_ledger.widen(tx, labels(judged))
            ai_ledger.settle(tx, owed)

    def _judged(self, case: Case) -> tuple[Judgement, ...]:
        if case.version.status == "retracted":
            return ()
        decisions = from_json(ReportInputs, case.version.inputs_json).decisions
        report, lexicon = reports.shown(case.version), self._house.tables.lexicon
        return judge(case.findings, decisions, report, case.seen, lexicon)

    def _row(self, case: Case, each: Judgement) -> LedgerRow:
        study, tables = case.study, self._house.tables
        arrived = case.arrivals.get(each.id) if each.fate is not Fate.MISSED else None
        return ledger_row(
            each,
            circumstances(
                study.order, study.created_at, tables, self._rules, case.scanner(each.id)
            ),
            case.version.number,
            (case.version.created_at, case.first_signed),
            case.modes.of_model(each.model, each.version).value,
            (seconds(study.created_at, arrived), seconds(arrived, case.first_signed)),
        )


def circumstances(
    order: Order,
    ordered_at: str,
    tables: ReportingTables,
    rules: AiMonitoring,
    scanner: str = "",
) -> Circumstances:
    """Of an order; age on the day of the study, else on that of the order (ISO 8601)."""
    dated = order if order.scheduled_at else replace(order, scheduled_at=ordered_at)
    return Circumstances(
        accession=order.accession,
        site=order.patient.issuer[:_LONGEST],
        scanner=scanner,
        modality=order.modality[:_LONGEST],
        body_part=", ".join(sorted(regions_of(order, tables.checks)))[:_LONGEST],
        sex=order.patient.sex.value,
        age_band=rules.band(age_at(dated)),
    )


def ledger_row(
    judged: Judgement,
    about: Circumstances,
    number: int,
    signed: tuple[str, str],
    mode: str,
    latency: tuple[float | None, float | None],
) -> LedgerRow:
    """One row: `signed`: this version and the first one; `latency`: after the order, and ahead."""
    return LedgerRow(
        **about._asdict(),
        number=number,
        at=signed[0],
        day=signed[1][:10],
        model=judged.model,
        version=judged.version,
        mode=mode,
        finding_id=judged.id,
        finding=judged.finding,
        present=int(judged.present),
        fate=judged.fate.value,
        how=judged.how.value if judged.how else "",
        decision=judged.decision,
        probability=judged.probability,
        after_s=latency[0],
        ahead_s=latency[1],
        settled=int(judged.settled),
        concordant=int(judged.concordant),
        positive=int(judged.positive),
        confirmed=int(judged.confirmed),
        miss=int(judged.miss),
    )


def seconds(since: str | None, until: str | None) -> float | None:
    """Between two times (ISO 8601); None where either is not known."""
    if since is None or until is None:
        return None
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()


def _case(tx: sa.Connection, accession: str, number: int, tables: ReportingTables) -> Case:
    """What the report was made with, then what nobody was shown: held back, or late."""
    study, version = studies.get(tx, accession), reports.get_version(tx, accession, number)
    inputs = from_json(ReportInputs, version.inputs_json)
    known = {each.id for each in inputs.ai}
    others = (each for each in findings.of_study(tx, accession) if each.id not in known)
    there = (*inputs.ai, *others)
    models = {(each.model, each.version) for each in there}
    now = rulings(study, tables, models, ai_sources.switches(tx))
    then = {(each.model, each.version): each for each in inputs.ai_rulings}
    template = tables.templates.get(reports.shown(version).template.id)
    return Case(
        study=study,
        version=version,
        findings=there,
        seen=ai_ledger.scope(tx, models),
        modes=AiModes((now | then).values(), template),
        arrivals=findings.arrivals(tx, accession),
        first_signed=ai_ledger.first_signed(tx, accession) or version.created_at,
    )
