"""Subscriptions, acknowledgements, leases and SyncErrors of the hub, by the clock of the test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.errors import NotFound, Rejected
from adapter.fhircast.event import Json
from adapter.fhircast.hub import ACK_S, CONNECT_S, Busy, Deliver, Hangup, Hub, Limits, Output
from tests.fhircast.samples import at, observation, opening, put, update

EVENTS = "DiagnosticReport-open,diagnosticreport-close,DiagnosticReport-update,syncerror"


def form(**changes: str) -> dict[str, str]:
    base = {
        "hub.channel.type": "websocket",
        "hub.mode": "subscribe",
        "hub.topic": "t",
        "hub.events": EVENTS,
        "subscriber.name": "Viewer",
    }
    return base | {name.replace("__", "."): value for name, value in changes.items()}


def joined(hub: Hub, seconds: float = 0.0, **changes: str) -> str:
    """A subscriber with its socket open; returns its endpoint."""
    endpoint, _ = hub.subscribe(form(**changes), at(seconds))
    hub.connected(endpoint, at(seconds))
    return endpoint


def frames(outputs: list[Output], endpoint: str) -> list[Json]:
    return [
        json.loads(each.text)
        for each in outputs
        if isinstance(each, Deliver) and each.endpoint == endpoint
    ]


def ack(id_: str, status: Any = "200") -> str:
    return json.dumps({"id": id_, "status": status})


def test_the_first_frame_is_the_confirmation_then_what_is_open() -> None:
    hub = Hub()
    event = opening(1)
    hub.publish(event, at(0))
    endpoint, _ = hub.subscribe(form(hub__lease_seconds="600"), at(1))
    confirmation, replayed = frames(hub.connected(endpoint, at(1)), endpoint)
    assert confirmation == {
        "hub.mode": "subscribe",
        "hub.topic": "t",
        "hub.events": EVENTS,
        "hub.lease_seconds": 600,
    }
    assert replayed["id"] == event.id
    assert replayed["timestamp"] == "2026-01-02T10:00:00.000Z"


def test_every_subscriber_of_the_topic_hears_it_the_sender_too() -> None:
    hub = Hub()
    ours, theirs, elsewhere = joined(hub), joined(hub), joined(hub, hub__topic="other")
    event = opening(1)
    outputs = hub.publish(event, at(1))
    assert [frames(outputs, each)[0]["id"] for each in (ours, theirs)] == [event.id, event.id]
    assert not frames(outputs, elsewhere)


def test_names_of_events_have_no_case_and_only_those_asked_for_come() -> None:
    hub = Hub()
    endpoint = joined(hub, hub__events="DIAGNOSTICREPORT-OPEN")
    version = frames(hub.publish(opening(1), at(1)), endpoint)[0]["event"]["context.versionId"]
    assert not hub.publish(update(1, version, put(observation("o1"))), at(2))


@pytest.mark.parametrize("status", ["200", 200, "202", 202, None])
def test_a_positive_acknowledgement_is_the_end_of_it(status: Any) -> None:
    hub = Hub()
    endpoint, other = joined(hub), joined(hub)
    event = opening(1)
    hub.publish(event, at(1))
    told = {"id": event.id} | ({} if status is None else {"status": status})
    assert not hub.received(endpoint, json.dumps(told), at(2))
    assert not hub.received(other, ack(event.id), at(2))
    assert not hub.tick(at(100))


@pytest.mark.parametrize("status", ["409", 409, 500])
def test_a_refusal_is_told_to_the_others(status: Any) -> None:
    hub = Hub()
    viewer, reporter = joined(hub), joined(hub, subscriber__name="Reporter")
    event = opening(1)
    hub.publish(event, at(1))
    outputs = hub.received(viewer, ack(event.id, status), at(2))
    assert not frames(outputs, viewer)
    (error,) = frames(outputs, reporter)
    assert error["event"]["hub.event"] == "SyncError"
    issue = error["event"]["context"][0]["resource"]["issue"][0]
    assert issue["severity"] == "warning"
    assert issue["diagnostics"] == f"Viewer answered {status}"
    assert {each["code"] for each in issue["details"]["coding"]} == {
        event.id,
        "DiagnosticReport-open",
        "Viewer",
    }


def test_who_does_not_answer_in_time_is_told_of_and_leaves() -> None:
    hub = Hub()
    silent, other = joined(hub), joined(hub, subscriber__name="Reporter")
    event = opening(1)
    hub.publish(event, at(1))
    hub.received(other, ack(event.id), at(2))
    assert not hub.tick(at(ACK_S))
    outputs = hub.tick(at(1 + ACK_S))
    assert frames(outputs, other)[0]["event"]["hub.event"] == "SyncError"
    assert frames(outputs, silent)[0]["hub.mode"] == "denied"
    assert any(isinstance(each, Hangup) and each.endpoint == silent for each in outputs)
    assert not frames(hub.publish(opening(2, 20), at(20)), silent)


@pytest.mark.parametrize(("code", "told"), [(1000, 0), (1001, 0), (1006, 1), (1011, 1)])
def test_a_broken_connection_is_told_a_normal_end_is_not(code: int, told: int) -> None:
    hub = Hub()
    leaving, other = joined(hub), joined(hub)
    event = opening(1)
    hub.publish(event, at(1))
    for each in (leaving, other):
        hub.received(each, ack(event.id), at(1))
    assert len(frames(hub.closed(leaving, code, at(2)), other)) == told
    with pytest.raises(NotFound):
        hub.connected(leaving, at(3))


def test_an_update_needs_no_acknowledgement() -> None:
    hub = Hub()
    endpoint = joined(hub)
    event = opening(1)
    (told,) = frames(hub.publish(event, at(1)), endpoint)
    hub.received(endpoint, ack(event.id), at(1))
    hub.publish(update(1, told["event"]["context.versionId"], put(observation("o"))), at(2))
    assert not hub.tick(at(60))


def test_a_lease_ends_unless_it_is_renewed() -> None:
    hub = Hub()
    renewing = joined(hub, hub__lease_seconds="100")
    leaving = joined(hub, hub__lease_seconds="100")
    again = form(hub__channel__endpoint=f"ws://hub/ws/{renewing}", hub__events="Patient-open")
    endpoint, outputs = hub.subscribe(again, at(80))
    assert endpoint == renewing
    assert frames(outputs, renewing)[0]["hub.events"] == "Patient-open"
    outputs = hub.tick(at(100))
    assert {each.endpoint for each in outputs} == {leaving}
    assert frames(outputs, leaving)[0]["hub.reason"] == "the lease is over"


def test_a_lease_is_never_longer_than_the_hubs() -> None:
    hub = Hub(Limits(lease_seconds=60))
    endpoint, _ = hub.subscribe(form(hub__lease_seconds="99999"), at(0))
    assert frames(hub.connected(endpoint, at(0)), endpoint)[0]["hub.lease_seconds"] == 60


def test_unsubscribing_is_confirmed_by_a_denial_and_the_socket_ends() -> None:
    hub = Hub()
    endpoint = joined(hub)
    leave = form(hub__mode="unsubscribe", hub__channel__endpoint=f"ws://hub/ws/{endpoint}")
    _, outputs = hub.subscribe(leave, at(1))
    assert frames(outputs, endpoint)[0]["hub.mode"] == "denied"
    assert outputs[-1] == Hangup(endpoint, 1000)
    with pytest.raises(NotFound):
        hub.subscribe(leave, at(2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.channel.type": "websub"},
        {"hub.mode": "listen"},
        {"hub.topic": " "},
        {"hub.topic": "t" * 300},
        {"hub.events": " , "},
        {"hub.channel.endpoint": "ws://hub/ws/unknown"},
    ],
)
def test_a_wrong_subscription_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        Hub().subscribe(form() | wrong, at(0))


def test_by_ira_a_subscriber_says_its_name() -> None:
    nameless = form(subscriber__name="")
    assert Hub().subscribe(nameless, at(0))
    with pytest.raises(Rejected, match=r"subscriber\.name"):
        Hub(strict=True).subscribe(nameless, at(0))


def test_bounds() -> None:
    hub = Hub(Limits(topics=1, subscribers=1))
    endpoint, _ = hub.subscribe(form(), at(0))
    with pytest.raises(Busy):
        hub.subscribe(form(), at(0))
    with pytest.raises(Busy):
        hub.publish(opening(1, topic="other"), at(0))
    hub.tick(at(CONNECT_S))  # it never connected
    assert hub.subscribe(form(), at(CONNECT_S))[0] != endpoint
    hub.tick(at(CONNECT_S * 3))
    hub.tick(at(13 * 3600))  # nobody has used the topic for long
    assert hub.publish(opening(1, topic="other"), at(13 * 3600)) == []


@pytest.mark.parametrize("junk", ["", "{", "[]", "{}", '{"id": 5}', '{"id": "x", "status": {}}'])
def test_junk_from_a_subscriber_is_passed_over(junk: str) -> None:
    hub = Hub()
    endpoint = joined(hub)
    assert hub.received(endpoint, junk, at(0)) == []
    assert hub.received("unknown", junk, at(0)) == []
