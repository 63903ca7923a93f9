"""What is written into resources that go out over FHIR, as the samples of every profile show it."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import httpx
import respx

from adapter.domain.delivery import ReportMessage
from adapter.domain.identifiers import ControlId, Phi
from adapter.domain.people import Practitioner
from adapter.domain.report import Section, Suggestion
from adapter.errors import TryAgain
from adapter.fhir.client import FhirDestination
from adapter.fhir.results import build_bundle
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.samples import (
    ALL,
    EU,
    IMR,
    NODULE,
    PLACE,
    PROFILE,
    PROPOSED,
    R5,
    TOLD,
    delivery,
)

PROFILES = {"transaction": PROFILE, "imr": IMR, "eu_document": EU, "transaction, R5": R5}
SOURCES: dict[str, dict[str, str]] = {
    "DiagnosticReport": {
        "meta": "AIAST where a model's sentence stands in it; also inline where it concludes",
        "language": "`language`",
        "text": "the report, each sentence an element whose id its Provenance names",
        "identifier": "in `report_system`: the accession, and the number of this version",
        "basedOn": "the order by accession (type ACSN)",
        "status": "by kind of message, below",
        "category": "RAD",
        "code": "`report_code`, and the procedure in words",
        "subject": "as `patient` says; in a document the patient in it",
        "effectiveDateTime": "day of the examination, else as `issued`",
        "issued": "when this version was made",
        "performer": "`performer`, and who prepared it with `prepared_by: performer`",
        "resultsInterpreter": "who signed, and who prepared it by `prepared_by`",
        "result": "the findings that stand",
        "imagingStudy": "the study by its UID (R5: `study`)",
        "study": "R5 name of imagingStudy",
        "conclusion": "impression, then addendum",
        "_conclusion": "AIAST where a model's sentence is in it",
        "presentedForm": "`text`, `html`, `pdf`, each with size and SHA-1",
        "extension": "the Composition of the document",
    },
    "Observation": {
        "meta": "AIAST where a model said it",
        "extension": "AIconfidence: the model's probability",
        "identifier": "accession and finding/side/level, the same in every version",
        "basedOn": "the order",
        "status": "by kind of message; `entered-in-error` for what is stated no longer",
        "category": "imaging",
        "code": "`finding_codes`, and the name in the site's lexicon",
        "subject": "as in the report",
        "effectiveDateTime": "as in the report",
        "issued": "as in the report",
        "performer": "who signed, or the model (alternate-reference)",
        "valueCodeableConcept": "present, absent or indeterminate (LOINC answers)",
        "interpretation": "POS, NEG or IND",
        "note": "the sentence",
        "bodySite": "level, with `level_codes`",
        "device": "the model",
        "derivedFrom": "the study; in R5 the ImagingSelection",
        "component": "side, size, earlier size, change, count",
    },
    "Provenance": {
        "meta": "a tag that names message and sentence, by which it is created once",
        "target": "the sentence (targetElement) and its Observations",
        "recorded": "when the version was made",
        "reason": "AIAST where a model said it (R5: `authorization`)",
        "authorization": "R5 name of reason",
        "agent": "who dictated or edited, the model, who accepted, who signed (legal)",
        "entity": "audio (`#t=`), text (`#char=`), template, images",
    },
    "Device": {
        "identifier": "model and version",
        "deviceName": "name of the model (R5: `name`)",
        "name": "R5 name of deviceName",
        "type": "Artificial-Intelligence",
        "version": "version of the model",
    },
    "Communication": {
        "identifier": "accession and number of the record; created once",
        "basedOn": "the order",
        "status": "completed",
        "category": "alert",
        "medium": "how, with `medium_codes`",
        "subject": "as in the report",
        "about": "the report",
        "received": "when the receiver had it",
        "recipient": "who was told",
        "sender": "who told it",
        "payload": "the sentences that state the finding",
        "note": "the finding, with the time at which it was seen",
    },
    "ImagingSelection": {
        "identifier": "accession, AI finding and number",
        "status": "available",
        "subject": "as in the report",
        "issued": "as in the report",
        "performer": "the model",
        "basedOn": "the order",
        "code": "DCM 113000",
        "studyUid": "study",
        "derivedFrom": "the study",
        "seriesUid": "series",
        "instance": "image, frame, and the box as fractions of its size (extension)",
    },
    "Patient": {
        "identifier": "medical record number (MR) in `mrn_system`",
        "name": "family and given name of the order",
        "gender": "sex of the order",
        "birthDate": "birth date of the order",
    },
    "ServiceRequest": {
        "identifier": "accession (ACSN), placer and filler number",
        "status": "active, completed once signed, revoked when cancelled, unknown when retracted",
        "intent": "order",
        "category": "imaging",
        "priority": "of the order",
        "code": "procedure of the order",
        "subject": "as in the report",
        "occurrenceDateTime": "day of the examination",
        "requester": "who ordered",
        "reasonCode": "reason of the order, as text",
    },
    "ImagingStudy": {
        "identifier": "study instance UID",
        "status": "available",
        "modality": "modality of the order",
        "subject": "as in the report",
        "started": "day of the examination",
        "basedOn": "the order",
        "referrer": "who ordered",
        "endpoint": "`imaging_endpoint`",
        "procedureCode": "procedure of the order",
        "description": "procedure in words",
    },
    "Composition": {
        "language": "`language`",
        "extension": "the order, and the DiagnosticReport",
        "identifier": "that of the report",
        "status": "by kind of message, below",
        "type": "as DiagnosticReport.code",
        "category": "as DiagnosticReport.category",
        "subject": "the patient",
        "date": "when this version was made",
        "author": "who signed, and the organisation",
        "title": "`words.title` and accession",
        "attester": "who signed (legal), when",
        "custodian": "the organisation",
        "relatesTo": "the document that this one replaces",
        "section": "study, order, history, procedure, comparison, findings, … by `section_codes`",
    },
    "Organization": {"identifier": "`performer_identifier`", "name": "`performer`"},
    "Practitioner": {
        "identifier": "number in `practitioner_system`",
        "name": "family and given name",
    },
    "PractitionerRole": {
        "practitioner": "who signed",
        "organization": "the organisation",
    },
}


def messages() -> Iterator[ReportMessage]:
    """One of every kind, in which everything is known that can be sent."""
    finding = replace(NODULE, evidence=(PLACE,), probability=0.9)
    for each in ALL:
        suggestions = (Suggestion(finding, "accepted"), Suggestion(PROPOSED))
        yield replace(
            each,
            order=replace(
                each.order, requester=Practitioner("W7", "Ward", "Willa"), reason=Phi("Cough")
            ),
            report=replace(
                each.report, sections=_concluded(each.report.sections), suggestions=suggestions
            ),
            communications=(TOLD,),
            previous=ControlId("RO0000000000"),
        )


def _concluded(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """With the model's sentence in the impression too."""
    said = next(each for section in sections for each in section.statements if each.source.ai)
    return tuple(
        replace(each, statements=(*each.statements, replace(said, id="s9")))
        if each.id == "impression"
        else each
        for each in sections
    )


