"""ServiceRequest of FHIR R5 -> the R4 form of the same order."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.fhir.elements import Json, objects, present

_ONLY_R5 = ("reason", "bodyStructure", "focus", "location")
_MOVED = ("code", "orderDetail", "supportingInfo", "patientInstruction", *_ONLY_R5)


def is_r5(resource: Json) -> bool:
    """Whether the resource has a shape that R4 does not know."""
    return (
        any(name in resource for name in _ONLY_R5)
        or _is_codeable(resource.get("code"))
        or isinstance(resource.get("patientInstruction"), list)
        or any(map(_is_codeable, objects(resource.get("supportingInfo"))))
        or any("parameter" in each for each in objects(resource.get("orderDetail")))
    )


def to_r4(resource: Json) -> Json:
    """A valid R5 ServiceRequest in R4 elements; what R4 has no place for is left out."""
    reasons = resource.get("reason") or []
    moved = present(
        code=(resource.get("code") or {}).get("concept"),
        orderDetail=list(_details(resource)),
        reasonCode=[each["concept"] for each in reasons if each.get("concept")],
        reasonReference=[each["reference"] for each in reasons if each.get("reference")],
        supportingInfo=[
            each["reference"]
            for each in resource.get("supportingInfo") or []
            if each.get("reference")
        ],
    )
    return {name: part for name, part in resource.items() if name not in _MOVED} | moved


def _details(resource: Json) -> Iterable[Json]:
    """The coded values of orderDetail.parameter."""
    for detail in resource.get("orderDetail") or []:
        for parameter in detail.get("parameter") or []:
            if parameter.get("valueCodeableConcept"):
                yield parameter["valueCodeableConcept"]


def _is_codeable(value: object) -> bool:
    """Whether it is a CodeableReference: a concept, or a reference that is an object."""
    if not isinstance(value, dict):
        return False
    return "concept" in value or isinstance(value.get("reference"), dict)
