"""Findings in shared content: ours as Observations, those of others as draft findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

from adapter.domain.finding import SHARED, AiFinding, Evidence, Fact
from adapter.domain.order import Side
from adapter.domain.report import Origin, Report, Statement
from adapter.fhir.codes import (
    AI_ASSERTED,
    LOINC,
    OBSERVATION_CATEGORY,
    SIDES,
    SNOMED,
    UCUM,
)
from adapter.fhir.elements import clean, coding, concept, identifier, present
from adapter.fhircast.content import Content, name_of
from adapter.fhircast.event import Json, dicts, reference_in
from adapter.fhircast.quantities import length_mm, shown_quantity

OWN_SYSTEM = "urn:readout:shared-finding"
"""Identifier system of what we share: so it is known again after a restart."""

FINDING_SYSTEM = "urn:readout:finding"
"""Code system of the finding names of the lexicon."""

_NAMESPACE = UUID("8d2b0c0e-0c55-5a6e-8a5e-2d0d6f6a7b31")  # ours; it must never change
_LATERALITY = "272741003"
_SIDE_CODES = {side: code for code, side in SIDES.items()}
_LENGTHS = ("410668003", "103339001", "103340004", "81827009")  # length, long, short axis, diameter
_ABSENT = ("LA9634-2", "NEG", "A-ABSENT")
_VERDICTS = {  # (negated, uncertain) -> coding of value, LOINC answers
    (False, False): coding(LOINC, "LA9633-4", "Present"),
    (True, False): coding(LOINC, "LA9634-2", "Absent"),
    (False, True): coding(LOINC, "LA11884-6", "Indeterminate"),
    (True, True): coding(LOINC, "LA11884-6", "Indeterminate"),
}
_GONE = ("entered-in-error", "cancelled")
_LONGEST_TEXT = 4_000
_LONGEST_NAME = 100


def is_ours(resource: Json) -> bool:
    """Whether we have shared it."""
    return any(each.get("system") == OWN_SYSTEM for each in dicts(resource.get("identifier")))


def shared_findings(report: Report, accession: str, patient: str, *, final: bool) -> Content:
    """The facts of a report's sentences about this study; `patient` is `Patient/id` or ""."""
    made = (
        _observation(statement, fact, f"{accession}/{statement.id}.{number}", patient, final)
        for section in report.sections
        for statement in section.statements
        for number, fact in enumerate(statement.facts, 1)
        if not (fact.historical or fact.family)
    )
    return {name_of(each): each for each in made}


def received_findings(
    resources: Iterable[Json], content: Content, hub: str
) -> tuple[AiFinding, ...]:
    """Observations and ImagingSelections of others; `content` holds what they refer to."""
    kinds = {"Observation": _received_observation, "ImagingSelection": _received_selection}
    return tuple(
        kinds[each["resourceType"]](each, content, hub)
        for each in resources
        if each.get("resourceType") in kinds and not is_ours(each) and not is_gone(each)
    )


def is_gone(resource: Json) -> bool:
    """Whether its author has taken it back."""
    return resource.get("status") in _GONE


def finding_id(name: str) -> str:
    """Id of the finding that a resource (`Type/id`) becomes."""
    return name[:_LONGEST_NAME]


def _observation(statement: Statement, fact: Fact, suffix: str, patient: str, final: bool) -> Json:
    own = coding(FINDING_SYSTEM, fact.finding)
    is_ai = statement.origin is Origin.AI
    return {"resourceType": "Observation", "id": str(uuid5(_NAMESPACE, suffix))} | present(
        meta={"security": [AI_ASSERTED]} if is_ai else None,
        identifier=[identifier(OWN_SYSTEM, suffix)],
        status="final" if final else "preliminary",
        category=[concept(coding(OBSERVATION_CATEGORY, "imaging", "Imaging"))],
        code=concept(own, text=fact.text or fact.finding),
        subject={"reference": patient} if patient else None,
        valueCodeableConcept=concept(_VERDICTS[fact.negated, fact.uncertain]),
        note=[{"text": clean(statement.text)}] if clean(statement.text) else None,
        bodySite=concept(text=fact.level or ""),
        component=[*_side(fact.side), *map(_size, fact.size_mm)],
    )


def _side(side: Side | None) -> Iterator[Json]:
    if side is not None:
        code = concept(coding(SNOMED, _LATERALITY, "Laterality"))
        yield {"code": code, "valueCodeableConcept": concept(coding(SNOMED, _SIDE_CODES[side]))}


def _size(size_mm: float) -> Json:
    value = int(size_mm) if size_mm == int(size_mm) else size_mm
    quantity = {"value": value, "unit": "mm", "system": UCUM, "code": "mm"}
    return {"code": concept(coding(SNOMED, _LENGTHS[0], "Length")), "valueQuantity": quantity}


