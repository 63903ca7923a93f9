"""What leaves for a server of FHIR R5, judged by fhir.resources' R5 models."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings

from adapter.domain.delivery import ReportMessage
from adapter.domain.report import Suggestion
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import ALL, FINAL, NODULE, PLACE, PROFILE, R5, TOLD
from tests.fhir.strategies import messages


def check(bundle: dict[str, Any]) -> None:
    for entry in bundle["entry"]:
        resource = entry["resource"]
        kind = resource["resourceType"]
        getattr(import_module(f"fhir.resources.{kind.lower()}"), kind).model_validate(resource)


def grounded(message: ReportMessage) -> ReportMessage:
    finding = replace(NODULE, evidence=(PLACE,))
    suggestions = (Suggestion(finding, "accepted"), *message.report.suggestions[1:])
    return replace(message, report=replace(message.report, suggestions=suggestions))


@pytest.mark.parametrize("message", ALL, ids=lambda each: each.kind)
def test_all_that_is_sent_is_valid_r5(message: ReportMessage) -> None:
    check(build(replace(grounded(message), communications=(TOLD,)), R5))


@settings(max_examples=40, deadline=None)
@given(messages)
def test_any_report_is_valid_r5(message: ReportMessage) -> None:
    check(build(message, R5))


def test_what_was_renamed_has_its_new_name() -> None:
    bundle = build(replace(FINAL, communications=(TOLD,)), R5)
    found = report(bundle)
    assert found["study"][0]["identifier"]["value"] == "urn:oid:1.2.840.99.1"
    assert isinstance(found["presentedForm"][0]["size"], str)
    [device] = resources(bundle, "Device")
    assert device["name"][0]["value"] == "chest-net"
    [told] = resources(bundle, "Communication")
    assert told["payload"][0]["contentCodeableConcept"]["text"] == "Small right pneumothorax."


def test_places_on_images_are_selected_by_image_frame_and_box() -> None:
    bundle = build(grounded(FINAL), R5)
    [selection] = resources(bundle, "ImagingSelection")
    assert (selection["studyUid"], selection["seriesUid"]) == ("1.2.840.99.1", "1.2.840.99.1.7")
    [instance] = selection["instance"]
    assert (instance["uid"], instance["subset"]) == ("1.2.840.99.1.7.1", ["3"])
    corners = {each["url"]: each["valueDecimal"] for each in instance["extension"][0]["extension"]}
    assert corners == {"x_min": 0.1, "y_min": 0.25, "x_max": 0.5, "y_max": 0.75}
    url = next(
        each["fullUrl"]
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == "ImagingSelection"
    )
    nodule = next(each for each in resources(bundle, "Observation") if "device" in each)
    assert url in {each.get("reference") for each in nodule["derivedFrom"]}
    assert url in str(resources(bundle, "Provenance"))


def test_an_r4_server_gets_them_only_where_it_asks() -> None:
    assert resources(build(grounded(FINAL)), "ImagingSelection") == []
    asked = PROFILE.model_copy(update={"imaging_selections": True})
    assert len(resources(build(grounded(FINAL), asked), "ImagingSelection")) == 1
