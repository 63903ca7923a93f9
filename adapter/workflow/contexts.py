"""What a change of a shared context means here: which study is shown, what is kept, what is shared.

A dictation belongs to the study in which it began, whatever the context does: a session of live
dictation is bound to its accession (workflow/live_dictation.py), and nothing here touches it. What
can be set is whether the workspace moves on meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import sqlalchemy as sa

from adapter.domain.study import ReportStatus, Study
from adapter.fhir.json_body import write_json
from adapter.fhircast.content import Change, Content
from adapter.fhircast.context import Context
from adapter.fhircast.event import Json
from adapter.fhircast.findings import shared_findings
from adapter.fhircast.resources import opening_elements
from adapter.fhircast.sync_error import NotFollowed
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import contexts, reports, studies
from adapter.store.contexts import StoredContext
from adapter.workflow.context_findings import keep_shared
from adapter.workflow.context_judgement import (
    FOLLOWED,
    HELD,
    NONE,
    REFUSED,
    WAITING,
    Judgement,
    judge,
)
from adapter.workflow.study_flow import SIGNED, House

STATUS = {NONE: 200, FOLLOWED: 200, WAITING: 202, REFUSED: 409, HELD: 409}
"""What a session answers to the hub, by its state."""

_DICTATING = "a dictation goes on; the context is followed when it is over"
_GOES_ON = "the dictation of {} goes on there"
_REPORT_STATUS = {
    ReportStatus.DRAFT: "partial",
    ReportStatus.PRELIMINARY: "preliminary",
    ReportStatus.FINAL: "final",
    ReportStatus.ADDENDED: "amended",
    ReportStatus.CANCELLED: "cancelled",
}
"""DiagnosticReport.status; a report that is not begun keeps the one it was opened with."""

_LONGEST_NOTICE = 300


class Contexts:
    """Implements fhircast.workspace.Workspace; `speaking`: accessions with live dictations."""

    def __init__(
        self, house: House, hubs: Mapping[str, FhircastHub], speaking: Callable[[], set[str]]
    ) -> None:
        self._house = house
        self._hubs = hubs
        self.speaking = speaking
        self._shared: dict[Seat, tuple[str, int, Content]] = {}

    def connection(self, seat: Seat, state: str, reason: str) -> None:
        """How the connection to the hub stands."""
        if state == "left":
            self._shared.pop(seat, None)
        self._change(seat, f"context {state}", connection=state, connection_reason=reason)

    def follow(self, seat: Seat, context: Context | None) -> int:
        """Show the study of this context, unless it must not be shown; returns the status."""
        hub, speaking = self._hubs[seat.hub], self.speaking()
        with self._house.database.write() as tx:
            row = contexts.find(tx, *seat, lock=True)
            if row is None:  # left meanwhile
                return STATUS[REFUSED]
            told = judge(tx, hub, context)
            told, notice = _guarded(row, told, hub, speaking)
            elements = write_json(context.elements if context else ())
            values = told._asdict() | {"elements_json": elements, "notice": notice}
            if any(getattr(row, name) != value for name, value in values.items()):
                now = self._house.now()
                contexts.change(tx, *seat, now, focus_json="[]", **values)
                studies.note(tx, told.accession, now, f"context {told.state}", seat.hub)
        return STATUS[told.state]

    def is_waiting(self, seat: Seat) -> bool:
        """Whether the order has come, or the dictation is over, since it was not followed."""
        row = self.row(seat)
        if row is None:
            return False
        if row.state == HELD:
            return row.accession not in self.speaking()
        with self._house.database.read() as tx:
            return row.state == WAITING and studies.find(tx, row.asked) is not None

    def shared(self, seat: Seat, context: Context, change: Change) -> None:
        """Keep findings of others beside the report of the study that is shown."""
        if not self._hubs[seat.hub].receive:
            return
        with self._house.database.write() as tx:
            row = contexts.find(tx, *seat, lock=True)
            if row is not None and _shows(row, context):
                keep_shared(self._house, tx, row.accession, seat.hub, context, change)

    def selected(self, seat: Seat, context: Context, names: tuple[str, ...]) -> None:
        """The focus of another application, by ids of findings."""
        row = self.row(seat)
        if row is not None and _shows(row, context):
            self._change(seat, "context focus", focus_json=json.dumps(names[:100]))

    def out_of_step(self, seat: Seat, about: NotFollowed) -> None:
        """Somebody does not follow: the workspace says so until the next change."""
        who = about.subscriber or "another application"
        self._notice(seat, about.reason or f"{who} does not follow")

    def refused(self, seat: Seat, reason: str) -> None:
        """The hub does not take our change."""
        self._notice(seat, f"the hub refused: {reason}")

    def wanted(self, seat: Seat, context: Context) -> Content | None:
        """Findings of the latest version and the report's status; None where nothing is shared."""
        row = self.row(seat)
        if row is None or context.anchor != "DiagnosticReport" or not _shows(row, context):
            return None
        with self._house.database.read() as tx:
            study = studies.get(tx, row.accession)
            number = reports.latest_number(tx, row.accession)
            known = self._shared.get(seat)
            if known is None or known[:2] != (row.accession, number):
                known = (row.accession, number, self._findings(tx, study, number, context))
                self._shared[seat] = known
        return {**known[2], **_status_of(study, context)}

    def is_signed(self, seat: Seat, context: Context) -> bool | None:
        """Whether the report of this context is signed here; None where it is not followed."""
        row = self.row(seat)
        if row is None or not _shows(row, context):
            return None
        with self._house.database.read() as tx:
            return studies.get(tx, row.accession).report_status in SIGNED

    def row(self, seat: Seat) -> StoredContext | None:
        """How a session stands."""
        with self._house.database.read() as tx:
            return contexts.find(tx, *seat)

    def opening(self, seat: Seat, accession: str) -> tuple[Json, ...]:
        """The elements that open a study: as the hub has opened it before, else our own."""
        with self._house.database.read() as tx:
            row, study = contexts.find(tx, *seat), studies.get(tx, accession)
        if row is not None and row.asked == accession and row.elements_json != "[]":
            return tuple(json.loads(row.elements_json, parse_float=Decimal))
        return opening_elements(study.order, self._hubs[seat.hub])

    def _findings(self, tx: sa.Connection, study: Study, number: int, context: Context) -> Content:
        if not number:
            return {}
        report = reports.shown(reports.get_version(tx, study.order.accession, number))
        patient = _first_id(context.elements, "patient")
        final = study.report_status in SIGNED
        about = f"Patient/{patient}" if patient else ""
        return shared_findings(report, study.order.accession, about, final=final)

    def _notice(self, seat: Seat, text: str) -> None:
        told = "".join(each for each in text if each.isprintable())[:_LONGEST_NOTICE]
        self._change(seat, "context notice", notice=told)

    def _change(self, seat: Seat, event: str, **values: str) -> None:
        with self._house.database.write() as tx:
            row = contexts.find(tx, *seat, lock=True)
            if row is None or all(getattr(row, name) == told for name, told in values.items()):
                return
            contexts.change(tx, *seat, self._house.now(), **values)
            studies.note(tx, row.accession, self._house.now(), event, seat.hub)


def _guarded(
    row: StoredContext, told: Judgement, hub: FhircastHub, speaking: set[str]
) -> tuple[Judgement, str]:
    """The wrong-patient guard: (what is shown, what the workspace says)."""
    if row.accession not in speaking or told.accession == row.accession:
        return told, ""
    if hub.while_dictating == "refuse":
        return Judgement(HELD, row.accession, told.asked, _DICTATING), ""
    return told, _GOES_ON.format(row.accession)


def _shows(row: StoredContext, context: Context) -> bool:
    """Whether the session shows this very context, not one that has been overtaken."""
    return row.state == FOLLOWED and row.elements_json == write_json(context.elements)


def _status_of(study: Study, context: Context) -> Content:
    """The report with its status, where it is not what the hub has."""
    status = _REPORT_STATUS.get(study.report_status)
    subject, name = context.subject, f"{context.anchor}/{context.id}"
    if status is None or (subject.get("status") == status and name not in context.content):
        return {}
    return {name: {**subject, "status": status}}


def _first_id(elements: Iterable[Json], key: str) -> str:
    found = (each.get("resource") or {} for each in elements if each.get("key") == key)
    return str(next(found, {}).get("id") or "")
