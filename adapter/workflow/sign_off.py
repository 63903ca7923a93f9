"""What people decide: accept, reject, edit, sign, add. Nobody waits inside a job for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.codec import from_json
from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.delivery import DeliveryKind
from adapter.domain.dictation import DictationState
from adapter.domain.order import OrderStatus
from adapter.domain.people import Practitioner
from adapter.domain.report import Flag, Report, Severity
from adapter.domain.review import ReviewState
from adapter.domain.study import Study
from adapter.domain.transcript import Transcript
from adapter.errors import Conflict, NotFound, Rejected
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.pipeline import ReportInputs
from adapter.store import audit, dictations, findings, reports, reviews, studies
from adapter.store.reports import StoredReport
from adapter.workflow.ai_modes import visible
from adapter.workflow.reports import Reports, pending_change
from adapter.workflow.stale_edits import check_fresh
from adapter.workflow.study_flow import CLOSED, MERGE, SIGNED, House

_LONGEST = 100_000
_OF_FINDINGS = (DecisionKind.ACCEPT, DecisionKind.REJECT)
_OF_FLAGS = (DecisionKind.DISMISS, DecisionKind.RESTORE)


class Blocked(Conflict):
    """Flags stand in the way of the signature: each is to be mended, or dismissed with a reason."""

    def __init__(self, flags: tuple[Flag, ...]) -> None:
        told = "; ".join(each.message for each in flags)
        super().__init__(f"mend these first, or dismiss each with a reason: {told}", code="blocked")
        self.flags = flags


def blockers(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Flags that must be cleared before the report can be final: alerts that nobody put aside."""
    return tuple(each for each in flags if each.severity is Severity.ALERT and not each.dismissed)


class SignOff:
    """The signing desk of one house."""

    def __init__(self, house: House, made: Reports) -> None:
        self._house = house
        self._reports = made

    def decide(
        self,
        accession: str,
        kind: DecisionKind,
        target: str,
        person: Practitioner,
        text: str = "",
        seen: int | None = None,
    ) -> None:
        """Accept or reject an AI finding, edit a statement, or put a flag aside or back.

        Of an unsigned report alone. `text`: the edited text, or the reason of a dismissal; `seen`:
        the version that the person has read. Raises StaleEdit when the target has changed since.
        """
        _check_text(text)
        house = self._house
        with house.database.write() as tx:
            study = studies.get(tx, accession, lock=True)
            if study.report_status in CLOSED:
                raise Conflict("the report is signed; write an addendum", code="signed")
            if target not in _targets(tx, study, kind, house.tables):
                raise NotFound(f"the report has no {target} to {kind}", code="not-found")
            made = Decision(kind, target, text, person.id, house.now())
            if seen is not None and not check_fresh(tx, accession, made, seen):
                return
            row = findings.add_decision(tx, accession, made)
            studies.note(tx, accession, house.now(), f"{kind} {target}", person.id)
            reason = text if kind is DecisionKind.DISMISS else ""
            audit.tell(tx, Verb.UPDATE, accession, f"{kind} {target}", reason, person=person.id)
            house.jobs.put(tx, MERGE, f"{accession}/decision-{row}", lane=accession)

    def sign(self, accession: str, person: Practitioner, number: int | None = None) -> StoredReport:
        """Make the latest version final; `number`: the version that the person has read.

        Raises Blocked, and Conflict as `check_ready` does.
        """
        with self._house.database.read() as tx:
            study, last = studies.get(tx, accession), reports.get_latest(tx, accession)
            if study.report_status in CLOSED:
                _check_ours(from_json(ReportInputs, last.inputs_json))
                return self._signed_again(last)
            prepared = _prepared_by(tx, study, person)
        self.check_ready(accession, number)

        def final(_study: Study, inputs: ReportInputs, last: StoredReport) -> ReportInputs:
            if standing := blockers(reports.shown(last).flags):
                raise Blocked(standing)
            return replace(inputs, status="final", prepared_by=prepared)

        return self._reports.revise(accession, DeliveryKind.FINAL, person, final)

    def check_ready(self, accession: str, number: int | None = None) -> StoredReport:
        """The latest version, if it holds all that is known and is the one that was read.

        Raises Conflict, which says what is in the way.
        """
        with self._house.database.read() as tx:
            study, last = studies.get(tx, accession), reports.get_latest(tx, accession)
            self._check_ready(tx, study, last, number)
        return last

    def correct(
        self, accession: str, person: Practitioner, changes: Mapping[str, str], number: int
    ) -> StoredReport:
        """Write statements of a signed report anew (id -> text) and send it as corrected.

        `number`: the version that was read. Raises Conflict when it moved or is not signed here.
        """
        made = tuple(
            Decision(DecisionKind.EDIT, target, text, person.id, self._house.now())
            for target, text in changes.items()
        )

        def corrected(study: Study, inputs: ReportInputs, last: StoredReport) -> ReportInputs:
            _check_signed(study, inputs, "the report is not signed yet; edit it")
            if last.number != number:
                told = f"the report has changed; read version {last.number}"
                raise Conflict(told, code="moved")
            _check_statements(reports.shown(last), changes)
            return replace(inputs, status="corrected", decisions=(*inputs.decisions, *made))

        return self._reports.revise(accession, DeliveryKind.CORRECTION, person, corrected)

    def addendum(
        self, accession: str, person: Practitioner, text: str = "", dictation: str = ""
    ) -> StoredReport:
        """Add typed text, or a dictation made after signing, to a signed report."""
        _check_text(text)
        if bool(text.strip()) == bool(dictation):
            raise Rejected("an addendum is either `text` or the id of a `dictation`", location="/")

        def extend(study: Study, inputs: ReportInputs, _last: StoredReport) -> ReportInputs:
            _check_signed(study, inputs, "the report is not signed yet; dictate into it")
            added = self._transcript(accession, dictation) if dictation else text.strip()
            if added in inputs.addenda:
                raise Conflict("this addendum is in the report already", code="duplicate")
            return replace(inputs, status="addendum", addenda=(*inputs.addenda, added))

        return self._reports.revise(accession, DeliveryKind.ADDENDUM, person, extend)

    def retract(self, accession: str, person: Practitioner, reason: str) -> StoredReport:
        """Take a signed report back as entered in error; every destination that has it is told."""
        _check_text(reason)

        def take_back(study: Study, inputs: ReportInputs, _last: StoredReport) -> ReportInputs:
            _check_signed(study, inputs, "the report is not signed, so nothing is to be taken back")
            return replace(inputs, status="retracted")

        return self._reports.revise(
            accession, DeliveryKind.RETRACTION, person, take_back, reason.strip()
        )

    def _transcript(self, accession: str, dictation: str) -> Transcript:
        with self._house.database.read() as tx:
            for each in dictations.transcripts(tx, accession):
                if each.dictation_id == dictation:
                    return each
        raise Conflict(f"dictation {dictation} has no transcript yet", code="untranscribed")

    def _check_ready(
        self, tx: sa.Connection, study: Study, last: StoredReport, number: int | None
    ) -> None:
        accession = study.order.accession
        if study.order_status is OrderStatus.TEMPORARY:
            raise Conflict("the order of this study has not arrived yet", code="temporary")
        if study.order_status is OrderStatus.CANCELLED:
            raise Conflict("the order of this study is cancelled", code="cancelled")
        waiting = [
            each.id
            for each in dictations.of_study(tx, accession)
            if each.state is DictationState.RECEIVED
        ]
        if waiting:
            raise Conflict(f"{', '.join(waiting)} is still being transcribed", code="untranscribed")
        if pending_change(self._house, tx, study, last) or number not in (None, last.number):
            raise Conflict(
                f"the report has changed since you read it; read version {last.number} or later",
                code="moved",
            )

    def _signed_again(self, last: StoredReport) -> StoredReport:
        if last.status == "final":
            return last
        raise Conflict("the report is signed, and was changed since", code="signed")


