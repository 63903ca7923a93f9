"""ReportMessage -> one R4 transaction Bundle, the same bytes each time."""

from __future__ import annotations

import json

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.report import Origin
from adapter.fhir.codes import AI_ASSERTED, DIAGNOSTIC_SERVICE
from adapter.fhir.elements import (
    Json,
    attachment,
    clean,
    coding,
    concept,
    entry,
    identifier,
    present,
    reference,
    search,
)
from adapter.fhir.observations import observation_entries, observation_url
from adapter.fhir.observed import gone, observed
from adapter.fhir.provenance import provenance_entries
from adapter.fhir.report_text import conclusion, narrative, page
from adapter.fhir.subject import Subject
from adapter.mapping.fhir_profile import FhirProfile
from adapter.reporting.render import plain_text

_STATUS = {
    DeliveryKind.PRELIMINARY: "preliminary",
    DeliveryKind.FINAL: "final",
    DeliveryKind.CANCELLATION: "cancelled",
    DeliveryKind.RETRACTION: "entered-in-error",
}


def build_transaction(message: ReportMessage, profile: FhirProfile) -> bytes:
    """The whole report; sent again it changes nothing, and a later kind updates the same report."""
    subject = Subject(message, profile)
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": _entries(subject)}
    text = json.dumps(bundle, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _entries(subject: Subject) -> list[Json]:
    profile = subject.profile
    entries = [_report_entry(subject)]
    if profile.patient == "create":
        entries.append(subject.patient_entry())
    if profile.observations or profile.provenance:
        entries += _device_entries(subject)
    if profile.observations:
        entries += observation_entries(subject)
    if profile.provenance:
        entries += provenance_entries(subject)
    return entries


def _device_entries(subject: Subject) -> list[Json]:
    """The models whose findings the report, or what it takes back of earlier ones, rests on."""
    message = subject.message
    statements = [each for section in message.report.sections for each in section.statements]
    statements += [each.statement for each in gone(message.report, message.before)]
    findings = filter(None, map(subject.ai_finding, statements))
    entries = (subject.device_entry(finding) for finding in findings)
    return list({each["fullUrl"]: each for each in entries}.values())


def _report_entry(subject: Subject) -> Json:
    message, profile = subject.message, subject.profile
    sections = message.report.sections
    statements = [each for section in sections for each in section.statements]
    has_ai = any(each.origin is Origin.AI for each in statements)
    number = identifier(profile.report_system, subject.accession)
    resource = {"resourceType": "DiagnosticReport"} | present(
        meta={"security": [AI_ASSERTED]} if has_ai else None,
        text={"status": "additional", "div": narrative(message.report)},
        identifier=[number],
        basedOn=[subject.order],
        status=_status(subject),
        category=[concept(coding(DIAGNOSTIC_SERVICE, "RAD", "Radiology"))],
        code=concept(profile.report_code.coding, text=_procedure(message)),
        subject=subject.patient,
        effectiveDateTime=subject.effective,
        issued=message.issued_at,
        performer=[reference("Organization", display=profile.performer)]
        if profile.performer
        else None,
        resultsInterpreter=[subject.author] if subject.author else None,
        result=_results(subject),
        imagingStudy=[subject.imaging_study] if subject.imaging_study else None,
        conclusion=conclusion(message.report),
        presentedForm=_presented(subject),
    )
    url = f"DiagnosticReport?{search('identifier', number['system'], number['value'])}"
    return entry(subject.report_url, resource, "PUT", url)


def _status(subject: Subject) -> str:
    """R4 diagnostic-report-status."""
    profile, kind = subject.profile, subject.message.kind
    if kind is DeliveryKind.ADDENDUM:
        return profile.addendum_status
    if kind is DeliveryKind.CORRECTION:
        return profile.correction_status
    return _STATUS[kind]


def _procedure(message: ReportMessage) -> str:
    return message.order.procedure.text or message.order.procedure.code


def _results(subject: Subject) -> list[Json]:
    if not subject.profile.observations:
        return []
    return [
        {"reference": observation_url(subject, each.key)}
        for each in observed(subject.message.report)
    ]


def _presented(subject: Subject) -> list[Json]:
    report, created = subject.message.report, subject.message.issued_at
    title = f"Radiology report {subject.accession}"
    text = clean(plain_text(report))
    forms = [attachment("text/plain; charset=utf-8", text, title, created)]
    if subject.profile.html:
        forms.append(attachment("text/html", page(report, title), title, created))
    return forms
