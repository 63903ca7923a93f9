"""The report with all that belongs to it as one transaction (R4 3.1.0.11)."""

from __future__ import annotations

from adapter.fhir.communications import communication_entries
from adapter.fhir.diagnostic_report import diagnostic_report
from adapter.fhir.elements import Json, conditional, entry, named
from adapter.fhir.imaging_selections import selection_entries
from adapter.fhir.observations import observation_entries
from adapter.fhir.observed import gone
from adapter.fhir.provenance import provenance_entries
from adapter.fhir.subject import Subject


def transaction(subject: Subject) -> Json:
    """Sent again it changes nothing; a later kind updates what an earlier one created."""
    profile = subject.profile
    entries = [report_entry(subject, diagnostic_report(subject))]
    if profile.patient == "create":
        entries.append(subject.patient_entry())
    entries += belongings(subject)
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def belongings(subject: Subject) -> list[Json]:
    """Entries of models, findings, places on images, sources and communications."""
    profile = subject.profile
    entries: list[Json] = []
    if profile.observations or profile.provenance or profile.sends_selections:
        entries += _device_entries(subject)
    if profile.observations:
        entries += observation_entries(subject)
    if profile.sends_selections:
        entries += selection_entries(subject)
    if profile.provenance:
        entries += provenance_entries(subject)
    if profile.tells_communications:
        entries += communication_entries(subject)
    return entries


def report_entry(subject: Subject, resource: Json) -> Json:
    """The report: one resource whose versions follow each other, or one resource a version."""
    number, version = subject.report_number, subject.version_number
    if subject.profile.update != "create":
        return entry(subject.report_url, resource, "PUT", conditional("DiagnosticReport", number))
    unless = named(version)
    return entry(subject.report_url, resource, "POST", "DiagnosticReport", unless)


def _device_entries(subject: Subject) -> list[Json]:
    """The models whose findings the report, or what it takes back of earlier ones, rests on."""
    message = subject.message
    lost = [each.statement for each in gone(message.report, message.before)]
    findings = filter(None, map(subject.ai_finding, [*subject.statements, *lost]))
    entries = (subject.device_entry(finding) for finding in findings)
    return list({each["fullUrl"]: each for each in entries}.values())