def _prepared_by(tx: sa.Connection, study: Study, signer: Practitioner) -> Practitioner | None:
    """Who handed the report over, where another person signs it."""
    if study.review is not ReviewState.PENDING_SIGNATURE:
        return None
    person = reviews.of_study(tx, study.order.accession)[-1].person
    return person if person.id != signer.id else None


def _check_signed(study: Study, inputs: ReportInputs, otherwise: str) -> None:
    if study.report_status not in SIGNED:
        raise Conflict(otherwise, code="unsigned")
    _check_ours(inputs)


def _check_ours(inputs: ReportInputs) -> None:
    """Raise Conflict when the report was signed in another system: it goes on there."""
    if inputs.elsewhere is not None:
        source = inputs.elsewhere.source
        raise Conflict(f"the report was signed in {source}; go on there", code="signed-elsewhere")


def _targets(
    tx: sa.Connection, study: Study, kind: DecisionKind, tables: ReportingTables
) -> set[str]:
    """Ids that may be decided about: none of a finding that nobody is shown."""
    ai = {each.id for each in visible(tx, study, tables)}
    if kind in _OF_FINDINGS:
        return ai
    shown = reports.shown(reports.get_latest(tx, study.order.accession))
    if kind in _OF_FLAGS:
        return {flag.id for flag in shown.flags}
    statements = {each.id for section in shown.sections for each in section.statements}
    return ai | statements | {each.id for each in shown.fields}


def _check_statements(shown: Report, changes: Mapping[str, str]) -> None:
    """Raise NotFound for a statement that the report does not hold."""
    known = {each.id for section in shown.sections for each in section.statements}
    for target, text in changes.items():
        _check_text(text)
        if target not in known:
            raise NotFound(f"the report has no {target} to correct", code="not-found")


def _check_text(text: str) -> None:
    if len(text) > _LONGEST:
        raise Rejected(f"text is over {_LONGEST} characters", location="/text", code="too-long")
