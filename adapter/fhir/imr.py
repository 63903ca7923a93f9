"""IHE Interactive Multimedia Report: Store Multimedia Report Bundle, RAD-141 (2:4.141.4.1.2)."""

from __future__ import annotations

from adapter.fhir.diagnostic_report import diagnostic_report
from adapter.fhir.elements import Json, entry, named, unknown
from adapter.fhir.order_resources import imaging_study, service_request
from adapter.fhir.subject import Subject
from adapter.fhir.transaction import report_entry

_PROFILE = "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-store-multimedia-report-bundle"


def store_bundle(subject: Subject) -> Json:
    """Report, order, and study where all is known that its profile requires; nothing contained."""
    resource = diagnostic_report(subject)
    resource.pop("result", None)  # the Bundle is closed: it has no entry for an Observation
    resource.setdefault("resultsInterpreter", [unknown("Practitioner")])
    resource.setdefault("imagingStudy", [unknown("ImagingStudy")])
    entries = [report_entry(subject, resource), _order_entry(subject)]
    if "ImagingStudy" in subject.held:
        entries.append(_study_entry(subject))
    meta = {"profile": [_PROFILE]}
    return {"resourceType": "Bundle", "meta": meta, "type": "transaction", "entry": entries}


def held_by_imr(subject: Subject) -> frozenset[str]:
    """Types in the Bundle; a study needs modality, day and Endpoint to stand in it."""
    order, profile = subject.message.order, subject.profile
    known = order.study_uid and order.modality and order.scheduled_at and profile.imaging_endpoint
    return frozenset(("ServiceRequest", "ImagingStudy") if known else ("ServiceRequest",))


def _order_entry(subject: Subject) -> Json:
    number = subject.accession_number
    url = subject.url("ServiceRequest", subject.accession)
    unless = named(number)
    return entry(url, service_request(subject), "POST", "ServiceRequest", unless)


def _study_entry(subject: Subject) -> Json:
    resource = imaging_study(subject)
    [number] = resource["identifier"]
    url = subject.url("ImagingStudy", number["value"])
    unless = named(number)
    return entry(url, resource, "POST", "ImagingStudy", unless)
