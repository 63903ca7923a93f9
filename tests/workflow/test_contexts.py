"""What a context means here: whose study it is, what is kept of it, what is never mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.domain.decision import DecisionKind
from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.domain.report import Origin
from adapter.fhircast.content import Change
from adapter.fhircast.context import Context
from adapter.fhircast.event import Json
from adapter.fhircast.sync_error import NotFollowed
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import contexts, reports
from adapter.store.database import Database
from adapter.workflow.contexts import Contexts
from tests.fakes.house import DR_GRAY, Workflow
from tests.fhircast.samples import observation, report_context

SEAT = Seat("h", "t")


class Desk(Contexts):
    """One session, with words for what a test looks at."""

    def __init__(self, flow: Workflow, **profile: Any) -> None:
        told = {"name": "h", "url": "http://h", **profile}
        self.dictating: set[str] = set()
        super().__init__(
            flow.house, {"h": FhircastHub.model_validate(told)}, lambda: self.dictating
        )
        self.flow = flow
        with flow.database.write() as tx:
            contexts.join(tx, *SEAT, "node-1", "dr", flow.house.now())

    @property
    def shown(self) -> tuple[str, str]:
        row = self.row(SEAT)
        assert row is not None
        return row.state, row.accession


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Workflow:
    flow = Workflow(database, tmp_path)
    for number in (1, 2):
        patient = Patient(Phi(f"SYN{number}"), "SYN")
        flow.order(f"A{number}", patient=patient, study_uid=f"1.2.3.{number}")
    return flow


def context(number: int, **who: str) -> Context:
    return Context("DiagnosticReport", f"r{number}", tuple(report_context(number, **who)))


def elements(number: int, *keys: str, **changes: Any) -> Context:
    """Only some of the elements, each with changes."""
    told = [each for each in report_context(number) if each["key"] in keys]
    changed = tuple({**each, "resource": {**each["resource"], **changes}} for each in told)
    return Context("DiagnosticReport", f"r{number}", changed)


NO_NUMBER: Json = {"basedOn": []}


IDENTITIES: list[tuple[Context | None, int, tuple[str, str]]] = [
    (context(1), 200, ("followed", "A1")),
    (context(1, mrn="SYN2"), 409, ("refused", "")),
    (context(1, uid="1.2.3.2"), 409, ("refused", "")),
    (context(2, accession="A1"), 409, ("refused", "")),  # another patient, and other images
    (context(3), 202, ("waiting", "")),
    (elements(1, "report"), 200, ("followed", "A1")),
    (elements(1, "report", **NO_NUMBER), 409, ("refused", "")),
    (elements(1, "patient", "study"), 200, ("followed", "A1")),  # by study UID
    (elements(1, "patient"), 409, ("refused", "")),
    (None, 200, ("none", "")),
]


def test_identities_must_agree(flow: Workflow) -> None:
    desk = Desk(flow)
    for asked, status, state in IDENTITIES:
        assert desk.follow(SEAT, asked) == status, asked
        assert desk.shown == state, asked


def test_a_site_may_refuse_what_it_does_not_know_at_once(flow: Workflow) -> None:
    desk = Desk(flow, unknown_study="refuse")
    assert desk.follow(SEAT, context(3)) == 409


def test_numbers_of_one_system_are_compared_with_each_other(flow: Workflow) -> None:
    """The viewer's own number of the patient says nothing about the MRN."""
    desk = Desk(flow, mrn_system="urn:mrn")
    told = report_context(1)
    patient = told[1]["resource"]
    for number, status in (("SYN1", 200), ("SYN2", 409)):
        patient["identifier"] = [
            {"system": "urn:viewer", "value": "SYN1"},
            {"system": "urn:mrn", "value": number},
        ]
        asked = Context("DiagnosticReport", f"r-{number}", tuple(told))
        assert desk.follow(SEAT, asked) == status


