from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, OrderAction, OrderEvent, OrderStatus, Priority, Side
from adapter.domain.people import Practitioner, Sex
from adapter.errors import Malformed, Rejected
from adapter.fhir.orders import read_service_request
from adapter.mapping.fhir_orders import FhirOrderMapping
from tests.fhir.samples import service_request

TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
SCT = "http://snomed.info/sct"
DCM = "http://dicom.nema.org/resources/ontology/DCM"

NO_SYSTEMS = FhirOrderMapping()


def read(resource: object, mapping: FhirOrderMapping = NO_SYSTEMS) -> OrderEvent:
    return read_service_request(json.dumps(resource).encode(), mapping)


def changed(**elements: object) -> dict[str, Any]:
    return {k: v for k, v in (service_request() | elements).items() if v is not None}


def test_every_field_of_the_sample() -> None:
    event = read(service_request())
    order = event.order
    assert (event.action, event.status) == (OrderAction.NEW, OrderStatus.SCHEDULED)
    assert order.accession == "ACC-2001"
    assert (order.placer_number, order.filler_number) == ("PL-5", "FI-5")
    assert order.study_uid == "1.2.840.99.1"
    assert order.procedure == Code("36572-6", "XR chest", "http://loinc.org")
    assert (order.modality, order.priority, order.side) == ("DX", Priority.STAT, Side.LEFT)
    assert order.reason == Phi("Cough and fever; Dyspnea")
    assert order.requester == Practitioner("P77", "Referrer", "Rae")
    assert order.scheduled_at == "20260102103000"
    assert order.source == "fhir"
    patient = order.patient
    assert (patient.mrn, patient.issuer) == (Phi("MRN-1001"), "urn:oid:2.999.1")
    assert (patient.family, patient.given) == (Phi("Example"), Phi("Erin Q"))
    assert (patient.birth_date, patient.sex) == (Phi("19610412"), Sex.FEMALE)


@pytest.mark.parametrize(
    ("status", "action", "meaning"),
    [
        ("active", OrderAction.NEW, OrderStatus.SCHEDULED),
        ("on-hold", OrderAction.HOLD, OrderStatus.HELD),
        ("revoked", OrderAction.CANCEL, OrderStatus.CANCELLED),
        ("entered-in-error", OrderAction.CANCEL, OrderStatus.CANCELLED),
        ("completed", OrderAction.CHANGE, OrderStatus.COMPLETED),
        ("draft", OrderAction.CHANGE, None),
        ("unknown", OrderAction.CHANGE, None),
    ],
)
def test_statuses(status: str, action: OrderAction, meaning: OrderStatus | None) -> None:
    event = read(changed(status=status))
    assert (event.action, event.status) == (action, meaning)


@pytest.mark.parametrize(
    ("told", "priority"),
    [
        ("stat", Priority.STAT),
        ("asap", Priority.HIGH),
        ("urgent", Priority.MEDIUM),
        ("routine", Priority.ROUTINE),
        (None, Priority.ROUTINE),
    ],
)
def test_priorities(told: str | None, priority: Priority) -> None:
    assert read(changed(priority=told)).order.priority is priority


def sct(code: str) -> dict[str, Any]:
    return {"coding": [{"system": SCT, "code": code}]}


@pytest.mark.parametrize(
    ("sites", "side"),
    [
        ([sct("24028007")], Side.RIGHT),
        ([sct("7771000")], Side.LEFT),
        ([sct("51440002")], Side.BILATERAL),
        ([sct("24028007"), sct("7771000")], Side.BILATERAL),
        ([{"text": "RIGHT knee"}], Side.RIGHT),
        ([{"text": "both knees"}], Side.BILATERAL),
        ([{"coding": [{"display": "Structure of left hand"}]}], Side.LEFT),
        ([{"text": "left knee", "coding": sct("24028007")["coding"]}], Side.RIGHT),
        ([{"text": "upright chest"}], None),
        ([sct("51185008")], None),
        (None, None),
    ],
)
def test_sides(sites: list[object] | None, side: Side | None) -> None:
    assert read(changed(bodySite=sites)).order.side is side


