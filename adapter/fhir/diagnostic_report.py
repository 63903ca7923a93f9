"""DiagnosticReport: status, text, conclusion, results, and the report as documents."""

from __future__ import annotations

from adapter.clock import TIME_OF_DAY, local_time
from adapter.domain.delivery import DeliveryKind
from adapter.domain.report import Origin
from adapter.fhir.codes import (
    AI_ASSERTED,
    DIAGNOSTIC_SERVICE,
    INLINE_LABEL,
    INLINE_LABEL_URL,
)
from adapter.fhir.elements import Json, attachment, clean, coding, concept, present
from adapter.fhir.observations import observation_url
from adapter.fhir.observed import observed
from adapter.fhir.report_text import concludes_with_ai, conclusion, narrative, page
from adapter.fhir.subject import Subject
from adapter.reporting.printed_report import printed_report
from adapter.reporting.render import plain_text

RADIOLOGY = concept(coding(DIAGNOSTIC_SERVICE, "RAD", "Radiology"))
_STATUS = {
    DeliveryKind.PRELIMINARY: "preliminary",
    DeliveryKind.FINAL: "final",
    DeliveryKind.CANCELLATION: "cancelled",
}


def diagnostic_report(subject: Subject) -> Json:
    """The resource, without what a Bundle of one profile alone adds."""
    message, profile = subject.message, subject.profile
    return {"resourceType": "DiagnosticReport"} | present(
        meta=_labels(subject),
        language=profile.language,
        text={"status": "additional", "div": narrative(message, profile.words)},
        identifier=[subject.report_number, subject.version_number],
        basedOn=[subject.order],
        status=report_status(subject),
        category=[RADIOLOGY],
        code=report_code(subject),
        subject=subject.patient,
        effectiveDateTime=subject.effective,
        issued=message.issued_at,
        performer=_named(subject.organization, _preparer(subject, "performer")),
        resultsInterpreter=_named(subject.author, _preparer(subject, "interpreter")),
        result=_results(subject),
        imagingStudy=[subject.imaging_study] if subject.imaging_study else None,
        conclusion=conclusion(message.report),
        _conclusion=_conclusion_label(subject),
        presentedForm=_presented(subject),
    )


def _preparer(subject: Subject, place: str) -> Json | None:
    """Who prepared what another person signed, if this is the place to name them."""
    return subject.person(subject.assistant) if subject.profile.prepared_by == place else None


def _named(*references: Json | None) -> list[Json] | None:
    return [each for each in references if each] or None


def report_status(subject: Subject) -> str:
    """R4 diagnostic-report-status."""
    profile, kind = subject.profile, subject.message.standing
    by_profile = {
        DeliveryKind.ADDENDUM: profile.addendum_status,
        DeliveryKind.CORRECTION: profile.correction_status,
        DeliveryKind.RETRACTION: profile.retraction_status,
    }
    return by_profile.get(kind) or _STATUS[kind]


def report_code(subject: Subject) -> Json:
    """DiagnosticReport.code: the kind of report, and the procedure in words."""
    procedure = subject.message.order.procedure
    return concept(subject.profile.report_code.coding, text=procedure.text or procedure.code)


def _labels(subject: Subject) -> Json | None:
    """AIAST where a model asserts a sentence; which one stands in text and Provenance."""
    if not any(each.origin is Origin.AI for each in subject.statements):
        return None
    inline = [INLINE_LABEL] if concludes_with_ai(subject.message.report) else []
    return {"security": [*inline, AI_ASSERTED]}


def _conclusion_label(subject: Subject) -> Json | None:
    if not concludes_with_ai(subject.message.report):
        return None
    return {"extension": [{"url": INLINE_LABEL_URL, "valueCoding": AI_ASSERTED}]}


def _results(subject: Subject) -> list[Json]:
    if not subject.profile.observations:
        return []
    return [
        {"reference": observation_url(subject, each.key)}
        for each in observed(subject.message.report)
    ]


def _presented(subject: Subject) -> list[Json]:
    message, profile = subject.message, subject.profile
    words, report = profile.words, message.report
    title = f"{words.title} {subject.accession}"
    issued = local_time(message.issued_at, profile.timezone).strftime(TIME_OF_DAY)
    forms: list[tuple[str, bytes]] = []
    if profile.text:
        forms.append(("text/plain; charset=utf-8", clean(plain_text(report)).encode()))
    if profile.html:
        header = issued if profile.header else ""
        forms.append(("text/html", page(message, words, profile.language, header)))
    if profile.pdf:
        filled = [section for section in report.sections if section.statements]
        forms.append(
            ("application/pdf", printed_report(message, filled, words, profile.page, issued))
        )
    return [
        attachment(kind, data, title, message.issued_at, profile.language) for kind, data in forms
    ]
