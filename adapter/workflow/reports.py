"""A report version is built outside the transaction and written only if its inputs still stand."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.codec import from_json, to_json
from adapter.domain.communication import Communication
from adapter.domain.delivery import Delivery, DeliveryKind
from adapter.domain.identifiers import Accession, ControlId
from adapter.domain.order import OrderStatus
from adapter.domain.people import Practitioner
from adapter.domain.report import Report
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus, Study
from adapter.errors import Conflict, TryAgain
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import plain_text
from adapter.store import (
    alerts,
    audit,
    communications,
    deliveries,
    dictations,
    findings,
    reports,
    studies,
)
from adapter.store.reports import StoredReport
from adapter.workflow import ai_due
from adapter.workflow.ai_modes import governed
from adapter.workflow.kept_tables import begun_with, shown_with
from adapter.workflow.priors import prior_of, remerge_open
from adapter.workflow.report_messages import is_owed, report_message
from adapter.workflow.study_flow import (
    CLOSED,
    DELIVER,
    SIGNED,
    STATUS_OF_KIND,
    House,
    split_key,
)

_UNSENT = (OrderStatus.TEMPORARY, OrderStatus.CANCELLED)
_DRAFT = "draft"  # status of a version that leaves for nowhere
_SAID = {DeliveryKind.RETRACTION: Verb.RETRACT}  # else a person's version is signed


@dataclass(frozen=True)
class Version:
    """A report version ready to be written, with the messages that it owes."""

    accession: Accession
    number: int
    inputs: ReportInputs
    report: Report
    text: str
    kind: DeliveryKind
    person: Practitioner | None
    issued_at: str
    messages: tuple[Delivery, ...]
    tables: ReportingTables
    """What it was built with."""


class Reports:
    """Builds, writes and rebuilds report versions."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def merge(self, key: str) -> None:
        """Job: merge what is known of a study into a new preliminary version."""
        accession = split_key(key)[0]
        with self._house.traces.step("merge", accession):
            await asyncio.to_thread(self._merge, accession)

    def _merge(self, accession: str) -> None:
        with self._house.database.read() as tx:
            study = studies.get(tx, accession)
            last = reports.latest(tx, accession)
            tables = begun_with(self._house, tx, last)
            inputs = gather(self._house, tx, study, "preliminary", tables)
        if last is not None and study.report_status in SIGNED:
            self._tell(study, last, inputs.communications)
            return
        if not inputs.transcripts or study.report_status in CLOSED or _same(last, inputs):
            return
        cancelled = study.order_status is OrderStatus.CANCELLED
        kind = DeliveryKind.CANCELLATION if cancelled else DeliveryKind.PRELIMINARY
        version = self.prepare(study, inputs, last, kind, None, tables)
        with self._house.database.write() as tx:
            study = studies.get(tx, accession, lock=True)
            now = gather(self._house, tx, study, "preliminary", tables)
            if study.report_status in CLOSED or now != inputs:
                return  # what changed meanwhile has put its own merge
            said = (version.report.status, version.text)  # a draft was never sent
            anew = last is None or (last.status, last.text) != said
            self.write(tx, version, send=cancelled or anew)

    def _tell(self, study: Study, last: StoredReport, told: tuple[Communication, ...]) -> None:
        """Somebody was told after signing: the report goes once more as it stands, with that."""
        shown = from_json(ReportInputs, last.inputs_json)
        if shown.elsewhere is not None or shown.communications == told:
            return
        with self._house.database.read() as tx:
            tables = shown_with(self._house, tx, last)
        inputs = replace(shown, communications=told)
        person = from_json(Practitioner, last.person) if last.person else None
        version = self.prepare(study, inputs, last, DeliveryKind.COMMUNICATION, person, tables)
        with self._house.database.write() as tx:
            if studies.get(tx, version.accession, lock=True).version != study.version:
                raise TryAgain("the study changed meanwhile", after=0.0)
            self.write(tx, version, send=True)

    def prepare(
        self,
        study: Study,
        inputs: ReportInputs,
        last: StoredReport | None,
        kind: DeliveryKind,
        person: Practitioner | None,
        tables: ReportingTables,
    ) -> Version:
        """Build the report and its messages (pure computation, milliseconds)."""
        report = build_report(inputs, tables)
        issued_at = self._house.now()
        elsewhere = inputs.elsewhere
        leaves = (inputs.status != _DRAFT or kind.takes_back) and elsewhere is None
        return Version(
            accession=study.order.accession,
            number=1 if last is None else last.number + 1,
            inputs=inputs,
            report=report,
            text=elsewhere.text if elsewhere else plain_text(report),
            kind=kind,
            person=person,
            issued_at=issued_at,
            messages=self._messages(inputs, report, kind, person, issued_at) if leaves else (),
            tables=tables,
        )

    def _messages(
        self,
        inputs: ReportInputs,
        report: Report,
        kind: DeliveryKind,
        person: Practitioner | None,
        issued_at: str,
    ) -> tuple[Delivery, ...]:
        made = []
        order = inputs.order
        if order is None:
            return ()
        with self._house.database.read() as tx:
            sent = deliveries.of_study(tx, order.accession)
            known = reports.by_ids(tx, (each.report_id for each in sent))
        for name, route in self._house.routes.items():
            earlier = deliveries.earlier(sent, name)
            if not (route.profile.takes(kind) and is_owed(kind, earlier)):
                continue
            control_id = ControlId(uuid.uuid4().hex[:20].upper())
            message = report_message(
                control_id, kind, inputs, report, issued_at, person, earlier, known
            )
            body = route.translate(message)
            made.append(Delivery(control_id, name, order.accession, kind, body))
        return tuple(made)

    def preview(self, accession: str, kind: DeliveryKind, person: Practitioner) -> Version:
        """What would be sent if the latest version went out as this kind now; nothing is stored."""
        with self._house.database.read() as tx:
            study, last = studies.get(tx, accession), reports.get_latest(tx, accession)
            tables = shown_with(self._house, tx, last)
        inputs = from_json(ReportInputs, last.inputs_json)
        signed = study.report_status in SIGNED
        inputs = inputs if signed else replace(inputs, status=kind.value)
        return self.prepare(study, inputs, last, kind, person, tables)

    def write(self, tx: sa.Connection, version: Version, *, send: bool) -> None:
        """Write the version and queue its messages; the caller has checked that it still stands."""
        house, accession = self._house, version.accession
        profiles = [route.file for route in house.routes.values()]
        stored = StoredReport(
            id=0,
            accession=accession,
            number=version.number,
            status=version.report.status,
            inputs_json=to_json(version.inputs),
            mappings_json=reports.keep_mappings(tx, [*version.tables.sources, *profiles]),
            report_json=to_json(version.report),
            text=version.text,
            created_at=version.issued_at,
            person=to_json(version.person) if version.person else "",
        )
        report_id = reports.add(tx, stored)
        status = _status_after(studies.get(tx, accession), version)
        reviewed = {"review_state": ReviewState.NONE} if status in CLOSED else {}
        studies.change(tx, accession, version.issued_at, report_status=status, **reviewed)
        house.changed(tx, accession)
        detail = f"version {version.number}"
        studies.note(tx, accession, version.issued_at, f"report {version.report.status}", detail)
        signed = status in CLOSED
        rules = version.tables.checks.rules
        checked = [flag for flag in version.report.flags if flag.code in rules]
        shown_here = version.inputs.elsewhere is None
        alerts.record(tx, accession, checked, version.issued_at, signed=signed, new=shown_here)
        if signed:
            order = version.inputs.order or studies.get(tx, accession).order
            remerge_open(house, tx, order.patient, f"prior-{report_id}", accession)
            if findings.are_there(tx, accession):
                ai_due.owe_version(house, tx, accession, version.number)
        for message in version.messages if send else ():
            id_ = deliveries.add(tx, message, report_id, version.issued_at)
            lane = message.destination
            house.jobs.put(tx, DELIVER, f"{lane}/{id_}/0", lane=lane)

    def revise(
        self,
        accession: str,
        kind: DeliveryKind,
        person: Practitioner,
        change: Callable[[Study, ReportInputs, StoredReport], ReportInputs],
        why: str = "",
    ) -> StoredReport:
        """Make the next signed version from the latest one; raises Conflict when it moved.

        `why` stands in the study's history.
        """
        with self._house.traces.step("sign", accession, kind=kind.value):
            return self._revise(accession, kind, person, change, why)

    def _revise(
        self,
        accession: str,
        kind: DeliveryKind,
        person: Practitioner,
        change: Callable[[Study, ReportInputs, StoredReport], ReportInputs],
        why: str,
    ) -> StoredReport:
        with self._house.database.read() as tx:
            study = studies.get(tx, accession)
            last = reports.get_latest(tx, accession)
            told = communications.of_study(tx, accession)
            tables = shown_with(self._house, tx, last)
        inputs = change(study, from_json(ReportInputs, last.inputs_json), last)
        inputs = replace(inputs, communications=told)
        if inputs.order != study.order:  # the patient was corrected since: said so in the record
            template = reports.shown(last).template.id
            inputs = replace(inputs, order=study.order, template=template)
        version = self.prepare(study, inputs, last, kind, person, tables)
        with self._house.database.write() as tx:
            now = studies.get(tx, accession, lock=True)
            if now.version != study.version:
                raise Conflict("the study changed while you signed; look at it again", code="moved")
            self.write(tx, version, send=True)
            said, what = _SAID.get(kind, Verb.SIGN), f"report version {version.number}, {kind}"
            audit.tell(tx, said, accession, what, why, person=person.id)
            if why:
                studies.note(tx, accession, version.issued_at, f"{kind} by {person.id}", why)
            return reports.get_latest(tx, accession)


