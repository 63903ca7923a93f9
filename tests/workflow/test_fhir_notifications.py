from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.domain.order import OrderStatus
from adapter.errors import NotFound, Rejected
from adapter.oauth.tokens import NotAuthenticated
from adapter.store import studies
from tests.fakes.fhir_place import SECRET, Place, notification, order, place_at
from tests.fakes.house import Workflow


def test_a_hint_makes_us_read_the_order_again(place: Place) -> None:
    place.run()
    place.ehr.put(order("1"))
    place.hear(order("1", status="revoked"))  # what it says itself does not count
    place.run()
    with place.workflow.database.read() as tx:
        assert studies.get(tx, "ACC-1").order_status is OrderStatus.SCHEDULED
    place.ehr.put(order("2"))
    place.hear(None)
    place.run()
    place.ehr.put(order("3"))
    place.hear(order("3"), id="3")
    place.run()
    assert place.accessions() == ["ACC-1", "ACC-2", "ACC-3"]


def test_who_does_not_know_the_secret_is_not_heard(place: Place) -> None:
    with pytest.raises(NotAuthenticated):
        place.hear(None, secret="wrong")
    with pytest.raises(NotFound):
        place.sources.heard("nobody", f"Bearer {SECRET}", b"")
    with pytest.raises(Rejected):
        place.hear({"resourceType": "Patient"})


def looked_at(place: Place) -> list[str]:
    """What the notifications gave a reason to look at."""
    done = (key.partition("/") for key in place.run())
    kinds = [what.partition("-")[0] for job, _, what in done if job == "fetch:ehr"]
    return [each for each in kinds if each != "turn"]


def test_events_in_their_order_are_looked_at_one_by_one(place: Place) -> None:
    place.run()
    place.hear(notification("handshake", 0))
    assert looked_at(place) == []
    place.ehr.put(order("1"))
    place.hear(notification("event-notification", 1, (1, "1")))
    assert looked_at(place) == ["order"]
    place.hear(notification("heartbeat", 1))
    assert looked_at(place) == []
    assert place.accessions() == ["ACC-1"]


@pytest.mark.parametrize(
    "told",
    [
        notification("event-notification", 3, (3, "1")),
        notification("heartbeat", 2),
        notification("event-notification", 1, (1, "")),
        notification("event-notification", 2, (2, "1")),
    ],
)
def test_a_gap_is_closed_by_a_search(place: Place, told: dict[str, Any]) -> None:
    place.run()
    place.ehr.put(order("1"))
    place.ehr.put(order("2"))
    place.hear(told)
    place.run()
    assert place.accessions() == ["ACC-1", "ACC-2"]


def test_a_count_that_begins_again_is_followed(place: Place) -> None:
    place.run()
    place.hear(notification("event-notification", 9, (9, "1")))
    place.run()
    place.hear(notification("event-notification", 1, (1, "1")))
    assert looked_at(place) == ["order"]


@pytest.mark.parametrize(
    "entry",
    [
        [],
        [{"resource": {"resourceType": "Patient"}}],
        [{"resource": {"resourceType": "Parameters"}}],
        notification("party", 1)["entry"],
        notification("heartbeat", -5)["entry"],
    ],
)
def test_what_is_no_notification_is_refused(place: Place, entry: Any) -> None:
    with pytest.raises(Rejected):
        place.hear({"resourceType": "Bundle", "type": "history", "entry": entry})


def test_r5_notifications_are_read_too(place: Place) -> None:
    place.run()
    place.ehr.put(order("1"))
    status = {
        "resourceType": "SubscriptionStatus",
        "type": "event-notification",
        "eventsSinceSubscriptionStart": 1,
        "notificationEvent": [
            {"eventNumber": 1, "focus": {"reference": "ServiceRequest/1/_history/4"}}
        ],
    }
    bundle = {"resourceType": "Bundle", "type": "subscription-notification"}
    place.hear(bundle | {"entry": [{"resource": status}]})
    assert looked_at(place) == ["order"]
    assert place.accessions() == ["ACC-1"]


def test_the_subscription_is_put_there_renewed_and_put_back(place: Place, tmp_path: Path) -> None:
    database = place.workflow.database
    here = place_at(
        Workflow(database, tmp_path),
        place.ehr,
        place.sources.feeds["ehr"].source.base_url,
        subscription={
            "endpoint": "http://readout.example/fhir/subscription/ehr",
            "secret_env": "SECRET",
            "topic": "urn:topic",
            "lease_hours": 2,
        },
    )

    def there() -> list[dict[str, Any]]:
        return [
            each for each in place.ehr.resources.values() if each["resourceType"] == "Subscription"
        ]

    here.run()
    (made,) = there()
    assert made["channel"]["header"] == [f"Authorization: Bearer {SECRET}"]
    assert made["end"].startswith("2026-03-01T14:00:00")
    here.turn()
    assert [each["meta"]["versionId"] for each in there()] == ["1"]
    here.workflow.clock.forward(3700)
    here.turn()
    assert [each["end"][:16] for each in there()] == ["2026-03-01T15:01"]
    place.ehr.put(there()[0] | {"status": "off"})
    here.turn()
    assert [each["status"] for each in there()] == ["active"]
    place.ehr.activates = False
    place.ehr.put(there()[0] | {"status": "error"})
    here.turn()
    assert [each["status"] for each in there()] == ["requested"]
    place.ehr.activates = True
    here.turn()
    assert [each["status"] for each in there()] == ["active"]
    del place.ehr.resources[f"Subscription/{made['id']}"]
    here.turn()
    assert len(there()) == 1
