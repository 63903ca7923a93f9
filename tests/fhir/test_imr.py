"""RAD-141: what IHE IMR requires of the Bundle and of its report."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from hashlib import sha1
from typing import Any

import pytest
from pydantic import ValidationError

from adapter.domain.delivery import ReportMessage
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import ALL, CORRECTION, FINAL, IMR, PRELIMINARY, RETRACTION


def kinds(bundle: dict[str, Any]) -> list[str]:
    return [each["resource"]["resourceType"] for each in bundle["entry"]]


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_the_bundle_holds_report_order_and_study_alone(message: ReportMessage) -> None:
    bundle = build(message, IMR)
    assert bundle["meta"]["profile"] == [
        "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-store-multimedia-report-bundle"
    ]
    assert bundle["type"] == "transaction"
    assert kinds(bundle) == ["DiagnosticReport", "ServiceRequest", "ImagingStudy"]
    assert {each["request"]["method"] for each in bundle["entry"]} == {"POST"}
    assert all(each["request"]["ifNoneExist"] for each in bundle["entry"])
    assert "contained" not in str(bundle)


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_the_report_has_what_its_profile_requires(message: ReportMessage) -> None:
    found = report(build(message, IMR))
    for name in ("text", "issued", "subject", "performer", "resultsInterpreter", "imagingStudy"):
        assert found[name], name
    assert found["performer"][0]["type"] == "Organization"
    assert "result" not in found
    allowed = ("preliminary", "final", "amended", "corrected", "appended", "cancelled")
    assert found["status"] in allowed
    forms = {each["contentType"]: each for each in found["presentedForm"]}
    for name in ("text/html", "application/pdf"):
        data = b64decode(forms[name]["data"])
        assert forms[name]["size"] == len(data)
        assert b64decode(forms[name]["hash"]) == sha1(data).digest()
    assert b64decode(forms["application/pdf"]["data"]).startswith(b"%PDF-")


def test_references_lead_to_order_and_study_in_the_bundle() -> None:
    bundle = build(FINAL, IMR)
    urls = {each["fullUrl"] for each in bundle["entry"]}
    found = report(bundle)
    assert found["basedOn"][0]["reference"] in urls
    assert found["basedOn"][0]["identifier"]["value"] == "ACC-2001"
    assert found["imagingStudy"][0]["reference"] in urls
    [study] = resources(bundle, "ImagingStudy")
    assert study["identifier"] == [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.840.99.1"}]
    assert study["endpoint"] == [{"reference": "Endpoint/pacs"}]
    assert (study["started"], study["modality"][0]["code"]) == ("2026-01-02", "DX")


def test_a_study_of_which_too_little_is_known_is_named_only() -> None:
    bundle = build(replace(FINAL, order=replace(FINAL.order, modality="")), IMR)
    assert "ImagingStudy" not in kinds(bundle)
    [study] = report(bundle)["imagingStudy"]
    assert "reference" not in study
    unknown = build(replace(FINAL, order=replace(FINAL.order, study_uid="")), IMR)
    assert report(unknown)["imagingStudy"][0]["extension"][0]["valueCode"] == "unknown"


def test_nobody_is_invented_as_interpreter() -> None:
    [interpreter] = report(build(PRELIMINARY, IMR))["resultsInterpreter"]
    assert interpreter["extension"][0]["valueCode"] == "unknown"
    assert interpreter["type"] == "Practitioner"


def test_each_version_is_a_report_of_its_own_under_one_number() -> None:
    first, later = (build(each, IMR)["entry"][0] for each in (FINAL, CORRECTION))
    numbers = [
        [each["value"] for each in entry["resource"]["identifier"]] for entry in (first, later)
    ]
    assert numbers == [["ACC-2001", "RO0000000002"], ["ACC-2001", "RO0000000004"]]
    assert first["request"]["ifNoneExist"] != later["request"]["ifNoneExist"]


def test_a_site_may_update_one_report_instead() -> None:
    entry = build(FINAL, IMR.model_copy(update={"update": "conditional"}))["entry"][0]
    assert (entry["request"]["method"], entry["request"]["url"][:17]) == (
        "PUT",
        "DiagnosticReport?",
    )


def test_a_retraction_has_a_status_that_the_profile_knows() -> None:
    assert report(build(RETRACTION, IMR))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"performer": ""}, "performer"),
        ({"accession_system": ""}, "accession_system"),
        ({"html": False}, "html"),
        ({"patient": "create"}, "patient"),
        ({"fhir_version": "5.0"}, "4.0"),
    ],
)
def test_a_profile_that_cannot_be_met_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        FhirProfile.model_validate(IMR.model_dump() | change)
