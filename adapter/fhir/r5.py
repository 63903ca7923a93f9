"""The same resources in FHIR R5: only what was renamed or typed anew since R4 is written anew."""

from __future__ import annotations

from collections.abc import Callable

from adapter.fhir.elements import Json


def as_r5(bundle: Json) -> Json:
    """A Bundle of R4 resources, such as this room writes, as R5."""
    entries = [entry | {"resource": _resource(entry["resource"])} for entry in bundle["entry"]]
    return bundle | {"entry": entries}


def _resource(resource: Json) -> Json:
    change = _CHANGES.get(resource["resourceType"])
    return change(dict(resource)) if change else resource


def _report(resource: Json) -> Json:
    if "presentedForm" in resource:  # integer64 is a JSON string (R5 2.1.28.0.1)
        forms = resource["presentedForm"]
        resource["presentedForm"] = [each | {"size": str(each["size"])} for each in forms]
    return _renamed(resource, {"imagingStudy": "study"})


def _provenance(resource: Json) -> Json:
    if "reason" in resource:
        resource["authorization"] = [{"concept": each} for each in resource.pop("reason")]
    return resource


def _device(resource: Json) -> Json:
    names = resource.pop("deviceName", [])
    resource["name"] = [{"value": each["name"], "type": "user-friendly-name"} for each in names]
    resource["type"] = [resource["type"]]
    return resource


def _communication(resource: Json) -> Json:
    resource["payload"] = [
        {"contentCodeableConcept": {"text": each["contentString"]}} for each in resource["payload"]
    ]
    return resource


def _renamed(resource: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in resource.items()}


_CHANGES: dict[str, Callable[[Json], Json]] = {
    "DiagnosticReport": _report,
    "Provenance": _provenance,
    "Device": _device,
    "Communication": _communication,
}
