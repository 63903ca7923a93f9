"""A row of the audit trail as the audit message of DICOM PS3.15 A.5 (XML)."""

from __future__ import annotations

import re
from base64 import b64encode
from ipaddress import ip_address
from xml.etree.ElementTree import Element, SubElement, tostring

from adapter.domain.audit import AgentKind, AuditRow, Verb
from adapter.domain.audit_codes import CLIENT_SIDE, EVENT_CODES, SERVER_SIDE, Code, EventCodes, dcm

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PERSON, _SYSTEM = "1", "2"  # ParticipantObjectTypeCode
_PATIENT, _REPORT, _SECURITY, _QUERY = "1", "3", "13", "24"  # ParticipantObjectTypeCodeRole
_APPLICATION = dcm("110150", "Application")
_PATIENT_NUMBER = Code("", "2", "Patient Number", "RFC-3881")
_ACCESSION = dcm("121022", "Accession Number")
_URI = Code("", "12", "URI", "RFC-3881")


def audit_message(row: AuditRow) -> bytes:
    """UTF-8 XML; the patient stays the keyed hash, the last object tells the place in the chain."""
    codes = EVENT_CODES[Verb(row.verb)]
    message = Element("AuditMessage")
    event = _part(
        message,
        "EventIdentification",
        EventActionCode=codes.action,
        EventDateTime=row.at,
        EventOutcomeIndicator=row.outcome,
    )
    _coded(event, "EventID", codes.event)
    _coded(event, "EventTypeCode", codes.kind)
    _participants(message, row, codes)
    source = _part(message, "AuditSourceIdentification", AuditSourceID=row.chain)
    _part(source, "AuditSourceTypeCode", **{"csd-code": "4"})  # application server
    _objects(message, row)
    return bytes(tostring(message, encoding="unicode"), "utf-8")


def _participants(message: Element, row: AuditRow, codes: EventCodes) -> None:
    """Who acts, in whose name, and this application."""
    client, server = CLIENT_SIDE, SERVER_SIDE
    if codes.pattern == "Read":  # what is read flows to the caller
        client, server = server, client
    person = row.kind == AgentKind.PERSON
    acting = _part(
        message,
        "ActiveParticipant",
        UserID=row.agent or "unknown",
        UserName=row.name,
        UserIsRequestor=_flag(person or not row.person),
        **_network(row.address),
    )
    _coded(acting, "RoleIDCode", client)
    if row.person and row.person != row.agent:
        _part(message, "ActiveParticipant", UserID=row.person, UserIsRequestor=_flag(True))
    here = _part(
        message,
        "ActiveParticipant",
        UserID=f"readout {row.chain}",
        UserIsRequestor=_flag(False),
        NetworkAccessPointID=row.chain,
        NetworkAccessPointTypeCode="1",
    )
    _coded(here, "RoleIDCode", server)
    _coded(here, "RoleIDCode", _APPLICATION)


def _objects(message: Element, row: AuditRow) -> None:
    searched = row.verb == Verb.QUERY
    subject = _object(
        message, row.accession or row.object or row.verb, _SYSTEM, _QUERY if searched else _REPORT
    )
    _coded(subject, "ParticipantObjectIDTypeCode", _ACCESSION if row.accession else _URI)
    if searched:
        SubElement(subject, "ParticipantObjectQuery").text = _base64(row.object)
    else:
        SubElement(subject, "ParticipantObjectName").text = _clean(row.object or row.verb)
    _details(subject, detail=row.detail, request=row.request)
    if row.patient:
        whom = _object(message, row.patient, _PERSON, _PATIENT)
        _coded(whom, "ParticipantObjectIDTypeCode", _PATIENT_NUMBER)
        SubElement(whom, "ParticipantObjectName").text = "keyed hash of the patient's number"
    place = f"readout_audit {row.chain} {row.number}"
    proof = _object(message, place, _SYSTEM, _SECURITY)
    _coded(proof, "ParticipantObjectIDTypeCode", _URI)
    SubElement(proof, "ParticipantObjectName").text = _clean(place)
    _details(
        proof,
        chain=row.chain,
        number=str(row.number),
        previous=row.previous,
        hash=row.hash,
        seal=row.seal,
        verb=row.verb,
    )


def _object(message: Element, id_: str, type_: str, role: str) -> Element:
    return _part(
        message,
        "ParticipantObjectIdentification",
        ParticipantObjectID=id_,
        ParticipantObjectTypeCode=type_,
        ParticipantObjectTypeCodeRole=role,
    )


def _details(subject: Element, **told: str) -> None:
    for name, value in told.items():
        if value:
            _part(subject, "ParticipantObjectDetail", type=name, value=_base64(value))


def _coded(parent: Element, name: str, code: Code) -> None:
    values = {
        "csd-code": code.code,
        "codeSystemName": code.scheme,
        "originalText": code.display,
    }
    _part(parent, name, **values)


def _part(parent: Element, name: str, **values: str) -> Element:
    """An element with those attributes that hold something."""
    return SubElement(parent, name, {key: _clean(each) for key, each in values.items() if each})


def _network(address: str) -> dict[str, str]:
    try:
        ip_address(address)
        kind = "2"
    except ValueError:
        kind = "1" if address else ""
    return {"NetworkAccessPointID": address, "NetworkAccessPointTypeCode": kind}


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _flag(value: bool) -> str:
    return "true" if value else "false"
