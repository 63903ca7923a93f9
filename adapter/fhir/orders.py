"""ServiceRequest (R4) -> OrderEvent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderEvent, Priority, Side
from adapter.errors import Rejected
from adapter.fhir.codes import (
    DICOM,
    MODALITIES,
    ORDER_INTENTS,
    ORDER_STATUS,
    PRIORITY,
    SIDES,
    SNOMED,
)
from adapter.fhir.identifiers import of_type, study_uid
from adapter.fhir.json_body import read_object
from adapter.fhir.people import Contained, read_patient, read_practitioner
from adapter.fhir.validation import validate
from adapter.mapping.fhir_orders import FhirOrderMapping

_SIDE_WORDS = (
    (Side.BILATERAL, re.compile(r"\b(bilateral|both)\b", re.I)),
    (Side.LEFT, re.compile(r"\bleft\b", re.I)),
    (Side.RIGHT, re.compile(r"\bright\b", re.I)),
)
_DEFAULT = FhirOrderMapping()


def read_service_request(body: bytes, mapping: FhirOrderMapping = _DEFAULT) -> OrderEvent:
    """One order; the caller bounds the size. Raises Malformed or Rejected with the FHIRPath."""
    resource = read_object(body)
    if resource.get("resourceType") != "ServiceRequest":
        raise Rejected("resourceType must be ServiceRequest", code="not-supported")
    validate(resource)
    _refuse_what_is_no_order(resource)
    action, status = ORDER_STATUS[_required(resource, "status")]
    return OrderEvent(action, status, _order(resource, mapping))


def _refuse_what_is_no_order(resource: dict[str, Any]) -> None:
    if _required(resource, "intent") not in ORDER_INTENTS:
        raise Rejected(
            f"intent must be one of {', '.join(sorted(ORDER_INTENTS))}; others authorise nothing",
            location="ServiceRequest.intent",
            code="business-rule",
        )
    if resource.get("doNotPerform"):
        raise Rejected(
            "an order not to perform an examination is not taken",
            location="ServiceRequest.doNotPerform",
            code="business-rule",
        )


def _order(resource: dict[str, Any], mapping: FhirOrderMapping) -> Order:
    identifiers = resource.get("identifier") or []
    accession, *linked = _accessions(identifiers, mapping)
    placer = of_type(identifiers, "PLAC", mapping.placer_systems)
    filler = of_type(identifiers, "FILL", mapping.filler_systems)
    supporting = [each.get("identifier") or {} for each in resource.get("supportingInfo") or []]
    contained = Contained(resource)
    return Order(
        accession=accession,
        patient=read_patient(_required(resource, "subject"), contained, mapping.mrn_systems),
        procedure=_procedure(resource),
        modality=_modality(resource),
        placer_number=placer[0] if placer else "",
        filler_number=filler[0] if filler else "",
        study_uid=study_uid([*identifiers, *supporting]),
        priority=PRIORITY.get(resource.get("priority") or "routine", Priority.ROUTINE),
        side=_side(resource.get("bodySite") or []),
        reason=Phi("; ".join(filter(None, map(_text, resource.get("reasonCode") or [])))),
        requester=read_practitioner(resource.get("requester") or {}, contained),
        scheduled_at=_scheduled(resource),
        linked=tuple(linked),
        source="fhir",
    )


def _required(resource: dict[str, Any], name: str) -> Any:
    """The element; an extension on a primitive (`_status`) is no value."""
    if not resource.get(name):
        path = f"ServiceRequest.{name}"
        raise Rejected(f"{path} is required", location=path, code="required")
    return resource[name]


def _accessions(
    identifiers: list[dict[str, Any]], mapping: FhirOrderMapping
) -> tuple[Accession, ...]:
    found = of_type(identifiers, "ACSN", mapping.accession_systems)
    if not found:
        raise Rejected(
            "the accession number is missing: give an identifier of type ACSN "
            "(http://terminology.hl7.org/CodeSystem/v2-0203)",
            location="ServiceRequest.identifier",
            code="required",
        )
    return tuple(map(Accession, found))


def _procedure(resource: dict[str, Any]) -> Code:
    concept = _required(resource, "code")
    codings = [each for each in concept.get("coding") or [] if each.get("code")]
    text = _text(concept)
    if not codings and not text:
        raise Rejected("the procedure is missing", location="ServiceRequest.code", code="required")
    best = next((each for each in codings if each.get("userSelected")), (codings or [{}])[0])
    return Code(best.get("code") or "", text, best.get("system") or "")


def _modality(resource: dict[str, Any]) -> str:
    """The first DICOM modality among the codings of orderDetail, category and code."""
    concepts = [*(resource.get("orderDetail") or []), *(resource.get("category") or [])]
    for coding in _codings([*concepts, resource["code"]]):
        if coding.get("system") in DICOM and coding.get("code") in MODALITIES:
            return str(coding["code"])
    return ""


def _side(sites: list[dict[str, Any]]) -> Side | None:
    """Laterality of all body sites: by SNOMED CT code, else by the words left and right."""
    coded = {SIDES.get(_snomed(coding)) for coding in _codings(sites)} - {None}
    words = " ".join(f"{_text(site)} {_displays(site)}" for site in sites)
    found = coded or {side for side, pattern in _SIDE_WORDS if pattern.search(words)}
    if Side.BILATERAL in found or len(found) > 1:
        return Side.BILATERAL
    return next(iter(found), None)


def _snomed(coding: dict[str, Any]) -> str:
    return str(coding.get("code") or "") if coding.get("system") == SNOMED else ""


def _codings(concepts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for concept in concepts:
        yield from concept.get("coding") or []


def _text(concept: dict[str, Any]) -> str:
    """CodeableConcept.text, else the first display."""
    displays = (coding.get("display") for coding in concept.get("coding") or [])
    return str(concept.get("text") or next(filter(None, displays), "")).strip()


def _displays(concept: dict[str, Any]) -> str:
    return " ".join(coding.get("display") or "" for coding in concept.get("coding") or [])


def _scheduled(resource: dict[str, Any]) -> str:
    """occurrence[x] as YYYYMMDD[HHMMSS]: the wall clock as the sender wrote it."""
    period = resource.get("occurrencePeriod") or {}
    told = resource.get("occurrenceDateTime") or period.get("start") or ""
    date, _, rest = told.partition("T")
    return date.replace("-", "") + rest[:8].replace(":", "")
