"""HL7 Europe Imaging Report, R4: a document Bundle whose first entry is its Composition."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.people import Practitioner
from adapter.fhir.composition import composition
from adapter.fhir.diagnostic_report import diagnostic_report
from adapter.fhir.elements import Json
from adapter.fhir.order_resources import (
    imaging_study,
    organization,
    practitioner,
    practitioner_role,
    service_request,
)
from adapter.fhir.subject import Subject
from adapter.fhir.transaction import belongings

_BUNDLE = "http://hl7.eu/fhir/imaging-r4/StructureDefinition/BundleReportEuImaging"
_COMPOSITION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition"
HELD_BY_EU = frozenset(
    ("Patient", "ServiceRequest", "ImagingStudy", "Organization", "Practitioner")
)
"""Types that every reference in the document leads to within it."""


def document(subject: Subject) -> Json:
    """The whole document; its identifier is that of this version, its report's the common one."""
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [_BUNDLE]},
        "identifier": subject.version_number,
        "type": "document",
        "timestamp": subject.message.issued_at,
        "entry": [{"fullUrl": url, "resource": each} for url, each in _resources(subject)],
    }


def _resources(subject: Subject) -> Iterator[tuple[str, Json]]:
    url = subject.url("Composition", subject.accession)
    yield url, composition(subject)
    link = {"url": _COMPOSITION, "valueReference": {"reference": url}}
    yield subject.report_url, _linked(diagnostic_report(subject), link, subject)
    yield subject.patient["reference"], subject.patient_resource()
    yield subject.order["reference"], service_request(subject)
    if subject.imaging_study:
        yield subject.imaging_study["reference"], imaging_study(subject)
    if subject.organization:
        yield subject.organization["reference"], organization(subject)
    yield from _people(subject)
    for entry in belongings(subject):
        yield entry["fullUrl"], entry["resource"]


def _linked(report: Json, link: Json, subject: Subject) -> Json:
    """The report with its Composition; who interprets it is named by role."""
    interpreters = (subject.message.author, _assistant(subject))
    roles = [role for role in map(subject.role, interpreters) if role]
    return report | {"extension": [link]} | ({"resultsInterpreter": roles} if roles else {})


def _assistant(subject: Subject) -> Practitioner | None:
    """Who is named by role behind the one who signed."""
    return subject.assistant if subject.profile.prepared_by == "interpreter" else None


def _people(subject: Subject) -> Iterator[tuple[str, Json]]:
    """Who signed, who ordered, who told somebody; each once, by the fullest name."""
    message = subject.message
    told = [Practitioner(each.sender) for each in message.communications]
    people: dict[str, Practitioner] = {}
    for person in filter(None, (message.author, subject.assistant, message.order.requester, *told)):
        reference = subject.person(person)
        if reference:
            people.setdefault(reference["reference"], person)
    for url, person in people.items():
        yield url, practitioner(subject, person)
    for person in filter(None, (message.author, _assistant(subject))):
        role = subject.role(person)
        if role:
            yield role["reference"], practitioner_role(subject, person)