@cache
def written() -> dict[str, dict[str, set[str]]]:
    """Resource -> element -> the profiles that write it."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, profile in PROFILES.items():
        for message in messages():
            profile_ = profile.model_copy(update=_everything(profile))
            for entry in json.loads(build_bundle(message, profile_))["entry"]:
                resource = entry["resource"]
                for element in resource:
                    if element not in ("resourceType", "id"):
                        found[resource["resourceType"]][element].add(name)
    return found


def _everything(profile: FhirProfile) -> dict[str, Any]:
    number = {"system": "urn:oid:2.999.4", "value": "RAD"}
    told = FhirProfile.model_validate(
        {"base_url": profile.base_url, "performer_identifier": number}
    )
    return {"language": "en", "performer_identifier": told.performer_identifier}


def element_rows(resource: str) -> Iterator[tuple[str, str, str]]:
    """(element, profiles that write it, what it holds)."""
    for element, profiles in written()[resource].items():
        everywhere = "all" if profiles == _profiles_of(resource) else ", ".join(sorted(profiles))
        yield f"{resource}.{element}", everywhere, SOURCES[resource][element]


def _profiles_of(resource: str) -> set[str]:
    return set().union(*written()[resource].values())


def status_rows() -> Iterator[tuple[str, str, str, str]]:
    """(kind of message, DiagnosticReport.status, Observation.status, Composition.status)."""
    for message in messages():
        statuses: dict[str, str] = {}
        for profile in (PROFILE, EU):
            for entry in json.loads(build_bundle(message, profile))["entry"]:
                resource = entry["resource"]
                if "status" in resource:
                    statuses.setdefault(resource["resourceType"], resource["status"])
        names = ("DiagnosticReport", "Observation", "Composition")
        yield message.kind.value, *(statuses[name] for name in names)  # type: ignore[misc]


def answer_rows() -> Iterator[tuple[str, str]]:
    """(status of the answer, what becomes of the delivery)."""
    for status in (200, 400, 401, 403, 404, 408, 409, 412, 422, 425, 429, 500, 502, 503, 504):
        yield str(status), asyncio.run(_outcome(status))


async def _outcome(status: int) -> str:
    message = ALL[1]
    profile = PROFILE.model_copy(update={"base_url": "http://ehr.test/fhir"})
    destination = FhirDestination(profile)
    looked: list[str] = []

    def search(_: httpx.Request) -> httpx.Response:
        looked.append(_LOOKED)
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset"})

    with respx.mock:
        respx.get(url__startswith="http://ehr.test/fhir/DiagnosticReport").mock(side_effect=search)
        respx.post("http://ehr.test/fhir").respond(
            status, json={"resourceType": "Bundle", "type": "transaction-response"}
        )
        try:
            answer = await destination.send(delivery(message, build_bundle(message, profile)))
        except TryAgain:
            return "tried again, after Retry-After where it is told"
        finally:
            await destination.close()
    return "".join(looked) + _WORDS[answer.outcome.value]


_LOOKED = "the server is asked what it holds, one more try where that is earlier; then "
_WORDS = {
    "accepted": "done, where every entry was",
    "hold": "held for a person, with the reason of the server",
    "retry": "tried again",
}