@pytest.mark.parametrize(
    ("elements", "modality"),
    [
        ({"category": [{"coding": [{"system": DCM, "code": "CT"}]}], "orderDetail": None}, "CT"),
        ({"orderDetail": [{"coding": [{"system": DCM, "code": "113014"}]}]}, ""),
        ({"orderDetail": [{"coding": [{"system": SCT, "code": "CT"}]}]}, ""),
        ({"orderDetail": None}, ""),
    ],
)
def test_modality_is_a_dicom_coding(elements: dict[str, Any], modality: str) -> None:
    assert read(changed(**elements)).order.modality == modality


def test_a_patient_and_requester_named_by_identifier_and_display() -> None:
    subject = {
        "type": "Patient",
        "identifier": {"system": "urn:oid:2.999.1", "value": "7"},
        "display": "Doe, Dana",
    }
    order = read(
        changed(contained=None, subject=subject, requester={"display": "Dr Referrer"})
    ).order
    assert (order.patient.mrn, order.patient.issuer) == (Phi("7"), "urn:oid:2.999.1")
    assert (order.patient.family, order.patient.given) == (Phi("Doe"), Phi("Dana"))
    assert order.patient.sex is Sex.UNKNOWN
    assert order.requester == Practitioner("", "Dr Referrer", "")


@pytest.mark.parametrize(
    ("told", "known"), [("IMP", "I"), ("AMB", "O"), ("EMER", "E"), ("PRENC", "P"), ("x9", "X9")]
)
def test_the_class_of_the_patient_is_that_of_the_encounter(told: str, known: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    visit = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "class": {"system": system, "code": told},
    }
    contained = [*service_request().get("contained", []), visit]
    asked = changed(contained=contained, encounter={"reference": "#e"})
    assert read(asked).order.patient_class == known
    ours = FhirOrderMapping(patient_classes={"X9": "R"})
    assert read(asked, ours).order.patient_class == ("R" if told == "x9" else told)
    assert read(service_request()).order.patient_class == ""


def test_identifiers_by_the_systems_of_the_site() -> None:
    mapping = FhirOrderMapping(accession_systems=("urn:a",), placer_systems=("urn:p",))
    numbers = [{"system": "urn:p", "value": "P1"}, {"system": "urn:a", "value": " A1 "}]
    order = read(changed(identifier=numbers), mapping).order
    assert (order.accession, order.placer_number) == ("A1", "P1")


def test_further_accessions_are_linked() -> None:
    acsn = {"coding": [{"system": TYPES, "code": "ACSN"}]}
    numbers = [{"type": acsn, "value": value} for value in ("A1", "A2", "A1")]
    order = read(changed(identifier=numbers)).order
    assert (order.accession, order.linked) == ("A1", ("A2",))


