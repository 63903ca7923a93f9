from __future__ import annotations

from typing import Any

from adapter.domain.order import OrderStatus
from adapter.domain.study import ReportStatus
from adapter.store import studies
from tests.fakes.fhir_place import Place, of_type, order


def task(place: Place) -> dict[str, Any]:
    (found,) = of_type(place, "Task")
    return found


def test_the_task_of_an_order_follows_its_study(place: Place) -> None:
    asked = {"status": "requested", "intent": "order", "focus": {"reference": "ServiceRequest/1"}}
    place.ehr.put({"resourceType": "Task", "id": "t", "note": [{"text": "kept"}], **asked})
    place.ehr.put(order("1"))
    place.run()
    assert (task(place)["status"], task(place)["note"]) == ("accepted", [{"text": "kept"}])
    place.workflow.dictate("ACC-1", "no pneumothorax period")
    assert task(place)["status"] == "in-progress"
    version = task(place)["meta"]["versionId"]
    with place.workflow.database.write() as tx:
        studies.change(tx, "ACC-1", "2026-03-01T12:00:00Z", report_status=ReportStatus.FINAL)
        place.workflow.house.changed(tx, "ACC-1")
    place.ehr.fail["Task"] = 503
    place.run()
    assert task(place)["meta"]["versionId"] == version
    place.ehr.fail.clear()
    place.turn()
    assert task(place)["status"] == "completed"
    place.workflow.order("ACC-1", status=OrderStatus.CANCELLED)
    place.run()
    assert task(place)["status"] == "completed"


def test_a_task_is_made_and_says_why_an_order_is_refused(place: Place) -> None:
    place.ehr.put(order("1", intent="plan"))
    place.run()
    assert task(place)["status"] == "rejected"
    assert "intent must be one of" in task(place)["statusReason"]["text"]
    assert place.ehr.asked[-1][2]["If-None-Exist"] == "identifier=urn%3Areadout%3Atask%7Cehr%2F1"


def test_what_is_owed_is_asked_for_again_after_a_restart(place: Place) -> None:
    place.ehr.put(order("1"))
    place.ehr.fail["Task"] = 503
    place.run()
    place.workflow.jobs.waiting.clear()  # the promises are lost with the engine's tables
    place.workflow.jobs.ever.clear()
    place.ehr.fail.clear()
    assert place.sources.reconcile() == 2
    place.run()
    assert task(place)["status"] == "accepted"
