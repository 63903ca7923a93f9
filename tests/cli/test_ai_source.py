"""`readout ai-source`: every verb."""

from __future__ import annotations

import json

import pytest

from adapter.errors import Rejected
from tests.cli.remote import run
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site

BY = ("--by", DR_GRAY.id)


@pytest.fixture
def drafted(house: Site) -> Site:
    """A model without a file has told something of a study."""
    house.workflow.order("A1")
    found = {"id": "a1", "text": "Left pneumothorax.", "model": "cxr 2", "version": "1"}
    house.client.post("/api/studies/A1/ai-findings", json={"findings": [found]})
    return house


def test_a_source_is_stopped_started_and_made_stricter(drafted: Site) -> None:
    listed = run("ai-source", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert "cxr 2: suggest; no file under ai_sources/ names it" in listed.stdout
    stopped = run("ai-source", "stop", "cxr 2", *BY, "--reason", "false alarms")
    assert stopped.stdout.startswith("cxr 2: off, set by 123 at ")
    assert stopped.stdout.rstrip().endswith("false alarms; no file under ai_sources/ names it")
    drafted.workflow.clock.forward(1)
    assert json.loads(run("ai-source", "start", "cxr 2", *BY, "--json").stdout)["switch"] is None
    again = run("ai-source", "start", "cxr 2", *BY)
    assert isinstance(again.exception, Rejected)
    drafted.workflow.clock.forward(1)
    shadow = run("ai-source", "mode", "cxr 2", "shadow", *BY)
    assert shadow.stdout.startswith("cxr 2: shadow, set by 123")
    freer = run("ai-source", "mode", "cxr 2", "inline", *BY)
    assert "stricter" in str(freer.exception)
    (held,) = run("ai-source", "held", "cxr 2").stdout.splitlines()
    assert held.startswith("A1  cxr 2 1  shadow: ")
    lines = run("ai-source", "history", "cxr 2").stdout.splitlines()
    events = [line.split("  ")[1] for line in lines]
    assert events[-3:] == ["ai-source stopped", "ai-source started", "ai-source set to shadow"]


@pytest.mark.parametrize(("verb", "key"), [("history", "events"), ("held", "held")])
def test_it_tells_json(drafted: Site, verb: str, key: str) -> None:
    assert set(json.loads(run("ai-source", verb, "cxr 2", "--json").stdout)) >= {key}
    known = json.loads(run("ai-source", "list", "--json").stdout)["sources"]
    assert "demo_chest" in {each["source"] for each in known}


def test_what_cannot_be_is_said(house: Site) -> None:
    nobody = run("ai-source", "stop", "nobody", *BY)
    assert isinstance(nobody.exception, Rejected)
    assert "nobody" in str(nobody.exception)
    assert run("ai-source", "stop", "cxr").exit_code == 2  # --by is missing
    assert run("ai-source", "mode", "cxr", "loud", *BY).exit_code == 2


def test_the_model_card_is_printed_in_both_forms() -> None:
    xml = run("ai-source", "card", "demo_chest")
    assert xml.stdout.startswith("<?xml")
    assert (
        run("ai-source", "card", "demo_chest", "--format", "html")
        .stdout.lower()
        .startswith("<!doctype")
    )
