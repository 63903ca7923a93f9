"""Our transactions on an R4 server of another maker, judged by two validators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.delivery import Answer, Outcome, ReportMessage
from adapter.domain.identifiers import Accession, Phi
from adapter.fhir.client import FhirDestination
from adapter.fhir.orders import read_service_request
from adapter.fhir.results import build_bundle
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.fhir_profile import FhirProfile
from adapter.mapping.files import MappingFiles
from tests.fhir.generated import generated
from tests.fhir.samples import (
    ADDENDUM,
    ALL,
    CORRECTION,
    EU,
    FINAL,
    IMR,
    PRELIMINARY,
    PROFILE,
    PROFILES,
    RETRACTION,
    SAMPLES,
    TOLD,
    delivery,
)
from tests.fhir.strategies import messages
from tests.peers.fhir_server import fhir_server

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with fhir_server() as url:
        yield url


def for_accession(message: ReportMessage, accession: str) -> ReportMessage:
    patient = replace(message.order.patient, mrn=Phi(f"MRN {accession}"))
    order = replace(message.order, accession=Accession(accession), patient=patient)
    control_id = f"{message.control_id}-{accession}"
    return replace(message, order=order, control_id=type(message.control_id)(control_id))


async def send(
    base_url: str, message: ReportMessage, profile: FhirProfile = PROFILE, **changes: Any
) -> Answer:
    profile = profile.model_copy(update={"base_url": base_url, **changes})
    destination = FhirDestination(FhirProfile.model_validate(profile.model_dump()))
    body = build_bundle(message, profile)
    try:
        return await destination.send(delivery(message, body))
    finally:
        await destination.close()


def found(base_url: str, kind: str, **search: str) -> list[dict[str, Any]]:
    bundle = httpx.get(f"{base_url}/{kind}", params={"_count": "100", **search}).json()
    return [entry["resource"] for entry in bundle.get("entry", [])]


def counts(base_url: str, accession: str) -> dict[str, int]:
    """How many of each the server holds, for the parts that one report makes."""
    [report] = found(base_url, "DiagnosticReport", identifier=f"urn:readout:report|{accession}")
    target = f"DiagnosticReport/{report['id']}"
    return {
        "Patient": len(found(base_url, "Patient", identifier=f"urn:oid:2.999.1|MRN {accession}")),
        "Device": len(found(base_url, "Device")),
        "Observation": len(found(base_url, "Observation", subject=report["subject"]["reference"])),
        "Provenance": len(found(base_url, "Provenance", target=target)),
    }


async def test_the_same_bytes_twice_make_one_report(base_url: str) -> None:
    message = for_accession(FINAL, "TWICE")
    assert await send(base_url, message) == Answer(Outcome.ACCEPTED, "201")
    first = counts(base_url, "TWICE")
    answer = await send(base_url, message)
    assert answer.outcome is Outcome.ACCEPTED
    assert counts(base_url, "TWICE") == first
    assert first == {"Patient": 1, "Device": 1, "Observation": 5, "Provenance": 6}


async def test_each_kind_updates_the_same_report(base_url: str) -> None:
    seen = []
    for message in (PRELIMINARY, FINAL, ADDENDUM):
        assert (await send(base_url, for_accession(message, "KINDS"))).outcome is Outcome.ACCEPTED
        [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|KINDS")
        seen.append((report["id"], report["status"]))
    assert [status for _, status in seen] == ["preliminary", "final", "appended"]
    assert len({identity for identity, _ in seen}) == 1
    assert counts(base_url, "KINDS")["Observation"] == 5


async def test_what_a_correction_no_longer_states_is_entered_in_error(base_url: str) -> None:
    for message in (PRELIMINARY, FINAL, CORRECTION):
        answer = await send(base_url, for_accession(message, "CORRECTED"))
        assert answer.outcome is Outcome.ACCEPTED
    told = {
        each["identifier"][0]["value"]: each["status"]
        for key in ("cyst/T12", "pneumothorax/right")
        for each in found(base_url, "Observation", identifier=f"urn:readout:report|CORRECTED/{key}")
    }
    assert told == {
        "CORRECTED/cyst/T12": "corrected",
        "CORRECTED/pneumothorax/right": "entered-in-error",
    }
    assert (await send(base_url, for_accession(RETRACTION, "CORRECTED"))).code == "200"
    [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|CORRECTED")
    assert report["status"] == "entered-in-error"


async def test_a_report_is_put_to_the_version_that_was_read(base_url: str) -> None:
    versions = []
    for message in (PRELIMINARY, FINAL, CORRECTION):
        answer = await send(base_url, for_accession(message, "PINNED"), update="if_match")
        assert answer.outcome is Outcome.ACCEPTED
        [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|PINNED")
        versions.append((report["id"], report["meta"]["versionId"], report["status"]))
    assert len({identity for identity, _, _ in versions}) == 1
    assert len({version for _, version, _ in versions}) == 3
    assert [status for _, _, status in versions] == ["preliminary", "final", "corrected"]
    again = await send(base_url, for_accession(CORRECTION, "PINNED"), update="if_match")
    assert again == Answer(Outcome.ACCEPTED, "200", "the server held it already")
    older = await send(base_url, for_accession(FINAL, "PINNED"), update="if_match")
    assert older.outcome is Outcome.HOLD


async def test_an_imr_repository_gets_one_report_a_version(base_url: str) -> None:
    for message in (FINAL, FINAL, CORRECTION):
        patient = {"patient": "logical"}
        answer = await send(base_url, for_accession(message, "IMR"), profile=IMR, **patient)
        assert answer.outcome is Outcome.ACCEPTED
    reports = found(base_url, "DiagnosticReport", identifier="urn:readout:report|IMR")
    assert sorted(each["status"] for each in reports) == ["corrected", "final"]
    [order] = found(base_url, "ServiceRequest", identifier="urn:oid:2.999.3|IMR")
    studies = found(base_url, "ImagingStudy", identifier="urn:dicom:uid|urn:oid:1.2.840.99.1")
    assert len(studies) == 1
    assert {each["basedOn"][0]["reference"] for each in reports} == {
        f"ServiceRequest/{order['id']}"
    }


async def test_a_european_record_gets_one_document_a_version(base_url: str) -> None:
    codes = [
        (await send(base_url, for_accession(message, "EU"), profile=EU)).code
        for message in (FINAL, FINAL, CORRECTION)
    ]
    assert codes == ["201", "200", "201"]
    [document] = found(base_url, "Bundle", identifier="urn:readout:report|RO0000000004-EU")
    assert document["type"] == "document"
    assert document["entry"][0]["resource"]["resourceType"] == "Composition"


async def test_who_was_told_is_stored_once(base_url: str) -> None:
    for message in (FINAL, ADDENDUM):
        sent = replace(for_accession(message, "TOLD"), communications=(TOLD,))
        assert (await send(base_url, sent)).outcome is Outcome.ACCEPTED
    [stored] = found(base_url, "Communication", identifier="urn:readout:report|TOLD/c-1")
    [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|TOLD")
    assert stored["about"] == [{"reference": f"DiagnosticReport/{report['id']}"}]


async def test_references_lead_to_what_was_created(base_url: str) -> None:
    await send(base_url, for_accession(FINAL, "LINKS"))
    [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|LINKS")
    [patient] = found(base_url, "Patient", identifier="urn:oid:2.999.1|MRN LINKS")
    assert report["subject"]["reference"] == f"Patient/{patient['id']}"
    results = [httpx.get(f"{base_url}/{each['reference']}").json() for each in report["result"]]
    assert {each["status"] for each in results} == {"final"}


async def test_a_refused_transaction_is_held_with_the_reason(base_url: str) -> None:
    body = build_bundle(FINAL, PROFILE).replace(b'"status":"final"', b'"status":"done"')
    destination = FhirDestination(PROFILE.model_copy(update={"base_url": base_url}))
    answer = await destination.send(delivery(FINAL, body))
    await destination.close()
    assert (answer.outcome, answer.code) == (Outcome.HOLD, "400")
    assert "done" in answer.text


def errors(base_url: str, bundle: bytes) -> list[dict[str, Any]]:
    issues = httpx.post(f"{base_url}/validate", content=bundle, timeout=120).json()
    return [issue for issue in issues if issue["severity"] == "error"]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_validators_find_no_error_in_what_the_pipeline_makes(
    base_url: str, profile: str
) -> None:
    bodies = [build_bundle(each, PROFILES[profile]) for each in generated()]
    assert len(bodies) == 72  # 216 in all: twelve dictations, every kind, every profile
    assert errors(base_url, b"[" + b",".join(bodies) + b"]") == []


@pytest.mark.parametrize("patient", ["match", "logical"])
def test_both_validators_find_no_error_however_the_patient_is_told(
    base_url: str, patient: str
) -> None:
    profile = PROFILE.model_copy(update={"patient": patient})
    bodies = b",".join(build_bundle(each, profile) for each in ALL)
    assert errors(base_url, b"[" + bodies + b"]") == []


def test_both_validators_find_no_error_in_what_the_packaged_files_ask_for(base_url: str) -> None:
    read = [file.read(DestinationProfile).fhir for file in MappingFiles().folder("destinations")]
    asked = [fhir for fhir in read if fhir is not None and fhir.fhir_version == "4.0"]
    assert {each.profile for each in asked} == set(PROFILES)
    bodies = b",".join(build_bundle(message, fhir) for fhir in asked for message in ALL)
    assert errors(base_url, b"[" + bodies + b"]") == []


def test_both_validators_do_find_errors(base_url: str) -> None:
    body = build_bundle(FINAL, PROFILE)
    assert errors(base_url, body.replace(b'"status":"final"', b'"status":"done"'))
    assert errors(base_url, body.replace(b'"recorded"', b'"record"'))


@settings(max_examples=25, deadline=None)
@given(message=messages, profile=st.sampled_from(list(PROFILES)))
def test_neither_finds_an_error_in_any_report(
    base_url: str, message: ReportMessage, profile: str
) -> None:
    assert errors(base_url, build_bundle(message, PROFILES[profile])) == []


def test_an_order_that_the_server_stored_is_read(base_url: str) -> None:
    body = (SAMPLES / "service_request.json").read_bytes()
    headers = {"content-type": "application/fhir+json"}
    stored = httpx.post(f"{base_url}/ServiceRequest", content=body, headers=headers)
    assert stored.status_code == 201
    assert read_service_request(stored.content) == read_service_request(body)
