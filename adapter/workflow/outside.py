"""Reports of other systems: kept as priors, or the signed text of a study, which closes it here."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from adapter.domain.codec import from_json
from adapter.domain.delivery import DeliveryKind
from adapter.domain.difference import ChangeKind, Difference
from adapter.domain.outside_report import (
    OutsideReport,
    OutsideStatus,
    ReportMeaning,
    SignedElsewhere,
)
from adapter.domain.report import Report
from adapter.domain.study import Study
from adapter.reporting.difference import compare
from adapter.reporting.pipeline import ReportInputs
from adapter.store import deliveries, differences, prior_reports, reports, studies
from adapter.store.prior_reports import KeptReport
from adapter.store.reports import StoredReport
from adapter.workflow.kept_tables import begun_with
from adapter.workflow.priors import remerge_open
from adapter.workflow.reports import Reports, Version, gather
from adapter.workflow.study_flow import SIGNED, House

_UNSIGNED = "the report is not signed there yet: nothing changed"
_NO_STUDY = "no study of this accession is here: kept as a prior report"
_KNOWN = "the text is the one that is known: nothing changed"
_OLDER = "a later text of this report is known: nothing changed"
_NO_TEXT = "the signed report holds no text: nothing changed"
_OTHER_PATIENT = "the report is of another patient than the study: nothing changed"
_RETRACTED = "retracted there after it was signed: look at the study"


def apply(house: House, tx: sa.Connection, report: OutsideReport, cause: str) -> str:
    """Write one report; returns what the message log should say, "" when all is as usual."""
    said = _apply(house, tx, report, cause)
    if report.left_out:
        parts = ", ".join(report.left_out)
        return "; ".join(filter(None, (said, f"not text, kept in the message alone: {parts}")))
    return said


def _apply(house: House, tx: sa.Connection, report: OutsideReport, cause: str) -> str:
    if report.status is OutsideStatus.UNSIGNED:
        return _UNSIGNED
    if report.meaning is ReportMeaning.PRIOR:
        return _keep_prior(house, tx, report)
    study = studies.find(tx, report.order.accession, lock=True)
    if study is None:
        return _keep_prior(house, tx, report) or _NO_STUDY
    if report.status is OutsideStatus.RETRACTED:
        studies.note(tx, study.order.accession, house.now(), "report retracted elsewhere", cause)
        return _RETRACTED
    if not study.order.patient.may_be(report.order.patient):
        studies.note(tx, study.order.accession, house.now(), "report of another patient", cause)
        return _OTHER_PATIENT
    if not report.text:
        return _NO_TEXT
    return _Closing(house, tx, study, report, cause).close()


def _keep_prior(house: House, tx: sa.Connection, report: OutsideReport) -> str:
    known = prior_reports.find(tx, report.source, report.order.accession)
    if known is not None and report.signed_at and report.signed_at < known.report.signed_at:
        return _OLDER
    report = replace(report, text=_text(report, known.report.text if known else ""))
    if known is not None and _same_words(known, report):
        return _KNOWN
    prior_reports.keep(tx, report, house.now(), known)
    cause, number = f"prior-report-{house.now()}", report.order.accession
    remerge_open(house, tx, report.order.patient, cause, number)
    return ""


def _same_words(known: KeptReport, report: OutsideReport) -> bool:
    return (known.report.text, known.report.order) == (report.text, report.order)


def _text(report: OutsideReport, before: str) -> str:
    """The text that is valid now."""
    if report.status is OutsideStatus.RETRACTED:
        return ""
    if report.status is OutsideStatus.ADDENDUM and report.text not in before:
        return f"{before}\n\n{report.text}".strip()
    return before if report.status is OutsideStatus.ADDENDUM else report.text


class _Closing:
    """One study whose report came back signed."""

    def __init__(
        self, house: House, tx: sa.Connection, study: Study, report: OutsideReport, cause: str
    ) -> None:
        self._house, self._tx, self._study = house, tx, study
        self._report, self._cause = report, cause
        self._accession, self._made = study.order.accession, Reports(house)

    def close(self) -> str:
        """Store what was signed, compare it with ours, take back what was not sent yet."""
        tx, accession = self._tx, self._accession
        last = reports.latest(tx, accession)
        ours = self._ours(last)
        version = self._version(last)
        signed = _sentences(version.report)
        if last is not None and self._study.report_status in SIGNED:
            changes = compare(_sentences(reports.shown(last)), signed)
            if all(each.kind is ChangeKind.STANDS for each in changes):
                return _KNOWN
        self._made.write(tx, version, send=False)
        if ours is not None:
            changes = compare(_sentences(reports.shown(ours)), signed)
            differences.add(tx, accession, Difference(version.number, ours.number, changes))
        self._note(version.number, deliveries.withdraw(tx, accession))
        return ""

    def _ours(self, last: StoredReport | None) -> StoredReport | None:
        """The latest version that was made here: the last, or what that was compared with."""
        if last is None or from_json(ReportInputs, last.inputs_json).elsewhere is None:
            return last
        known = differences.latest(self._tx, self._accession)
        return reports.get_version(self._tx, self._accession, known.against) if known else None

    def _version(self, last: StoredReport | None) -> Version:
        report = self._report
        text = _text(report, last.text if last else "")
        signed = SignedElsewhere(text, report.source, report.person, report.signed_at)
        again = self._study.report_status in SIGNED
        kind = DeliveryKind.ADDENDUM if again else DeliveryKind.FINAL
        tables = begun_with(self._house, self._tx, last)
        known = gather(self._house, self._tx, self._study, kind.value, tables)
        inputs = replace(known, status=kind.value, elsewhere=signed)
        return self._made.prepare(self._study, inputs, last, kind, report.person, tables)

    def _note(self, number: int, withdrawn: int) -> None:
        person = self._report.person
        who = f" by {person.id or person.family}" if person else ""
        detail = f"version {number}{who}; {withdrawn} deliveries withdrawn; {self._cause}"
        now = self._house.now()
        studies.note(self._tx, self._accession, now, "signed elsewhere", detail)


def _sentences(report: Report) -> list[str]:
    return [each.text for section in report.sections for each in section.statements]