def gather(
    house: House, tx: sa.Connection, study: Study, status: str, tables: ReportingTables
) -> ReportInputs:
    """What the store holds of a study, as inputs of the merge; AI sources are those in force."""
    accession = study.order.accession
    temporary = study.order_status is OrderStatus.TEMPORARY
    transcripts = tuple(dictations.transcripts(tx, accession))
    ai = governed(tx, study, house.tables, dictated=bool(transcripts))
    return ReportInputs(
        transcripts=transcripts,
        ai=ai.shown,
        ai_rulings=ai.rulings,
        order=None if temporary else study.order,
        decisions=findings.decisions(tx, accession),
        status=_DRAFT if study.order_status in _UNSENT else status,
        earlier=None if temporary else prior_of(tx, study, tables, house.access),
        communications=communications.of_study(tx, accession),
    )


def _status_after(study: Study, version: Version) -> ReportStatus:
    """A communication leaves the report as it is."""
    if version.inputs.status == _DRAFT:
        return ReportStatus.DRAFT
    return STATUS_OF_KIND.get(version.kind, study.report_status)


def _same(last: StoredReport | None, inputs: ReportInputs) -> bool:
    return last is not None and last.inputs_json == to_json(inputs)


def pending_change(house: House, tx: sa.Connection, study: Study, last: StoredReport) -> bool:
    """Whether something arrived that the latest version does not hold yet."""
    shown = from_json(ReportInputs, last.inputs_json)
    known = gather(house, tx, study, shown.status, shown_with(house, tx, last))
    return replace(known, addenda=shown.addenda, prepared_by=shown.prepared_by) != shown