def _received_observation(resource: Json, content: Content, hub: str) -> AiFinding:
    components = list(dicts(resource.get("component")))
    values = [shown for part in (resource, *components) if (shown := _value(part))]
    site = _words(resource.get("bodySite"))
    text = ": ".join(filter(None, [_words(resource.get("code")), "; ".join(values)]))
    told = filter(None, (text, f"({site})" if site else ""))
    codes = list(_codings(resource.get("code")))
    lexicon = (each.get("code") for each in codes if each.get("system") == FINDING_SYSTEM)
    finding = next((each for each in lexicon if isinstance(each, str)), None)
    return AiFinding(
        id=finding_id(name_of(resource)),
        text=clean(" ".join(told))[:_LONGEST_TEXT] or name_of(resource),
        model=f"{SHARED}{hub}: {_author(resource)}"[:200],
        version="FHIRcast",
        present=not _is_absent(resource),
        finding=finding[:_LONGEST_NAME] if finding else None,
        code=_code(codes),
        side=_read_side(resource, components),
        size_mm=tuple(_lengths(resource, components)),
        evidence=tuple(_evidence(resource, content)),
    )


def _received_selection(resource: Json, _content: Content, hub: str) -> AiFinding:
    codes = list(_codings(resource.get("code")))
    site = _words(resource.get("bodySite"))
    told = filter(None, (_words(resource.get("code")), f"({site})" if site else ""))
    return AiFinding(
        id=finding_id(name_of(resource)),
        text=clean(" ".join(told))[:_LONGEST_TEXT] or name_of(resource),
        model=f"{SHARED}{hub}: {_author(resource)}"[:200],
        version="FHIRcast",
        code=_code(codes),
        evidence=tuple(_selected(resource)),
    )


def _value(part: Json) -> str:
    """The value of an Observation or component, a component's behind its name."""
    told: Any = next((part[name] for name in part if name.startswith("value")), None)
    if isinstance(told, dict):
        told = shown_quantity(told) or _words(told)
    shown = "" if told is None or isinstance(told, list | bool) else str(told)
    name = _words(part.get("code")) if "resourceType" not in part else ""
    return ": ".join(filter(None, (name, shown))) if shown else ""


def _lengths(resource: Json, components: list[Json]) -> Iterator[float]:
    """Sizes in mm: the value itself, and components that are lengths or diameters."""
    sized = [part for part in components if any(c in _LENGTHS for c in _codes(part.get("code")))]
    for part in (resource, *sized):
        quantity = part.get("valueQuantity")
        size = length_mm(quantity) if isinstance(quantity, dict) else None
        if size is not None:
            yield size


def _read_side(resource: Json, components: list[Json]) -> Side | None:
    sited = [part for part in components if _LATERALITY in _codes(part.get("code"))]
    told = [resource.get("bodySite"), *(part.get("valueCodeableConcept") for part in sited)]
    found = {SIDES[code] for each in told for code in _codes(each) if code in SIDES}
    return found.pop() if len(found) == 1 else Side.BILATERAL if found else None


def _is_absent(resource: Json) -> bool:
    told = [resource.get("valueCodeableConcept"), *dicts(resource.get("interpretation"))]
    no = resource.get("valueBoolean") is False
    return no or any(code in _ABSENT for each in told for code in _codes(each))


def _evidence(resource: Json, content: Content) -> Iterator[Evidence]:
    """Of the ImagingSelections that it is derived from."""
    for each in dicts(resource.get("derivedFrom")):
        name = "/".join(reference_in({"reference": each}).split("/")[-2:])
        if name.startswith("ImagingSelection/") and name in content:
            yield from _selected(content[name])


def _selected(selection: Json) -> Iterator[Evidence]:
    study, series = (str(selection.get(name) or "") for name in ("studyUid", "seriesUid"))
    for each in list(dicts(selection.get("instance")))[:100] or [{}]:
        frames = each.get("subset")
        told = str(frames[0]) if isinstance(frames, list) and frames else ""
        number = int(told) if told.isascii() and told.isdecimal() and 0 < len(told) < 7 else None
        yield Evidence(_uid(study), _uid(series), _uid(str(each.get("uid") or "")), number or None)


def _uid(told: str) -> str:
    return told.removeprefix("urn:oid:")[:64]


def _author(resource: Json) -> str:
    """Who made it: performer, device, else the system of its identifier."""
    performers = (each.get("actor", each) for each in dicts(resource.get("performer")))
    for each in (*performers, resource.get("device")):
        if isinstance(each, dict) and each.get("display"):
            return clean(str(each["display"]))
    systems = (each.get("system") for each in dicts(resource.get("identifier")))
    return next((str(each) for each in systems if each), "?")


def _code(codes: list[Json]) -> str | None:
    first = codes[0] if codes else {}
    told = "|".join(str(first[name]) for name in ("system", "code") if first.get(name))
    return told[:200] or None


def _words(told: Any) -> str:
    """CodeableConcept as words: its text, else a display, else a code."""
    if not isinstance(told, dict):
        return ""
    displays = (each.get("display") or each.get("code") for each in _codings(told))
    return str(told.get("text") or next(filter(None, displays), "")).strip()


def _codes(told: Any) -> list[str]:
    return [str(each.get("code")) for each in _codings(told)]


def _codings(told: Any) -> Iterator[Json]:
    if isinstance(told, dict):
        yield from dicts(told.get("coding"))
