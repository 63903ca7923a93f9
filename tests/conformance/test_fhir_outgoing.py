from __future__ import annotations

import pytest

from tests.conformance.fhir_outgoing import SOURCES, answer_rows, status_rows, written


def test_every_resource_that_is_written_is_said() -> None:
    assert set(written()) == set(SOURCES)


@pytest.mark.parametrize("resource", SOURCES)
def test_every_element_that_is_written_is_said_and_no_other(resource: str) -> None:
    assert set(written()[resource]) == set(SOURCES[resource])


def test_statuses_are_those_of_the_kinds() -> None:
    told = {kind: rest for kind, *rest in status_rows()}
    assert told["final"] == ["final", "final", "final"]
    assert told["retraction"] == ["entered-in-error"] * 3


def test_answers_say_what_becomes_of_a_delivery() -> None:
    told = dict(answer_rows())
    assert told["200"].startswith("done")
    assert told["422"].startswith("held")
    assert "asked what it holds" in told["409"]
    for status in ("401", "408", "425", "429", "503"):
        assert told[status].startswith("tried again")
