"""Who prepared a report that another person signed, as each profile names them."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from adapter.domain.people import Practitioner
from adapter.fhir.results import build_bundle
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import FINAL, PROFILE, PROFILES, SAMPLES

PREPARED = replace(FINAL, assistant=Practitioner("77", "Young", "Rae"))


@pytest.mark.parametrize(
    ("place", "performers", "interpreters"),
    [("interpreter", 1, ["Robin", "Rae"]), ("performer", 2, ["Robin"]), ("none", 1, ["Robin"])],
)
def test_who_prepared_what_another_signed_is_named_where_the_mapping_says(
    place: str, performers: int, interpreters: list[str]
) -> None:
    profile = PROFILE.model_copy(update={"prepared_by": place, "performer": "Radiology North"})
    found = report(build(PREPARED, profile))
    assert len(found["performer"]) == performers
    shown = [each["display"].partition(", ")[2] for each in found["resultsInterpreter"]]
    assert shown == interpreters


def test_a_document_holds_who_prepared_it_and_stays_valid() -> None:
    bundle = build(PREPARED, PROFILES["eu_document"])
    names = {each["name"][0]["family"] for each in resources(bundle, "Practitioner")}
    assert {"Reader", "Young"} <= names
    assert len(report(bundle)["resultsInterpreter"]) == 2
    urls = {each["fullUrl"] for each in bundle["entry"]}
    assert {each["reference"] for each in report(bundle)["resultsInterpreter"]} <= urls


@pytest.mark.parametrize("name", list(PROFILES))
def test_a_prepared_report_is_valid_in_every_profile(name: str) -> None:
    body = build_bundle(PREPARED, PROFILES[name])
    golden = SAMPLES / f"{name}_prepared.json"
    if os.environ.get("READOUT_WRITE_GOLDEN"):
        golden.write_bytes(body)
    assert body == golden.read_bytes()
