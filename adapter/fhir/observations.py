"""Facts of the report's sentences as Observations."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.finding import Fact
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
from adapter.fhir.elements import Json, clean, coding, concept, entry, identifier, present, search
from adapter.fhir.elements import urn as urn_of
from adapter.fhir.subject import Subject

_ALTERNATE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"
_SIDE_CODES = {side: code for code, side in SIDES.items()}
_SIDE_NAMES = {Side.LEFT: "Left", Side.RIGHT: "Right", Side.BILATERAL: "Right and left"}
_LATERALITY = concept(coding(SNOMED, "272741003", "Laterality"))
_SIZE = concept(coding(SNOMED, "410668003", "Length"), text="size")
_PRIOR_SIZE = concept(text="previous size")  # no code, so that nobody takes it for the size now
_PRESENT = (coding(LOINC, "LA9633-4", "Present"), coding(INTERPRETATION, "POS", "Positive"))
_ABSENT = (coding(LOINC, "LA9634-2", "Absent"), coding(INTERPRETATION, "NEG", "Negative"))
_UNSURE = (
    coding(LOINC, "LA11884-6", "Indeterminate"),
    coding(INTERPRETATION, "IND", "Indeterminate"),
)


def observed(statement: Statement) -> Iterator[tuple[str, Fact]]:
    """(suffix of its identifier, fact) of what this study shows; history stays in the text."""
    for number, fact in enumerate(statement.facts, 1):
        if not (fact.historical or fact.family):
            yield f"{statement.id}.{number}", fact


def observation_url(subject: Subject, suffix: str) -> str:
    """fullUrl of the Observation."""
    return urn_of(subject.profile.report_system, "Observation", subject.accession, suffix)


def observation_entry(subject: Subject, statement: Statement, suffix: str, fact: Fact) -> Json:
    """Created, or updated where an earlier report of this accession had it."""
    number = identifier(subject.profile.report_system, f"{subject.accession}/{suffix}")
    value, interpretation = _verdict(fact)
    is_ai = statement.origin is Origin.AI
    device = subject.device_of(statement) if is_ai else None
    resource = {"resourceType": "Observation"} | present(
        meta={"security": [AI_ASSERTED]} if is_ai else None,
        identifier=[number],
        basedOn=[subject.order],
        status="preliminary" if subject.is_preliminary else "final",
        category=[concept(coding(OBSERVATION_CATEGORY, "imaging", "Imaging"))],
        code=_code(subject, fact),
        subject=subject.patient,
        effectiveDateTime=subject.effective,
        issued=subject.message.issued_at,
        performer=_performer(subject, device),
        valueCodeableConcept=concept(value),
        interpretation=[concept(interpretation)],
        note=[note] if (note := present(text=clean(statement.text))) else None,
        bodySite=concept(text=fact.level or ""),
        device=device,
        component=_components(fact),
    )
    url = f"Observation?{search('identifier', number['system'], number['value'])}"
    return entry(observation_url(subject, suffix), resource, "PUT", url)


def _code(subject: Subject, fact: Fact) -> Json:
    own = coding(subject.profile.finding_system, fact.finding)
    mapped = subject.profile.finding_codes.get(fact.finding)
    further = [coding(mapped.system, mapped.code, mapped.display)] if mapped else []
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


def _components(fact: Fact) -> list[Json]:
    sides = [_side(fact.side)] if fact.side else []
    sizes = [_quantity(_SIZE, size) for size in fact.size_mm]
    return sides + sizes + [_quantity(_PRIOR_SIZE, size) for size in fact.prior_size_mm]


def _side(side: Side) -> Json:
    value = concept(coding(SNOMED, _SIDE_CODES[side], _SIDE_NAMES[side]))
    return {"code": _LATERALITY, "valueCodeableConcept": value}


def _quantity(code: Json, size_mm: float) -> Json:
    number = int(size_mm) if size_mm == int(size_mm) else size_mm
    return {
        "code": code,
        "valueQuantity": {"value": number, "unit": "mm", "system": UCUM, "code": "mm"},
    }
