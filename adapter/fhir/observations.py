"""Facts of the report's sentences as Observations."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.delivery import DeliveryKind
from adapter.domain.finding import AiFinding, Fact
from adapter.domain.order import Side
from adapter.domain.report import Origin, Statement
from adapter.fhir.codes import (
    AI_ASSERTED,
    INTERPRETATION,
    LOINC,
    OBSERVATION_CATEGORY,
    SIDES,
    SNOMED,
    UCUM,
)
from adapter.fhir.elements import (
    Json,
    clean,
    coding,
    concept,
    conditional,
    entry,
    identifier,
    present,
)
from adapter.fhir.elements import urn as urn_of
from adapter.fhir.imaging_selections import selection_references
from adapter.fhir.observed import Observed, changed, gone, observed
from adapter.fhir.subject import Subject
from adapter.reporting.merge import UNREVIEWED

_AI_CONFIDENCE = "http://hl7.org/fhir/uv/aitransparency/StructureDefinition/AIconfidence"
_ALTERNATE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"
_SIDE_CODES = {side: code for code, side in SIDES.items()}
_SIDE_NAMES = {Side.LEFT: "Left", Side.RIGHT: "Right", Side.BILATERAL: "Right and left"}
_LATERALITY = concept(coding(SNOMED, "272741003", "Laterality"))
_SIZE = concept(coding(SNOMED, "410668003", "Length"), text="size")
_PRIOR_SIZE = concept(text="previous size")  # no code, so that nobody takes it for the size now
_COURSE = concept(text="change since previous")
_COUNT = concept(text="count")
_PRESENT = (coding(LOINC, "LA9633-4", "Present"), coding(INTERPRETATION, "POS", "Positive"))
_ABSENT = (coding(LOINC, "LA9634-2", "Absent"), coding(INTERPRETATION, "NEG", "Negative"))
_UNSURE = (
    coding(LOINC, "LA11884-6", "Indeterminate"),
    coding(INTERPRETATION, "IND", "Indeterminate"),
)
_RETRACTED = "entered-in-error"
_STATUS = {
    DeliveryKind.PRELIMINARY: "preliminary",
    DeliveryKind.CANCELLATION: "cancelled",
    DeliveryKind.RETRACTION: _RETRACTED,
}


def observation_url(subject: Subject, key: str) -> str:
    """fullUrl of the Observation."""
    return urn_of(subject.profile.report_system, "Observation", subject.accession, key)


def observation_entries(subject: Subject) -> Iterator[Json]:
    """Of what the report says, and of what earlier reports said and this one does not."""
    message = subject.message
    for each in observed(message.report):
        yield _entry(subject, each, _status(subject, each))
    if subject.profile.profile != "eu_document":  # a document replaces the one before as a whole
        for each in gone(message.report, message.before):
            yield _entry(subject, each, _RETRACTED)


def _entry(subject: Subject, one: Observed, status: str) -> Json:
    """Created, or updated where an earlier report of this accession had it."""
    statement, fact = one.statement, one.fact
    number = identifier(subject.profile.report_system, f"{subject.accession}/{one.key}")
    value, interpretation = _verdict(fact)
    is_ai = statement.origin is Origin.AI
    finding = subject.ai_finding(statement) if is_ai else None
    device = subject.device_of(statement) if is_ai else None
    resource = {"resourceType": "Observation"} | present(
        meta={"security": [AI_ASSERTED]} if is_ai else None,
        extension=_confidence(finding),
        identifier=[number],
        basedOn=[subject.order],
        status=status,
        category=[concept(coding(OBSERVATION_CATEGORY, "imaging", "Imaging"))],
        code=_code(subject, fact),
        subject=subject.patient,
        effectiveDateTime=subject.effective,
        issued=subject.message.issued_at,
        performer=_performer(subject, device),
        valueCodeableConcept=concept(value),
        interpretation=[concept(interpretation)],
        note=[note] if (note := present(text=clean(statement.text))) else None,
        bodySite=_site(subject, fact.level or ""),
        device=device,
        derivedFrom=_derived_from(subject, statement),
        component=_components(subject, fact),
    )
    url = observation_url(subject, one.key)
    return entry(url, resource, "PUT", conditional("Observation", number))


def _derived_from(subject: Subject, statement: Statement) -> list[Json]:
    """The images, and in R5 the places on them."""
    study = [subject.imaging_study] if subject.imaging_study else []
    r5 = subject.profile.fhir_version == "5.0"
    return study + (selection_references(subject, statement) if r5 else [])


def _status(subject: Subject, one: Observed) -> str:
    """R4 observation-status: what was signed once and reads otherwise now is corrected."""
    kind = subject.message.standing
    if kind in _STATUS:
        return _STATUS[kind]
    signed = [each for each in subject.message.before if each.status not in UNREVIEWED]
    return subject.profile.correction_status if changed(one, signed) else "final"


def _confidence(finding: AiFinding | None) -> list[Json]:
    if finding is None or finding.probability is None:
        return []
    return [{"url": _AI_CONFIDENCE, "valueDecimal": finding.probability}]


def _code(subject: Subject, fact: Fact) -> Json:
    own = coding(subject.profile.finding_system, fact.finding)
    mapped = subject.profile.finding_codes.get(fact.finding)
    further = [mapped.coding] if mapped else []
    return concept(*further, own, text=fact.text or fact.finding)


def _verdict(fact: Fact) -> tuple[Json, Json]:
    if fact.uncertain:
        return _UNSURE
    return _ABSENT if fact.negated else _PRESENT


def _performer(subject: Subject, device: Json | None) -> list[Json]:
    """In R4 a performer cannot be a Device, so a model is named by the alternate reference."""
    if device is None:
        return [subject.author] if subject.author else []
    extension = {"url": _ALTERNATE, "valueReference": device}
    return [{"extension": [extension], "display": device["display"]}]


def _site(subject: Subject, level: str) -> Json:
    code = subject.profile.level_codes.get(level)
    return concept(*([code.coding] if code else []), text=level)


def _components(subject: Subject, fact: Fact) -> list[Json]:
    """Side, sizes, earlier sizes, change since then, and how many, where the sentence says so."""
    parts = [_side(fact.side)] if fact.side else []
    parts += [_quantity(_SIZE, size) for size in fact.size_mm]
    parts += [_quantity(_PRIOR_SIZE, size) for size in fact.prior_size_mm]
    if fact.time:
        course = coding(subject.profile.finding_system, fact.time)
        parts.append({"code": _COURSE, "valueCodeableConcept": concept(course, text=fact.time)})
    if fact.count is not None:
        parts.append({"code": _COUNT, "valueInteger": fact.count})
    return parts


def _side(side: Side) -> Json:
    value = concept(coding(SNOMED, _SIDE_CODES[side], _SIDE_NAMES[side]))
    return {"code": _LATERALITY, "valueCodeableConcept": value}


def _quantity(code: Json, size_mm: float) -> Json:
    number = int(size_mm) if size_mm == int(size_mm) else size_mm
    return {
        "code": code,
        "valueQuantity": {"value": number, "unit": "mm", "system": UCUM, "code": "mm"},
    }
