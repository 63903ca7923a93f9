"""The patient and the requester of an order: contained, or named by identifier and display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.errors import Rejected
from adapter.fhir.identifiers import of_type, value

_SEX = {"female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.OTHER, "unknown": Sex.UNKNOWN}
_NAME_USES = ("official", "usual")


class Contained:
    """The contained resources of one resource, by id."""

    def __init__(self, resource: dict[str, Any]) -> None:
        self._path = f"{resource['resourceType']}.contained"
        self._by_id: dict[str, dict[str, Any]] = {}
        for each in resource.get("contained") or []:
            if self._by_id.setdefault(each.get("id") or "", each) is not each:
                raise Rejected("two contained resources have one id", location=self._path)

    def resolve(self, reference: dict[str, Any], path: str, *kinds: str) -> dict[str, Any]:
        """What `#id` refers to; {} for other references; raises Rejected when it is not there."""
        told = reference.get("reference") or ""
        if not told.startswith("#"):
            return {}
        found = self._by_id.get(told[1:])
        location = f"{path}.reference"
        if not told[1:] or found is None:
            raise Rejected(f"{location} is not contained", location=location, code="not-found")
        if found["resourceType"] not in kinds:
            raise Rejected(f"{location} must refer to {' or '.join(kinds)}", location=location)
        return found


def read_patient(subject: dict[str, Any], contained: Contained, systems: Sequence[str]) -> Patient:
    """ServiceRequest.subject; raises Rejected without one sure medical record number."""
    path = "ServiceRequest.subject"
    resource = contained.resolve(subject, path, "Patient")
    identifiers = list(resource.get("identifier") or [])
    if subject.get("identifier"):
        identifiers.insert(0, subject["identifier"])
    number = _record_number(identifiers, systems, path)
    issuers = (each.get("system") for each in identifiers if value(each) == number)
    family, given = _name(resource.get("name") or [], subject.get("display") or "")
    return Patient(
        mrn=Phi(number),
        issuer=next(filter(None, issuers), ""),
        family=Phi(family),
        given=Phi(given),
        birth_date=Phi((resource.get("birthDate") or "").replace("-", "")),
        sex=_SEX[resource.get("gender") or "unknown"],
    )


def read_practitioner(reference: dict[str, Any], contained: Contained) -> Practitioner | None:
    """ServiceRequest.requester, through a contained PractitionerRole; None when nobody is named."""
    path = "ServiceRequest.requester"
    resource = contained.resolve(reference, path, "Practitioner", "PractitionerRole")
    if resource.get("resourceType") == "PractitionerRole":
        reference = resource.get("practitioner") or {}
        resource = contained.resolve(reference, path, "Practitioner")
    identifiers = [reference.get("identifier") or {}, *(resource.get("identifier") or [])]
    number = next(filter(None, map(value, identifiers)), "")
    family, given = _name(resource.get("name") or [], reference.get("display") or "")
    return Practitioner(number, family, given) if number or family else None


def _record_number(identifiers: list[dict[str, Any]], systems: Sequence[str], path: str) -> str:
    """By type MR or system; a single identifier needs neither. Never a guess between two."""
    found = of_type(identifiers, "MR", systems)
    if not found:
        found = list(dict.fromkeys(filter(None, map(value, identifiers))))
        if len(found) > 1:
            raise Rejected(
                "several patient identifiers and none is of type MR; name its system in "
                "mappings/fhir_orders.yaml",
                location=f"{path}.identifier",
                code="business-rule",
            )
    if not found:
        raise Rejected(
            "the patient's medical record number is missing: give subject.identifier or a "
            "contained Patient with an identifier of type MR",
            location=f"{path}.identifier",
            code="required",
        )
    return found[0]


def _name(names: list[dict[str, Any]], display: str) -> tuple[str, str]:
    """(family, given) of the official name, else of `Family, Given`, else all as family."""
    ranked = sorted(names, key=lambda name: name.get("use") not in _NAME_USES)
    for name in ranked:
        given = " ".join(filter(None, name.get("given") or []))
        if name.get("family") or given:
            return name.get("family") or "", given
        display = name.get("text") or display
    family, _, given = display.partition(",")
    return family.strip(), given.strip()
