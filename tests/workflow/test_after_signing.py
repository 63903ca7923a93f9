"""What becomes of a report once it left: corrected, taken back, cancelled with its order."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from adapter.domain.decision import DecisionKind
from adapter.domain.order import OrderAction, OrderStatus
from adapter.errors import Conflict
from adapter.links import translate
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.fhir_profile import FhirProfile
from adapter.store import reports, studies
from tests.fakes.house import DR_GRAY, Workflow

NORMAL = "the lungs are clear period no pleural effusion period"


def signed(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()


def kinds(workflow: Workflow) -> list[str]:
    workflow.jobs.run()
    return [kind for _, kind in workflow.sent()]


def test_a_correction_writes_the_sentence_anew_and_keeps_the_rest(workflow: Workflow) -> None:
    signed(workflow)
    workflow.sign_off.addendum("A1", DR_GRAY, "Discussed with the ward.")
    workflow.sign_off.correct("A1", DR_GRAY, {"s2": "Small pleural effusion."}, 3)
    assert kinds(workflow) == ["preliminary", "final", "addendum", "correction"]
    last = workflow.ris.received[-1].body.decode()
    assert "Small pleural effusion." in last
    assert "No pleural effusion." not in last
    assert "The lungs are clear." in last
    assert "Discussed with the ward." in last


def test_a_retracted_report_is_taken_back_and_stays_so(workflow: Workflow) -> None:
    signed(workflow)
    workflow.sign_off.retract("A1", DR_GRAY, "dictated under the wrong accession")
    assert kinds(workflow) == ["preliminary", "final", "retraction"]
    assert workflow.status("A1") == "retracted"
    for act in (
        lambda: workflow.sign_off.retract("A1", DR_GRAY, "again"),
        lambda: workflow.sign_off.sign("A1", DR_GRAY),
        lambda: workflow.sign_off.addendum("A1", DR_GRAY, "More."),
        lambda: workflow.sign_off.correct("A1", DR_GRAY, {"s1": "Other words."}, 3),
        lambda: workflow.sign_off.decide("A1", DecisionKind.EDIT, "s1", DR_GRAY, "Other words."),
    ):
        with pytest.raises(Conflict):
            act()
    workflow.dictate("A1", "another dictation period")
    assert kinds(workflow)[-1] == "retraction"
    with workflow.database.read() as tx:
        history = {event: detail for _, event, detail in studies.events(tx, "A1")}
    assert history["retraction by 123"] == "dictated under the wrong accession"


def test_a_retracted_report_is_no_prior(workflow: Workflow) -> None:
    signed(workflow)
    workflow.order("A2")
    workflow.dictate("A2", NORMAL)
    with workflow.database.read() as tx:
        assert reports.shown(reports.get_latest(tx, "A2")).prior is not None
    workflow.sign_off.retract("A1", DR_GRAY, "wrong patient")
    workflow.jobs.run()
    with workflow.database.read() as tx:
        assert reports.shown(reports.get_latest(tx, "A2")).prior is None


def test_a_cancelled_order_takes_its_preliminary_report_back_once(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", NORMAL)
    workflow.order("A1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    assert kinds(workflow) == ["preliminary", "cancellation"]
    workflow.dictate("A1", "more words period")
    assert kinds(workflow) == ["preliminary", "cancellation"]
    workflow.order("A1", OrderAction.CHANGE, OrderStatus.SCHEDULED)
    assert kinds(workflow) == ["preliminary", "cancellation", "preliminary"]
    workflow.order("A1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    assert kinds(workflow)[-1] == "cancellation"


def test_a_signed_report_outlives_its_order(workflow: Workflow) -> None:
    signed(workflow)
    workflow.order("A1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    assert kinds(workflow) == ["preliminary", "final"]
    assert workflow.status("A1") == "final"


@pytest.fixture
def over_fhir(workflow: Workflow) -> Workflow:
    """The one destination is a FHIR server."""
    profile = DestinationProfile(
        name="ris", protocol="fhir", fhir=FhirProfile(base_url="http://127.0.0.1:1/fhir")
    )
    route = workflow.house.routes["ris"]
    routes = {"ris": replace(route, profile=profile, translate=partial(translate, profile))}
    object.__setattr__(workflow.house, "routes", routes)
    return workflow


def test_who_is_told_after_signing_is_told_over_fhir_at_once(over_fhir: Workflow) -> None:
    workflow = over_fhir
    signed(workflow)
    workflow.sign_off.addendum("A1", DR_GRAY, "Compared.")
    workflow.tell("A1", "Dr. Ward")
    assert kinds(workflow) == ["preliminary", "final", "addendum", "communication"]
    body = json.loads(workflow.ris.received[-1].body)
    [made] = [each for each in body["entry"] if each["request"]["url"] == "Communication"]
    assert made["resource"]["recipient"][0]["display"] == "Dr. Ward"
    [report] = [
        each["resource"]
        for each in body["entry"]
        if each["resource"]["resourceType"] == "DiagnosticReport"
    ]
    assert report["status"] == "appended"
    assert report["resultsInterpreter"][0]["identifier"]["value"] == DR_GRAY.id
    assert workflow.status("A1") == "addended"
    workflow.jobs.run()
    assert len(workflow.ris.received) == 4


def test_others_hear_nothing_of_it(workflow: Workflow) -> None:
    signed(workflow)
    workflow.tell("A1", "Dr. Ward")
    assert kinds(workflow) == ["preliminary", "final"]
    with workflow.database.read() as tx:
        last = reports.get_latest(tx, "A1")
    assert (last.number, last.status) == (3, "final")
    assert workflow.status("A1") == "final"


def test_who_is_told_after_a_retraction_changes_nothing(over_fhir: Workflow) -> None:
    signed(over_fhir)
    over_fhir.sign_off.retract("A1", DR_GRAY, "wrong patient")
    over_fhir.tell("A1", "Dr. Ward")
    assert kinds(over_fhir)[-1] == "retraction"