def test_what_was_waited_for_is_asked_again_once_it_is_here(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.follow(SEAT, context(3))
    assert not desk.is_waiting(SEAT)
    flow.order("A3", patient=Patient(Phi("SYN3")), study_uid="1.2.3.3")
    assert desk.is_waiting(SEAT)
    assert desk.follow(SEAT, context(3)) == 200


def test_a_context_that_is_refused_leaves_nothing_on_the_screen(flow: Workflow) -> None:
    """Otherwise a person would look at one patient and dictate into another."""
    desk = Desk(flow)
    desk.follow(SEAT, context(1))
    desk.follow(SEAT, context(2, mrn="SYN1"))
    assert desk.shown == ("refused", "")


def test_while_somebody_dictates_the_workspace_moves_on_and_says_so(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.follow(SEAT, context(1))
    desk.dictating = {"A1"}
    assert desk.follow(SEAT, context(2)) == 200
    row = desk.row(SEAT)
    assert row is not None
    assert (row.accession, row.notice) == ("A2", "the dictation of A1 goes on there")


def test_or_stays_and_refuses_where_the_site_wants_it(flow: Workflow) -> None:
    desk = Desk(flow, while_dictating="refuse")
    desk.follow(SEAT, context(1))
    desk.dictating = {"A1"}
    assert desk.follow(SEAT, context(2)) == 409
    assert desk.follow(SEAT, None) == 409
    assert desk.shown == ("held", "A1")
    assert not desk.is_waiting(SEAT)
    assert desk.follow(SEAT, context(1)) == 200
    desk.follow(SEAT, context(2))
    desk.dictating = set()
    assert desk.is_waiting(SEAT)


def share(desk: Desk, *resources: Json, deleted: tuple[str, ...] = ()) -> None:
    put = {f"{each['resourceType']}/{each['id']}": each for each in resources}
    desk.shared(SEAT, context(1), Change(put, deleted))
    desk.flow.jobs.run()


def suggestions(flow: Workflow) -> dict[str, str]:
    with flow.database.read() as tx:
        report = reports.shown(reports.get_latest(tx, "A1"))
    statements = [each for section in report.sections for each in section.statements]
    assert not any(each.origin is Origin.AI for each in statements)
    return {each.finding.id: each.state for each in report.suggestions}


def test_findings_of_others_are_proposed_and_turned_down_when_withdrawn(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.follow(SEAT, context(1))
    flow.dictate("A1", "the heart is normal period")
    share(desk, observation("o1"), observation("o2"), observation("o3"))
    assert suggestions(flow) == {f"Observation/o{n}": "proposed" for n in (1, 2, 3)}
    flow.sign_off.decide("A1", DecisionKind.REJECT, "Observation/o3", DR_GRAY)
    flow.sign_off.decide("A1", DecisionKind.ACCEPT, "Observation/o2", DR_GRAY)
    gone = {**observation("o1"), "status": "entered-in-error"}
    desk.shared(SEAT, context(1), Change({"Observation/o1": gone}, ("Observation/o2",)))
    flow.jobs.run()
    with flow.database.read() as tx:
        states = {
            each.finding.id: each.state
            for each in reports.shown(reports.get_latest(tx, "A1")).suggestions
        }
    assert states["Observation/o1"] == "rejected"
    assert states["Observation/o2"] == "accepted"  # what a radiologist has taken stays
    assert flow.events("A1").count("shared finding withdrawn") == 2


def test_what_is_shared_in_a_context_that_is_not_shown_is_not_kept(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.follow(SEAT, context(2))
    share(desk, observation("o1"))
    assert "AI findings" not in flow.events("A1") + flow.events("A2")
    refusing = Desk(flow, receive=False)
    refusing.follow(SEAT, context(1))
    share(refusing, observation("o1"))
    assert "AI findings" not in flow.events("A1")


def test_what_we_share_is_the_latest_version_and_the_status(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.follow(SEAT, context(1))
    assert desk.wanted(SEAT, context(1)) == {}
    assert desk.wanted(SEAT, context(2)) is None
    flow.dictate("A1", "small right pneumothorax period")
    wanted = desk.wanted(SEAT, context(1))
    assert wanted is not None
    assert wanted["DiagnosticReport/r1"]["status"] == "preliminary"
    assert [each["code"]["text"] for each in wanted.values() if "component" in each] == [
        "pneumothorax"
    ]
    assert desk.is_signed(SEAT, context(1)) is False
    flow.sign_off.sign("A1", DR_GRAY)
    signed = desk.wanted(SEAT, context(1))
    assert signed is not None
    assert {each["status"] for each in signed.values()} == {"final"}
    assert desk.is_signed(SEAT, context(1)) is True
    assert desk.is_signed(SEAT, context(2)) is None


def test_the_workspace_is_told_by_the_history(flow: Workflow) -> None:
    desk = Desk(flow)
    desk.connection(SEAT, "connected", "")
    desk.follow(SEAT, context(1))
    before = desk.row(SEAT)
    desk.follow(SEAT, context(1))
    assert desk.row(SEAT) == before  # nothing is written where nothing changes
    desk.selected(SEAT, context(1), ("Observation/o1",))
    desk.out_of_step(SEAT, NotFollowed("e", "DiagnosticReport-open", "Viewer", ""))
    desk.refused(SEAT, "busy")
    told = [each for each in flow.events("A1") if each.startswith("context")]
    assert told == ["context followed", "context focus", "context notice", "context notice"]
    row = desk.row(SEAT)
    assert row is not None
    assert row.focus_json == '["Observation/o1"]'
    assert row.notice == "the hub refused: busy"
    desk.follow(SEAT, context(2))
    row = desk.row(SEAT)
    assert row is not None
    assert (row.focus_json, row.notice) == ("[]", "")


def test_a_study_is_opened_again_as_the_hub_opened_it(flow: Workflow) -> None:
    """RAD-148: opened again it is the same report, patient and study."""
    desk = Desk(flow)
    own = desk.opening(SEAT, "A1")
    assert own[0]["resource"]["id"] != "r1"
    desk.follow(SEAT, context(1))
    assert list(desk.opening(SEAT, "A1")) == report_context(1)


def test_a_session_that_was_left_follows_nothing(flow: Workflow) -> None:
    desk = Desk(flow)
    with flow.database.write() as tx:
        assert contexts.leave(tx, *SEAT)
    assert desk.follow(SEAT, context(1)) == 409
    desk.connection(SEAT, "left", "")
    assert not desk.is_waiting(SEAT)
