from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.fhir.validation import validate
from tests.fhir.bundles import build, report, resources
from tests.fhir.samples import CORRECTION, FINAL, PROFILE, TOLD


def test_it_says_who_told_whom_what_when_and_how() -> None:
    bundle = build(replace(FINAL, communications=(TOLD,)))
    [told] = resources(bundle, "Communication")
    validate(told)
    assert told["status"] == "completed"
    assert told["sender"]["identifier"]["value"] == "R42"
    assert told["recipient"] == [{"type": "Practitioner", "display": "Dr. Ward"}]
    assert (told["note"][0]["time"], told["received"]) == (TOLD.identified_at, TOLD.received_at)
    assert told["medium"][0]["coding"][0]["code"] == "PHONE"
    assert told["payload"] == [{"contentString": "Small right pneumothorax."}]
    assert told["about"] == [{"reference": bundle["entry"][0]["fullUrl"]}]
    assert told["subject"] == report(bundle)["subject"]


def test_it_is_written_once_whatever_the_report_says_later() -> None:
    first, later = (
        build(replace(each, communications=(TOLD,)))["entry"][-1]["request"]
        for each in (FINAL, CORRECTION)
    )
    assert first == later
    assert (first["method"], first["ifNoneExist"]) == (
        "POST",
        "identifier=urn%3Areadout%3Areport%7CACC-2001%2Fc-1",
    )


@pytest.mark.parametrize(("method", "codes"), [("Fax", 1), ("pigeon", 0)])
def test_the_way_is_coded_where_the_site_has_a_code(method: str, codes: int) -> None:
    bundle = build(replace(FINAL, communications=(replace(TOLD, method=method),)))
    [medium] = resources(bundle, "Communication")[0]["medium"]
    assert medium["text"] == method
    assert len(medium.get("coding", [])) == codes


def test_what_no_sentence_states_is_told_in_the_words_of_the_record() -> None:
    told = replace(TOLD, finding="tension physiology")
    [resource] = resources(build(replace(FINAL, communications=(told,))), "Communication")
    assert resource["payload"] == [{"contentString": "tension physiology"}]


def test_an_absent_finding_is_not_what_was_told() -> None:
    told = replace(TOLD, finding="pleural_effusion")
    [resource] = resources(build(replace(FINAL, communications=(told,))), "Communication")
    assert resource["payload"] == [{"contentString": "pleural_effusion"}]


def test_a_destination_may_do_without() -> None:
    bundle = build(
        replace(FINAL, communications=(TOLD,)), PROFILE.model_copy(update={"communications": False})
    )
    assert resources(bundle, "Communication") == []
