"""Frames as hubs send them, whole and in part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.fhircast.event import Event
from adapter.fhircast.frames import Confirmed, Denied, Heartbeat, Unreadable, read_frame
from tests.fhircast.samples import opening


def read(told: Any, **names: str) -> Any:
    return read_frame(json.dumps(told), names)


def test_a_whole_confirmation_and_that_of_the_sandbox() -> None:
    whole = {"hub.mode": "subscribe", "hub.topic": "t", "hub.events": "A", "hub.lease_seconds": 60}
    assert read(whole) == Confirmed("A", 60)
    sandbox = {"timestamp": "x", "bound": "y", "hub.mode": "subscribe", "hub.lease_seconds": "7"}
    assert read(sandbox) == Confirmed("", 7)


def test_a_denial_has_a_reason() -> None:
    assert read({"hub.mode": "denied", "hub.reason": "no"}) == Denied("no")
    assert read({"hub.mode": "denied"}) == Denied("no reason told")


@pytest.mark.parametrize(
    ("context", "period"),
    [
        ([{"key": "period", "decimal": "10"}], 10.0),
        ([{"key": "period", "decimal": 10}], 10.0),
        ([{"key": "period", "decimal": "x"}], 0.0),
        ([{"key": "period", "decimal": "-1"}], 0.0),
        ([], 0.0),
        (None, 0.0),
    ],
)
def test_heartbeats_with_and_without_a_period(context: Any, period: float) -> None:
    event = {"hub.event": "heartbeat", "context": context}
    assert read({"id": "x", "event": event}) == Heartbeat(period)


def test_an_event_and_one_under_the_hubs_own_name() -> None:
    envelope = opening(1).as_json()
    assert isinstance(read(envelope), Event)
    envelope["event"]["hub.event"] = "DIAGNOSTICREPORT-OPEN"
    assert read(envelope).name == "DiagnosticReport-open"
    envelope["event"]["hub.event"] = "Open-Imaging-Study"
    assert read(envelope, **{"open-imaging-study": "ImagingStudy-open"}).anchor == "ImagingStudy"


@pytest.mark.parametrize("time", ["2018-01-08T01:37:05.14", "2018-01-08T01:37:05.140Z"])
def test_timestamps_without_a_zone_are_utc(time: str) -> None:
    event = read(opening(1).as_json() | {"timestamp": time})
    assert event.as_json()["timestamp"] == "2018-01-08T01:37:05.140Z"


@pytest.mark.parametrize(
    ("told", "id_"),
    [
        ({}, ""),
        ({"event": {}, "id": "x"}, "x"),
        ({"event": {"hub.event": "Patient-open", "hub.topic": "t"}, "id": 5}, ""),
        ([], ""),
    ],
)
def test_what_is_no_frame_is_named_by_its_id(told: Any, id_: str) -> None:
    frame = read(told)
    assert isinstance(frame, Unreadable)
    assert frame.id == id_


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff", '{"a": NaN}'])
def test_junk_is_no_frame(text: str | bytes) -> None:
    assert isinstance(read_frame(text, {}), Unreadable)
