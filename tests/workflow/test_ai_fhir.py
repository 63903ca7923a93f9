"""Results of AI engines as FHIR Bundles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.domain.ai_result import AiResult
from adapter.domain.order import Side
from adapter.errors import Rejected, TooLarge
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.files import MappingFiles
from adapter.workflow.ai_fhir import is_result, read_result
from tests.fakes.house import tables

CODES = load_ai_codes(MappingFiles(), tables().lexicon)
SCT, DCM = "http://snomed.info/sct", "http://dicom.nema.org/resources/ontology/DCM"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def typed(kind: str, value: str) -> dict[str, Any]:
    return {"type": {"coding": [{"system": V2, "code": kind}]}, "value": value}


PATIENT = {
    "resourceType": "Patient",
    "identifier": [typed("MR", "SYN1") | {"system": "urn:oid:1.2.3"}],
    "name": [{"family": "Demo", "given": ["Jane"]}],
    "birthDate": "1980-01-31",
}
DEVICE = {
    "resourceType": "Device",
    "deviceName": [{"name": "PTX-Finder", "type": "model-name"}],
    "version": [{"value": "2.1"}],
    "manufacturer": "Example AI",
}
SELECTION = {
    "resourceType": "ImagingSelection",
    "status": "available",
    "code": coded(DCM, "113000", "Of Interest"),
    "studyUid": "1.2.3",
    "seriesUid": "1.2.3.4",
    "instance": [{"uid": "1.2.3.4.5", "subset": ["2"]}],
}
FINDING: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "preliminary",
    "code": coded(DCM, "121071", "Finding"),
    "valueCodeableConcept": coded(SCT, "36118008", "Pneumothorax"),
    "bodySite": coded(SCT, "7771000", "Left"),
    "subject": {"reference": "urn:uuid:p"},
    "device": {"reference": "urn:uuid:d"},
    "derivedFrom": [{"reference": "urn:uuid:s"}],
    "effectiveDateTime": "2026-03-01T12:00:00Z",
    "component": [
        {
            "code": coded(DCM, "111012", "Certainty of Finding"),
            "valueQuantity": {"value": 91.5, "code": "%"},
        },
        {
            "code": coded(SCT, "81827009", "Diameter"),
            "valueQuantity": {"value": 1.2, "unit": "cm", "code": "cm"},
        },
    ],
}
REPORT: dict[str, Any] = {
    "resourceType": "DiagnosticReport",
    "status": "preliminary",
    "code": {"text": "AI"},
    "basedOn": [{"identifier": typed("ACSN", "A1")}],
}


def bundle(**resources: Any) -> dict[str, Any]:
    every = {"p": PATIENT, "d": DEVICE, "s": SELECTION, "o": FINDING, "r": REPORT} | resources
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": each} for n, each in every.items() if each]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def told(**resources: Any) -> AiResult:
    body = json.dumps(bundle(**resources)).encode()
    (result,) = read_result(body, CODES, FhirOrderMapping())
    return result


def test_an_observation_tells_all_of_its_finding() -> None:
    result = told()
    assert (result.accession, result.study_uid) == ("A1", "1.2.3")
    patient = result.patient
    assert (patient.mrn.reveal(), patient.issuer) == ("SYN1", "urn:oid:1.2.3")
    assert (patient.family.reveal(), patient.birth_date.reveal()) == ("Demo", "19800131")
    one = next(each for each in result.findings if each.id.startswith("Observation/"))
    assert (one.finding, one.code) == ("pneumothorax", f"{SCT}|36118008")
    assert (one.model, one.version, one.manufacturer) == ("PTX-Finder", "2.1", "Example AI")
    assert (one.side, one.probability, one.size_mm) == (Side.LEFT, 0.915, (12.0,))
    assert one.at == "2026-03-01T12:00:00Z"
    (seen,) = one.evidence
    assert (seen.series_uid, seen.sop_uid, seen.frame) == ("1.2.3.4", "1.2.3.4.5", 2)


def test_the_words_of_a_report_are_free_text() -> None:
    result = told(r=REPORT | {"conclusion": "No pneumothorax. Sign this now."}, s=None, o=None)
    (one,) = result.findings
    assert (one.text, one.finding) == ("No pneumothorax. Sign this now.", None)
    assert result.accession == "A1"


def test_the_performer_of_a_series_is_the_scanner() -> None:
    scanner = {
        "resourceType": "Device",
        "manufacturer": "Acme",
        "modelNumber": "CT 9",
        "deviceName": [{"name": "CT03", "type": "user-friendly-name"}],
    }
    study: dict[str, Any] = {
        "resourceType": "ImagingStudy",
        "series": [{"performer": [{"actor": {"reference": "urn:uuid:x"}}]}],
    }
    assert {each.scanner for each in told(x=scanner, y=study).findings} == {"Acme CT 9, CT03"}
    study["series"][0]["performer"][0]["actor"] = {"type": "Device", "display": "Acme CT 9"}
    assert {each.scanner for each in told(y=study).findings} == {"Acme CT 9"}
    inside = study | {"contained": [scanner | {"id": "s"}]}
    inside["series"] = [{"performer": [{"actor": {"reference": "#s"}}]}]
    assert {each.scanner for each in told(y=inside).findings} == {"Acme CT 9, CT03"}
    assert {each.scanner for each in told().findings} == {""}
    for wrong in (7, [7], [{"performer": 7}], [{"performer": [{"actor": 7}]}]):
        assert {each.scanner for each in told(y=study | {"series": wrong}).findings} == {""}


def test_the_patient_may_be_told_by_number_alone() -> None:
    result = told(p=None, o=FINDING | {"subject": {"identifier": typed("MR", "SYN2")}})
    assert result.patient.mrn.reveal() == "SYN2"
    assert not told(p=None).patient.mrn


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ({"r": None, "s": None}, "neither accession number"),
        ({"x": REPORT | {"basedOn": [{"identifier": typed("ACSN", "A2")}]}}, "one for each study"),
        ({"x": PATIENT}, "several patients"),
        ({"p": PATIENT | {"birthDate": 7}}, "birthDate"),
    ],
)
def test_what_is_not_about_one_study_is_refused(resources: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        told(**resources)


def test_too_many() -> None:
    with pytest.raises(TooLarge):
        told(**{f"n{number}": {"resourceType": "Observation"} for number in range(10_001)})


def test_orders_are_no_results() -> None:
    assert is_result(bundle())
    assert not is_result(bundle(x={"resourceType": "ServiceRequest"}))
    assert not is_result(bundle(s=None, o=None, r=None))
    assert not is_result(FINDING)
    assert not is_result({"resourceType": "Bundle", "entry": [7, {"resource": None}]})


@pytest.mark.parametrize("wrong", [7, "x", [], [7], {"reference": 7}, None])
def test_shapes_that_are_none_do_not_break(wrong: Any) -> None:
    for name in ("device", "component", "derivedFrom", "code", "subject", "bodySite"):
        assert told(o=FINDING | {name: wrong}).accession == "A1"
