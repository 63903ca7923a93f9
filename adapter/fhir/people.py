"""The patient and the requester of an order: as a resource, or by identifier and display."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.errors import Rejected
from adapter.fhir.elements import Json, present
from adapter.fhir.identifiers import identifier_search, of_type, value
from adapter.fhir.references import Resources, without_version

_SEX = {"female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.OTHER, "unknown": Sex.UNKNOWN}
_NAME_USES = ("official", "usual")
SUBJECT = "ServiceRequest.subject"


def read_patient(subject: Json, resources: Resources, systems: Sequence[str]) -> Patient:
    """ServiceRequest.subject; raises Rejected without one sure medical record number."""
    resource = resources.resolve(subject, SUBJECT, "Patient")
    known = [each for each in resource.get("identifier") or [] if each.get("use") != "old"]
    named = named_identifiers(subject)
    if not agree(named, known):
        raise Rejected(
            f"{SUBJECT} names another patient by identifier than by reference",
            location=SUBJECT,
            code="business-rule",
        )
    identifiers = [*named, *known]
    number = _record_number(identifiers, systems)
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


def check_same_patient(subject: Json, other: Json, resources: Resources, path: str) -> None:
    """Raise Rejected when `other`, subject of a resource of the order, is another patient."""
    if not other:
        return
    one, two = (resources.resolve(each, path, "Patient") for each in (subject, other))
    known = [*named_identifiers(subject), *(one.get("identifier") or [])]
    told = [*named_identifiers(other), *(two.get("identifier") or [])]
    names = {_literal(each) for each in (subject, other)} - {""}
    apart = len(names) == 2 and len({"://" in name for name in names}) == 1
    if not agree(told, known) or (apart and not (one and two)):
        raise Rejected(
            f"{path} is of another patient than the order",
            location=path,
            code="business-rule",
        )


def agree(some: Sequence[Json], others: Sequence[Json]) -> bool:
    """False when a system has numbers on both sides and none of them is the same."""
    one, two = _by_system(some), _by_system(others)
    return all(one[system] & two[system] for system in one.keys() & two.keys())


def named_identifiers(reference: Json) -> list[Json]:
    """What a reference says by identifier: its own, or that of a conditional reference."""
    own = [reference["identifier"]] if reference.get("identifier") else []
    query = (reference.get("reference") or "").partition("?")[2]
    tokens = identifier_search(query) if query else []
    return own + [present(system=each.system, value=each.value) for each in tokens]


def read_practitioner(reference: Json, resources: Resources) -> Practitioner | None:
    """ServiceRequest.requester, through a PractitionerRole; None when nobody is named."""
    path = "ServiceRequest.requester"
    resource = resources.resolve(reference, path, "Practitioner", "PractitionerRole")
    if resource.get("resourceType") == "PractitionerRole":
        reference = resource.get("practitioner") or {}
        resource = resources.resolve(reference, path, "Practitioner")
    identifiers = [*named_identifiers(reference), *(resource.get("identifier") or [])]
    number = next(filter(None, map(value, identifiers)), "")
    family, given = _name(resource.get("name") or [], reference.get("display") or "")
    return Practitioner(number, family, given) if number or family else None


def _record_number(identifiers: list[Json], systems: Sequence[str]) -> str:
    """By system in the site's order, by type MR; a single identifier needs neither: no guess."""
    named = [value(each) for system in systems for each in identifiers if _is_of(each, system)]
    found = named or of_type(identifiers, "MR", ())
    if not found:
        found = list(dict.fromkeys(filter(None, map(value, identifiers))))
        if len(found) > 1:
            raise Rejected(
                "several patient identifiers and none is of type MR; name its system in "
                "mappings/fhir_orders.yaml",
                location=f"{SUBJECT}.identifier",
                code="business-rule",
            )
    if not found:
        raise Rejected(
            "the patient's medical record number is missing: give subject.identifier, or a Patient "
            "with an identifier of type MR, contained or in the Bundle",
            location=f"{SUBJECT}.identifier",
            code="required",
        )
    return found[0]


def _is_of(identifier: Json, system: str) -> bool:
    return bool(value(identifier)) and identifier.get("system") == system


def _by_system(identifiers: Sequence[Json]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in identifiers:
        if value(each):
            found.setdefault(each.get("system") or "", set()).add(value(each))
    found.pop("", None)  # numbers without a system cannot be held against each other
    return found


def _literal(reference: Json) -> str:
    """Where the reference leads outside of this body; "" when it leads inside or nowhere."""
    told = without_version(reference.get("reference") or "")
    return "" if told.startswith(("#", "urn:")) or "?" in told else told


def _name(names: list[Json], display: str) -> tuple[str, str]:
    """(family, given) of the official name, else of `Family, Given`, else all as family."""
    ranked = sorted(names, key=lambda name: name.get("use") not in _NAME_USES)
    for name in ranked:
        given = " ".join(filter(None, name.get("given") or []))
        if name.get("family") or given:
            return name.get("family") or "", given
        display = name.get("text") or display
    family, _, given = display.partition(",")
    return family.strip(), given.strip()
