"""A study keeps the labels of its order; a change of the rules is written by relabelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.acting import in_name_of
from adapter.domain.access import Sight
from adapter.domain.audit import OURSELVES
from adapter.domain.order import OrderAction, OrderOrigin
from adapter.domain.outside_report import OutsideReport, OutsideStatus, ReportMeaning
from adapter.mapping.access import AccessRules
from adapter.store import sight, studies, worklist
from adapter.store.database import Database
from adapter.store.worklist import Queue, Wanted
from adapter.workflow import outside
from adapter.workflow.priors import prior_of
from adapter.workflow.study_access import StudyAccess
from tests.fakes.clock import FakeClock
from tests.fakes.house import DR_GRAY, Workflow, order

RULES = AccessRules.model_validate(
    {
        "labels": {
            "north": {"title": "North", "when": [{"facility": ["NORTH"]}]},
            "vip": {"title": "VIP", "when": [{"confidentiality": ["V"]}]},
        }
    }
)
VIP = OrderOrigin(facility=("NORTH",), confidentiality=("V",))


@pytest.fixture
def house(sqlite: Database, tmp_path: Path) -> Workflow:
    return Workflow(sqlite, tmp_path, access=RULES)


def labels(house: Workflow, accession: str) -> tuple[str, ...] | None:
    with house.database.read() as tx:
        return sight.labels_of(tx, accession)


def test_a_change_that_does_not_tell_lifts_no_label(house: Workflow) -> None:
    house.order("A1", origin=VIP)
    assert labels(house, "A1") == ("north", "vip")
    for action in (OrderAction.CHANGE, OrderAction.NEW):
        house.order("A1", action, origin=OrderOrigin(facility=("NORTH",)))
        assert labels(house, "A1") == ("north", "vip")
    house.order("A1", OrderAction.CHANGE, origin=OrderOrigin(confidentiality=()))
    assert labels(house, "A1") == ("north",)


def test_a_report_takes_no_prior_that_its_readers_may_not_see(house: Workflow) -> None:
    house.order("A1", origin=VIP)
    house.dictate("A1", "No pneumothorax.")
    house.clear("A1")
    house.sign_off.sign("A1", DR_GRAY)
    house.order("A2", origin=OrderOrigin(facility=("NORTH",)))
    house.order("A3", origin=VIP)
    with house.database.read() as tx:
        assert prior_of(tx, studies.get(tx, "A2"), house.house.tables, RULES) is None
        found = prior_of(tx, studies.get(tx, "A3"), house.house.tables, RULES)
    assert found is not None
    assert found.accession == "A1"


@pytest.mark.parametrize(
    ("told", "readers"),
    [
        (OrderOrigin(facility=("NORTH",)), {"A1", "A2"}),
        (VIP, {"A1"}),
        (OrderOrigin(facility=("OLD",)), {"A1"}),  # as the strictest study of the patient
    ],
)
def test_a_report_of_another_system_is_a_prior_of_who_may_see_what_it_tells(
    house: Workflow, told: OrderOrigin, readers: set[str]
) -> None:
    house.order("A1", origin=VIP)
    house.order("A2", origin=OrderOrigin(facility=("NORTH",)))
    house.order("A3", origin=OrderOrigin(facility=("SOUTH",)))
    report = OutsideReport(
        ReportMeaning.PRIOR,
        "old",
        OutsideStatus.SIGNED,
        order("P1", scheduled_at="20250101", origin=told),
        "No pneumothorax.",
    )
    with house.database.write() as tx:
        outside.apply(house.house, tx, report, "test")
        found = {
            accession
            for accession in ("A1", "A2", "A3")
            if prior_of(tx, studies.get(tx, accession), house.house.tables, RULES)
        }
    assert found == readers


def test_relabelling_writes_the_rules_as_they_are_now(house: Workflow) -> None:
    before = Workflow(house.database, house.folder)
    for number in range(3):
        before.order(f"A{number}", origin=VIP if number else OrderOrigin())
    assert labels(house, "A2") == ()
    access = StudyAccess(house.database, FakeClock(), RULES)
    assert access.relabel() == (3, 2)
    assert access.relabel() == (3, 0)
    assert labels(house, "A0") == ()
    assert labels(house, "A2") == ("north", "vip")


def test_lists_on_both_engines_hold_what_may_be_seen(database: Database, tmp_path: Path) -> None:
    made = Workflow(database, tmp_path, access=RULES)
    made.order("A1", origin=VIP)
    made.order("A2", origin=OrderOrigin(facility=("NORTH",)))
    made.order("A3", origin=OrderOrigin(facility=("SOUTH",)))

    def listed(seen: Sight) -> list[str]:
        with in_name_of(OURSELVES, "", seen), database.read() as tx:
            page = worklist.page(tx, Wanted(Queue.ALL), 10)
            counted = worklist.counts(tx, "123", 10)[Queue.UNREAD]
        found = sorted(each.order.accession for each in page.studies)
        assert counted == len(found)
        return found

    assert listed(Sight()) == ["A1", "A2", "A3"]
    assert listed(Sight(frozenset())) == ["A3"]
    assert listed(Sight(frozenset({"north"}))) == ["A2", "A3"]
    assert listed(Sight(frozenset({"vip"}))) == ["A3"]
    assert listed(Sight(frozenset({"north", "vip"}))) == ["A1", "A2", "A3"]
    assert listed(Sight(frozenset(), {"A1": "2999"})) == ["A1", "A3"]
