"""ServiceRequest (R4, R5) -> OrderEvent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderAction, OrderEvent, Priority, Side
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
from adapter.fhir.elements import Json, objects
from adapter.fhir.identifiers import of_type, study_uid
from adapter.fhir.json_body import read_object
from adapter.fhir.origin import read_origin
from adapter.fhir.people import (
    check_same_patient,
    named_identifiers,
    read_patient,
    read_practitioner,
)
from adapter.fhir.references import Beside, Resources, without_version
from adapter.fhir.release5 import is_r5, to_r4
from adapter.fhir.validation import validate
from adapter.mapping.fhir_orders import FhirOrderMapping

_SIDE_WORDS = (
    (Side.BILATERAL, re.compile(r"\b(bilateral|both)\b", re.I)),
    (Side.LEFT, re.compile(r"\bleft\b", re.I)),
    (Side.RIGHT, re.compile(r"\bright\b", re.I)),
)
_DEFAULT = FhirOrderMapping()
_LONGEST_CLASS = 20


def read_service_request(body: bytes, mapping: FhirOrderMapping = _DEFAULT) -> OrderEvent:
    """One order; the caller bounds the size. Raises Malformed or Rejected with the FHIRPath."""
    return read_order(read_object(body), mapping)


def read_order(
    resource: Json, mapping: FhirOrderMapping = _DEFAULT, beside: Beside | None = None
) -> OrderEvent:
    """One order of R4 or R5, with the resources that came beside it; raises Rejected."""
    if resource.get("resourceType") != "ServiceRequest":
        raise Rejected("resourceType must be ServiceRequest", code="not-supported")
    resource = in_r4(resource)
    _refuse_what_is_no_order(resource)
    action, status = ORDER_STATUS[_required(resource, "status")]
    resources = Resources(resource, beside)
    order = _order(resource, mapping, resources)
    _check_subjects(resource, resources)
    replaced = _replaced(resource, mapping, resources) if action is OrderAction.NEW else ()
    return OrderEvent(action, status, order, replaced)


def in_r4(resource: Json) -> Json:
    """A checked ServiceRequest in R4 elements; raises Rejected."""
    if is_r5(resource):
        validate(resource, "R5")
        return to_r4(resource)
    validate(resource)
    return resource


def references(resource: Json) -> Iterator[tuple[str, Json]]:
    """(path, reference) of what an order is read from beside itself; of a valid R4 resource."""
    for name in ("subject", "requester", "encounter"):
        if resource.get(name):
            yield f"ServiceRequest.{name}", resource[name]
    for index, each in enumerate(resource.get("supportingInfo") or []):
        if _may_be_study(each):
            yield f"ServiceRequest.supportingInfo[{index}]", each


def _refuse_what_is_no_order(resource: Json) -> None:
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


def _order(resource: Json, mapping: FhirOrderMapping, resources: Resources) -> Order:
    identifiers = resource.get("identifier") or []
    accession, *linked = _accessions(identifiers, mapping)
    placer = of_type(identifiers, "PLAC", mapping.placer_systems)
    filler = of_type(identifiers, "FILL", mapping.filler_systems)
    supporting = [number for _, study in _studies(resource, resources) for number in study]
    return Order(
        accession=accession,
        patient=read_patient(_required(resource, "subject"), resources, mapping.mrn_systems),
        procedure=_procedure(resource),
        modality=_modality(resource),
        placer_number=placer[0] if placer else "",
        filler_number=filler[0] if filler else "",
        study_uid=study_uid([*identifiers, *supporting]),
        priority=PRIORITY.get(resource.get("priority") or "routine", Priority.ROUTINE),
        side=_side(resource.get("bodySite") or []),
        reason=Phi("; ".join(filter(None, map(_text, resource.get("reasonCode") or [])))),
        requester=read_practitioner(resource.get("requester") or {}, resources),
        scheduled_at=_scheduled(resource),
        patient_class=_patient_class(_encounter(resource, resources), mapping),
        linked=tuple(linked),
        source="fhir",
        origin=read_origin(resource, resources),
    )


def _studies(resource: Json, resources: Resources) -> Iterator[tuple[Json, list[Json]]]:
    """(ImagingStudy or {}, identifiers) of supportingInfo."""
    for reference in resource.get("supportingInfo") or []:
        study = resources.peek(reference)
        if study.get("resourceType") == "ImagingStudy" or (not study and _may_be_study(reference)):
            yield study, [*named_identifiers(reference), *(study.get("identifier") or [])]


def _may_be_study(reference: Json) -> bool:
    told = reference.get("reference") or ""
    kind = reference.get("type") or ""
    return kind in ("", "ImagingStudy") and (not told or "ImagingStudy" in told)


def _check_subjects(resource: Json, resources: Resources) -> None:
    """Encounter and studies are of the patient of the order."""
    subject, path = resource["subject"], "ServiceRequest.encounter"
    encounter = _encounter(resource, resources)
    check_same_patient(subject, encounter.get("subject") or {}, resources, path)
    for study, _ in _studies(resource, resources):
        path = "ServiceRequest.supportingInfo"
        check_same_patient(subject, study.get("subject") or {}, resources, path)


def _encounter(resource: Json, resources: Resources) -> Json:
    """The visit; {} where it is elsewhere; raises Rejected."""
    visit = resource.get("encounter") or {}
    return resources.resolve(visit, "ServiceRequest.encounter", "Encounter")


def _patient_class(encounter: Json, mapping: FhirOrderMapping) -> str:
    """Encounter.class: a Coding (R4), or concepts (R5)."""
    told = encounter.get("class")
    codings = [told] if isinstance(told, dict) else list(_codings(list(objects(told))))
    code = next((str(each["code"]) for each in codings if each.get("code")), "").strip().upper()
    return mapping.patient_classes.get(code, code)[:_LONGEST_CLASS]


def _replaced(resource: Json, mapping: FhirOrderMapping, resources: Resources) -> tuple[str, ...]:
    """What orders ServiceRequest.replaces names: accession, else logical id."""
    found = []
    for index, each in enumerate(resource.get("replaces") or []):
        path = f"ServiceRequest.replaces[{index}]"
        other = resources.resolve(each, path, "ServiceRequest")
        numbers = [*named_identifiers(each), *(other.get("identifier") or [])]
        literal = without_version(each.get("reference") or "").rpartition("/")[2]
        found += of_type(numbers, "ACSN", mapping.accession_systems)[:1] or [literal]
    return tuple(filter(None, found))


def _required(resource: Json, name: str) -> Any:
    """The element; an extension on a primitive (`_status`) is no value."""
    if not resource.get(name):
        path = f"ServiceRequest.{name}"
        raise Rejected(f"{path} is required", location=path, code="required")
    return resource[name]


def _accessions(identifiers: list[Json], mapping: FhirOrderMapping) -> tuple[Accession, ...]:
    for kind in mapping.accession_types:
        systems = mapping.accession_systems if kind == "ACSN" else ()
        found = of_type(identifiers, kind, systems)
        if found:
            return tuple(map(Accession, found))
    raise Rejected(
        "the accession number is missing: give an identifier of type ACSN "
        "(http://terminology.hl7.org/CodeSystem/v2-0203), or name its system or another type in "
        "mappings/fhir_orders.yaml",
        location="ServiceRequest.identifier",
        code="required",
    )


def _procedure(resource: Json) -> Code:
    concept = _required(resource, "code")
    codings = [each for each in concept.get("coding") or [] if each.get("code")]
    text = _text(concept)
    if not codings and not text:
        raise Rejected("the procedure is missing", location="ServiceRequest.code", code="required")
    best = next((each for each in codings if each.get("userSelected")), (codings or [{}])[0])
    return Code(best.get("code") or "", text, best.get("system") or "")


def _modality(resource: Json) -> str:
    """The first DICOM modality among the codings of orderDetail, category and code."""
    concepts = [*(resource.get("orderDetail") or []), *(resource.get("category") or [])]
    for coding in _codings([*concepts, resource["code"]]):
        if coding.get("system") in DICOM and coding.get("code") in MODALITIES:
            return str(coding["code"])
    return ""


def _side(sites: list[Json]) -> Side | None:
    """Laterality of all body sites: by SNOMED CT code, else by the words left and right."""
    coded = {SIDES.get(_snomed(coding)) for coding in _codings(sites)} - {None}
    words = " ".join(f"{_text(site)} {_displays(site)}" for site in sites)
    found = coded or {side for side, pattern in _SIDE_WORDS if pattern.search(words)}
    if Side.BILATERAL in found or len(found) > 1:
        return Side.BILATERAL
    return next(iter(found), None)


def _snomed(coding: Json) -> str:
    return str(coding.get("code") or "") if coding.get("system") == SNOMED else ""


def _codings(concepts: list[Json]) -> Iterator[Json]:
    for concept in concepts:
        yield from concept.get("coding") or []


def _text(concept: Json) -> str:
    """CodeableConcept.text, else the first display."""
    displays = (coding.get("display") for coding in concept.get("coding") or [])
    return str(concept.get("text") or next(filter(None, displays), "")).strip()


def _displays(concept: Json) -> str:
    return " ".join(coding.get("display") or "" for coding in concept.get("coding") or [])


def _scheduled(resource: Json) -> str:
    """occurrence[x] as YYYYMMDD[HHMMSS]: the wall clock as the sender wrote it."""
    period = resource.get("occurrencePeriod") or {}
    told = resource.get("occurrenceDateTime") or period.get("start") or ""
    date, _, rest = told.partition("T")
    return date.replace("-", "") + rest[:8].replace(":", "")
