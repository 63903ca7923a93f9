from __future__ import annotations

from typing import Any

import pytest

from adapter.domain.message import MessageState
from adapter.domain.order import OrderStatus
from adapter.store import messages, studies
from tests.fakes.fhir_place import PATIENT, Place, order


def test_orders_are_found_over_pages_with_their_patient(place: Place) -> None:
    for n in range(5):
        place.ehr.put(order(str(n)))  # all at the same moment
    place.run()
    assert place.accessions() == [f"ACC-{n}" for n in range(5)]
    with place.workflow.database.read() as tx:
        study = studies.get(tx, "ACC-3")
    assert (study.order.patient.mrn.reveal(), study.order.source) == ("M1", "fhir")


def test_each_change_is_taken_once_and_late_ones_too(place: Place) -> None:
    place.ehr.put(order("1"), at="2026-03-01T11:00:00Z")
    place.run()
    place.ehr.put(order("2"), at="2026-03-01T11:00:00Z")  # the same moment, stored later
    place.ehr.put(order("3"), at="2026-03-01T10:59:50Z")  # an earlier one, stored later
    read = len(place.ehr.paths())
    place.turn()
    assert place.accessions() == ["ACC-1", "ACC-2", "ACC-3"]
    asked = place.ehr.paths()[read:]
    assert "_lastUpdated=ge2026-03-01T10:59:30.000Z" in asked[0]
    place.ehr.put(order("1", status="revoked"), at="2026-03-01T11:05:00Z")
    place.turn()
    with place.workflow.database.read() as tx:
        assert studies.get(tx, "ACC-1").order_status is OrderStatus.CANCELLED
        assert studies.get(tx, "ACC-2").version == 1


def test_what_moves_while_pages_are_read_is_not_lost(place: Place) -> None:
    for n in range(6):
        place.ehr.put(order(str(n)), at=f"2026-03-01T11:00:0{n}Z")

    def change_the_first(path: str) -> None:
        if "_offset=2" in path:
            place.ehr.before = lambda _path: None
            place.ehr.put(order("0", status="on-hold"), at="2026-03-01T11:09:00Z")

    place.ehr.before = change_the_first
    place.run()
    assert place.accessions() == [f"ACC-{n}" for n in range(6)]


def test_a_search_that_is_cut_short_is_no_end(place: Place) -> None:
    place.ehr.paged = False
    for n in range(4):
        place.ehr.put(order(str(n)))
    place.run()
    assert "2 of 4 matches" in place.problem()


def test_a_next_page_elsewhere_is_not_followed(place: Place) -> None:
    place.ehr.next_link = "http://169.254.169.254/fhir/ServiceRequest"
    for n in range(3):
        place.ehr.put(order(str(n)))
    place.run()
    assert "elsewhere" in place.problem()
    assert len(place.accessions()) == 2


def test_a_server_that_is_away_is_searched_again(place: Place) -> None:
    place.ehr.fail["ServiceRequest"] = 503
    place.ehr.put(order("1"))
    place.run()
    assert "503" in place.problem()
    place.ehr.fail.clear()
    place.turn()
    assert (place.accessions(), place.problem()) == (["ACC-1"], "")


def test_an_order_whose_patient_cannot_be_had_now_holds_up_no_other(place: Place) -> None:
    place.ehr.put(order("1", subject={"reference": "Patient/q"}), at="2026-03-01T11:00:00Z")
    place.ehr.put(order("2"), at="2026-03-01T11:30:00Z")
    place.ehr.fail["Patient/q"] = 500
    place.run()
    assert place.accessions() == ["ACC-2"]
    place.ehr.fail.clear()
    place.ehr.put(PATIENT | {"id": "q"})
    place.turn()
    assert place.accessions() == ["ACC-1", "ACC-2"]


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "http://127.0.0.1:1/fhir/Patient/p"},
        {"reference": "http://169.254.169.254/latest/Patient/1"},
        {"reference": "http://[::ffff:10.0.0.1]/Patient/1"},
        {"reference": "file:///etc/Patient/1"},
        {"reference": "Patient/nobody"},
        {"reference": "Patient/../ServiceRequest/1"},
    ],
)
def test_references_lead_nowhere_but_to_the_server(place: Place, subject: Any) -> None:
    place.ehr.put(order("1", subject=subject))
    place.run()
    place.turn()
    assert place.accessions() == []
    with place.workflow.database.read() as tx:
        (refused,) = messages.recent(tx, 10, MessageState.REFUSED)
    assert b"ACC-1" in refused.body
    assert {path.split("?")[0] for path in place.ehr.paths()} <= {
        "/fhir/ServiceRequest",
        "/fhir/Patient/nobody",
        "/fhir/Task",
    }


@pytest.mark.parametrize(
    "entry",
    [
        5,
        [5, {"resource": 5}, {"resource": {"resourceType": []}}, {"fullUrl": {}}],
        [{"resource": {"resourceType": "ServiceRequest", "id": 5, "meta": [], "contained": [5]}}],
        [{"resource": {"resourceType": "ServiceRequest", "id": "../Patient/p"}}],
        [{"resource": {"resourceType": "ServiceRequest"}, "search": 5}],
    ],
)
def test_odd_answers_stop_nothing(place: Place, entry: Any) -> None:
    page = {"resourceType": "Bundle", "type": "searchset", "entry": entry, "link": [5]}
    place.ehr.instead["ServiceRequest?"] = page
    place.run()
    place.hear(order("1"))
    place.ehr.instead["ServiceRequest/1"] = {"odd": entry}
    place.run()
    assert place.accessions() == []
    place.ehr.instead.clear()
    place.ehr.put(order("1"))
    place.turn()
    assert place.accessions() == ["ACC-1"]


def test_what_comes_with_one_order_does_not_spoil_another(place: Place) -> None:
    wrong = {"resourceType": "Patient", "id": "w", "gender": "F"}
    entries = [order("1"), order("2", subject={"reference": "Patient/w"}), PATIENT, wrong, PATIENT]
    entry = [
        {"fullUrl": f"http://ehr/{each['resourceType']}/{each['id']}", "resource": each}
        for each in entries
    ]
    page = {"resourceType": "Bundle", "type": "searchset", "entry": entry}
    place.ehr.instead["ServiceRequest?"] = page
    place.run()
    assert place.accessions() == ["ACC-1"]
    assert [path for path in place.ehr.paths() if "Patient" in path] == []


def test_what_an_order_names_twice_is_fetched_once(place: Place) -> None:
    place.ehr.put({"resourceType": "ImagingStudy", "id": "s", "status": "available",
                   "subject": {"reference": "Patient/p"}})  # fmt: skip
    studies_of = [{"reference": "ImagingStudy/s"}, {"reference": "ImagingStudy/s"}]
    place.ehr.put(order("1", supportingInfo=studies_of))
    place.run()
    assert place.accessions() == ["ACC-1"]
    assert place.ehr.paths().count("/fhir/ImagingStudy/s") == 1
