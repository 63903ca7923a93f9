"""Fields of a template through the HTTP interface: filled by voice, traced, edited by a person."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.people import Patient, Sex
from tests.web.conftest import Site

PERSON = {"id": "123", "family": "Gray", "given": "Ann"}


@pytest.fixture
def filled(site: Site) -> Site:
    """A prostate volume, dictated into its field."""
    patient = Patient(Phi("SYN1"), "SYN", Phi("Demo"), Phi("John"), sex=Sex.MALE)
    procedure = Code("MRPR", "MRI PROSTATE W WO")
    site.workflow.order("A1", patient=patient, procedure=procedure, modality="MR")
    site.dictate("A1", "go to field prostate volume forty five milliliters next field")
    return site


def get(site: Site, what: str) -> Any:
    return site.client.get(f"/api/studies/A1/{what}").json()


def line(site: Site) -> dict[str, Any]:
    (found,) = (
        each
        for section in get(site, "report")["sections"]
        for each in section["statements"]
        if each["source"].get("template") == "prostate.volume_line"
    )
    return dict(found)


def edit(site: Site, target: str, text: str) -> int:
    body = {"target": target, "text": text, "person": PERSON}
    made = site.client.post("/api/studies/A1/report/edit", json=body)
    site.workflow.jobs.run()
    return made.status_code


def test_a_value_leads_to_its_template_and_its_audio(filled: Site) -> None:
    assert line(filled)["text"] == "Prostate volume: 45 mL."
    (found,) = (
        each for each in get(filled, "provenance")["statements"] if each["id"] == line(filled)["id"]
    )
    words, value, _ = found["parts"]
    assert (words["origin"], words["source"]) == ("template", {"template": "prostate.volume_line"})
    assert [word["text"] for word in value["words"]] == ["forty", "five", "milliliters"]
    audio = filled.client.get("/api/studies/A1/dictations/d-1/audio")
    assert audio.headers["etag"] == f'"{value["audio_sha256"]}"'


def test_the_fields_are_listed_with_their_state(filled: Site) -> None:
    fields = {each["id"]: each for each in get(filled, "report")["fields"]}
    assert fields["prostate.volume"]["state"] == "filled"
    assert fields["prostate.volume"]["value"] == "45 mL"
    assert (
        fields["prostate.pirads"] | {"state": "empty", "required": True}
        == (fields["prostate.pirads"])
    )


def test_a_person_edits_a_field_that_was_dictated_and_one_that_was_not(filled: Site) -> None:
    assert edit(filled, "prostate.volume", "48 mL") == 202
    assert edit(filled, "prostate.pirads", "PI-RADS 4") == 202
    assert line(filled)["text"] == "Prostate volume: 48 mL."
    assert [part["origin"] for part in line(filled)["parts"]] == ["template", "edited", "template"]
    shown = get(filled, "report")
    assert "PI-RADS 4." in shown["text"]
    assert shown["certificate"]["ok"] is True
    assert not [flag for flag in shown["flags"] if flag["code"] == "field_missing"]


def test_a_field_that_is_not_there_is_not_found(filled: Site) -> None:
    assert edit(filled, "prostate.moon", "1") == 404
