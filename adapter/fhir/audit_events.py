"""A row of the audit trail as FHIR R4 AuditEvent, after the patterns of IHE BALP where they fit."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_address

from adapter.domain.audit import AgentKind, AuditRow, Outcome, Verb
from adapter.domain.audit_codes import (
    CLIENT_SIDE,
    EVENT_CODES,
    SERVER_SIDE,
    Code,
    EventCodes,
)
from adapter.fhir.codes import TERMINOLOGY
from adapter.fhir.elements import Json, clean, coding, concept, identifier, present, reference, urn

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_REQUEST_ID = coding(
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId"
)
_ENTITY = f"{TERMINOLOGY}/audit-entity-type"
_ROLE = f"{TERMINOLOGY}/object-role"
_PERSON, _OBJECT = coding(_ENTITY, "1", "Person"), coding(_ENTITY, "2", "System Object")
_PATIENT, _RESOURCE = coding(_ROLE, "1", "Patient"), coding(_ROLE, "4", "Domain Resource")
_SECURITY, _QUERY = coding(_ROLE, "13", "Security Resource"), coding(_ROLE, "24", "Query")
_SERVER = coding(f"{TERMINOLOGY}/security-source-type", "4", "Application Server")
_RECIPIENT = coding(f"{TERMINOLOGY}/v3-ParticipationType", "IRCP", "information recipient")
_AUTHOR = coding(f"{TERMINOLOGY}/v3-ParticipationType", "AUT", "author (originator)")
_MACHINE, _IP = "1", "2"  # network-type
_SAYS = {Outcome.MINOR_FAILURE: "minor failure", Outcome.SERIOUS_FAILURE: "serious failure"}


def audit_event(row: AuditRow) -> Json:
    """One AuditEvent; `patient` stays the keyed hash, and one entity holds the place in the chain.

    A pattern of BALP is claimed for what succeeded, on a study, for a caller with an address.
    """
    codes = EVENT_CODES[Verb(row.verb)]
    outcome = Outcome(row.outcome)
    return {"resourceType": "AuditEvent"} | present(
        id=urn("AuditEvent", row.chain, str(row.number), row.hash).rpartition(":")[2],
        meta=present(profile=_profiles(row, codes)),
        type=_coding(codes.fhir_type),
        subtype=[_coding(codes.kind)],
        action=codes.action,
        recorded=row.at,
        outcome=outcome.value,
        outcomeDesc=_SAYS.get(outcome, ""),
        agent=_agents(row, codes),
        source=present(
            observer=reference("Device", identifier("urn:readout:node", row.chain), "Readout"),
            type=[_SERVER],
        ),
        entity=_entities(row),
    )


def _profiles(row: AuditRow, codes: EventCodes) -> list[str]:
    fits = row.outcome == Outcome.SUCCESS and row.address
    if not codes.pattern or not fits or not (row.accession or row.verb == Verb.QUERY):
        return []
    return [f"{_BALP}{'Patient' if row.patient else ''}{codes.pattern}"]


def _agents(row: AuditRow, codes: EventCodes) -> list[Json]:
    """The caller's end, ours, and the person: the data of a reading flow towards the caller."""
    client, server = CLIENT_SIDE, SERVER_SIDE
    if codes.pattern == "Read":
        client, server = server, client
    person = row.kind == AgentKind.PERSON
    caller = present(
        type=concept(_coding(client)),
        who=_caller(row),
        requestor=not person and not row.person,
        network=_network(row.address),
    )
    here = present(
        type=concept(_coding(server)),
        who=reference("Device", identifier("urn:readout:node", row.chain), "Readout"),
        requestor=False,
        network=present(address=row.chain, type=_MACHINE),
    )
    return [caller, here, *_people(row, codes)]


def _caller(row: AuditRow) -> Json:
    """The program, or the machine at which a person sits."""
    if row.kind == AgentKind.PROGRAM:
        return reference("Device", identifier("urn:readout:program", row.agent), row.name)
    return reference("Device", display=row.address or "not known")


def _people(row: AuditRow, codes: EventCodes) -> list[Json]:
    """Who acts, or in whose name a program does."""
    own = row.kind == AgentKind.PERSON
    found = [(row.agent, row.name)] if own else []
    if row.person and row.person != row.agent:
        found.append((row.person, ""))
    kind = _RECIPIENT if codes.action in "RE" else _AUTHOR
    return [
        present(
            type=concept(kind),
            who=reference("Practitioner", _id("urn:readout:person", id_), name),
            name=clean(name),
            role=[concept(text=row.role)] if row.role and own and id_ == row.agent else None,
            requestor=index == 0,
        )
        for index, (id_, name) in enumerate(found)
    ]


def _entities(row: AuditRow) -> list[Json]:
    searched = row.verb == Verb.QUERY
    study = present(
        what=reference("ServiceRequest", _id("urn:readout:accession", row.accession)),
        type=_OBJECT,
        role=_QUERY if searched else _RESOURCE,
        name="" if searched else clean(row.object),
        query=b64encode(row.object.encode()).decode() if searched else "",
        detail=_details(("detail", row.detail)),
    )
    if not row.accession:
        study.pop("what", None)
    number = identifier("urn:readout:audit-patient", row.patient) if row.patient else None
    whom = present(what=reference("Patient", number), type=_PERSON, role=_PATIENT)
    return [
        study,
        *([whom] if row.patient else []),
        *([_request(row.request)] if row.request else []),
        _place(row),
    ]


def _request(name: str) -> Json:
    return {"what": {"identifier": {"value": clean(name)}}, "type": _REQUEST_ID}


def _place(row: AuditRow) -> Json:
    """Where the row stands in the trail, so that `readout audit verify` proves it."""
    proof = (
        ("chain", row.chain),
        ("number", str(row.number)),
        ("previous", row.previous),
        ("hash", row.hash),
        ("seal", row.seal),
        ("verb", row.verb),
    )
    return {
        "type": _OBJECT,
        "role": _SECURITY,
        "name": f"readout_audit {row.chain} {row.number}",
        "detail": _details(*proof),
    }


def _details(*told: tuple[str, str]) -> list[Json]:
    return [{"type": name, "valueString": clean(value)} for name, value in told if clean(value)]


def _id(system: str, value: str) -> Json | None:
    return identifier(system, value) if clean(value) else None


def _network(address: str) -> Json:
    try:
        return present(address=str(ip_address(address)), type=_IP)
    except ValueError:
        return present(address=clean(address), type=_MACHINE if clean(address) else "")


def _coding(code: Code) -> Json:
    return coding(code.system, code.code, code.display)
