"""`readout summary`: shown to the person who releases it, and released in that person's name."""

from __future__ import annotations

import json

import pytest

from adapter.errors import Rejected
from adapter.mapping.plain_words import PatientSummary
from tests.cli.remote import run
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site
from tests.web.test_sign_off import act, report


def test_it_is_read_and_then_released_by_a_person(house: Site) -> None:
    house.parts.summaries.rules = PatientSummary(offered=True)
    house.workflow.order("A1")
    house.dictate("A1", "small left pneumothorax period the patient is well period")
    unsigned = run("summary", "A1")
    assert isinstance(unsigned.exception, Rejected)
    house.workflow.clear("A1")
    assert act(house, "sign").status_code == 200
    house.workflow.jobs.run()
    version = report(house).json()["version"]
    shown = run("summary", "A1").stdout.splitlines()
    assert shown[0].startswith(f"A1, version {version}: not released; reading grade ")
    assert any(
        line.startswith("The exam shows: air around the lung, on the left side.  [")
        for line in shown
    )
    stale = run("summary", "A1", "--release", str(version + 1), "--by", DR_GRAY.id)
    assert "has changed since" in str(stale.exception)
    done = run("summary", "A1", "--release", str(version), "--by", DR_GRAY.id)
    assert f"released by {DR_GRAY.id} at " in done.stdout
    told = json.loads(run("summary", "A1", "--json").stdout)
    assert told["released"]["person"] == DR_GRAY.id


@pytest.mark.parametrize("half", [("--release", "3"), ("--by", "1001")])
def test_a_release_needs_version_and_person(half: tuple[str, ...]) -> None:
    assert run("summary", "A1", *half).exit_code == 2