def test_study_uid_of_the_supporting_study() -> None:
    study = {"identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}}
    numbers = [each for each in service_request()["identifier"] if "type" in each]
    order = read(changed(identifier=numbers, supportingInfo=[study])).order
    assert order.study_uid == "1.2.3"


def patient(**elements: object) -> list[dict[str, Any]]:
    return [
        {"resourceType": "Patient", "id": "pat", **elements},
        *service_request()["contained"][1:],
    ]


@pytest.mark.parametrize(
    ("elements", "location", "code"),
    [
        ({"resourceType": "Patient"}, "", "not-supported"),
        ({"identifier": None}, "ServiceRequest.identifier", "required"),
        ({"identifier": [{"value": "1"}]}, "ServiceRequest.identifier", "required"),
        ({"status": None}, "ServiceRequest.status", "required"),
        ({"status": None, "_status": {"extension": [{"url": "x", "valueString": "y"}]}},
         "ServiceRequest.status", "required"),
        ({"status": "done"}, "ServiceRequest.status", "code-invalid"),
        ({"intent": "command"}, "ServiceRequest.intent", "code-invalid"),
        ({"intent": "proposal"}, "ServiceRequest.intent", "business-rule"),
        ({"priority": "high"}, "ServiceRequest.priority", "code-invalid"),
        ({"doNotPerform": True}, "ServiceRequest.doNotPerform", "business-rule"),
        ({"doNotPerform": "yes"}, "ServiceRequest.doNotPerform", "structure"),
        ({"authoredOn": 20260102}, "ServiceRequest.authoredOn", "structure"),
        ({"quantityQuantity": {"value": "5"}}, "ServiceRequest.quantityQuantity.value",
         "structure"),
        ({"contained": [{"id": "pat"}]}, "ServiceRequest.contained[0]", "structure"),
        ({"code": None}, "ServiceRequest.code", "required"),
        ({"code": {"id": "x"}}, "ServiceRequest.code", "required"),
        ({"procedure": "x"}, "ServiceRequest.procedure", "structure"),
        ({"occurrencePeriod": {"start": "2026-01-02T10:30"}},
         "ServiceRequest.occurrencePeriod.start", "structure"),
        ({"subject": None}, "ServiceRequest.subject", "required"),
        ({"subject": {"reference": "#nobody"}}, "ServiceRequest.subject.reference", "not-found"),
        ({"subject": {"reference": "#req"}}, "ServiceRequest.subject.reference", "invalid"),
        ({"subject": {"reference": "Practitioner/1"}}, "ServiceRequest.subject", "invalid"),
        ({"subject": {"type": "Robot"}}, "ServiceRequest.subject", "invalid"),
        ({"subject": {"reference": "Patient/1"}}, "ServiceRequest.subject.identifier", "required"),
        ({"requester": {"reference": "#pat"}}, "ServiceRequest.requester.reference", "invalid"),
        ({"contained": patient(identifier=[{"value": "1"}, {"value": "2"}])},
         "ServiceRequest.subject.identifier", "business-rule"),
        ({"contained": patient(gender="F", identifier=[{"value": "1"}])},
         "ServiceRequest.contained[0].gender", "code-invalid"),
        ({"contained": [*patient(identifier=[{"value": "1"}]), *patient()]},
         "ServiceRequest.contained", "invalid"),
        ({"contained": [{"resourceType": "Robot"}]}, "ServiceRequest.contained", "structure"),
    ],
)  # fmt: skip
def test_refusals_name_the_element(elements: dict[str, Any], location: str, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read(changed(**elements))
    assert (refusal.value.location, refusal.value.code) == (location, code)


def test_a_refusal_never_repeats_patient_data() -> None:
    with pytest.raises(Rejected) as refusal:
        read(changed(contained=patient(birthDate="SECRET", identifier=[{"value": "SECRET"}])))
    assert "SECRET" not in str(refusal.value)


def test_unreadable_bytes_are_malformed() -> None:
    with pytest.raises(Malformed):
        read_service_request(b"MSH|^~\\&|")


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "id", "coding", "value", "reference", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value)
        if isinstance(value, list) else ()
    )  # fmt: skip
    return [here, *(path for key, each in inner for path in paths(each, (*here, key)))]


PATHS = paths(service_request())[1:]


def put(resource: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        resource = resource[key]
    resource[path[-1]] = value


def refused_or_read(call: Callable[[], OrderEvent]) -> None:
    with suppress(Rejected):
        order = call().order
        assert order.accession
        assert order.patient.mrn


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PATHS), json_values)
def test_any_value_in_any_place_is_read_or_rejected(path: tuple[Any, ...], value: Any) -> None:
    resource = service_request()
    put(resource, path, value)
    refused_or_read(lambda: read(resource))


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_arbitrary_json_is_read_or_rejected(value: Any) -> None:
    refused_or_read(lambda: read(value))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_rejected(body: bytes) -> None:
    refused_or_read(lambda: read_service_request(body))
