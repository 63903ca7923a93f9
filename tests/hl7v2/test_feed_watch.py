from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from adapter.clock import SystemClock
from adapter.hl7v2.feed_watch import FeedWatch
from adapter.mapping.feeds import Feed
from tests.fakes.clock import FakeClock


def test_a_feed_falls_silent_and_speaks_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = FakeClock()
    feeds = [Feed(sender="EHR|NORTH", silent_minutes=30), Feed(silent_minutes=5)]
    watch = FeedWatch("default", feeds, clock)
    clock.forward(600)
    watch.heard("OTHER|X")
    assert [each.silent for each in watch.states()] == [False, False]
    clock.forward(1201)
    watch.look()
    watch.look()
    assert [each.silent for each in watch.states()] == [True, True]
    assert watch.states()[0].silent_seconds == 1801
    watch.heard("EHR|NORTH")
    watch.look()
    assert [each.silent for each in watch.states()] == [False, False]
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(",")[0] for line in told] == [
        "feed silent: EHR|NORTH at listener default",
        "feed silent: any sender at listener default",
        "feed no longer silent: EHR|NORTH at listener default",
        "feed no longer silent: any sender at listener default",
    ]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = {"begins": "20:00", "ends": "06:00"}
WEEKEND = {"days": ["sat", "sun"], "begins": "00:00", "ends": "24:00"}


@pytest.mark.parametrize(
    ("heard", "now", "silent"),
    [
        ("2026-11-25T12:00", "2026-11-25T12:29", False),  # a Wednesday
        ("2026-11-25T12:00", "2026-11-25T12:31", True),
        ("2026-11-25T19:00", "2026-11-25T19:45", True),  # before the quiet hours
        ("2026-11-25T19:00", "2026-11-25T23:00", False),
        ("2026-11-25T19:50", "2026-11-26T05:59", False),  # past midnight
        ("2026-11-25T19:50", "2026-11-26T06:20", False),  # the morning counts from its beginning
        ("2026-11-25T19:50", "2026-11-26T06:31", True),
        ("2026-11-27T19:50", "2026-11-29T15:00", False),  # Friday to Sunday
        ("2026-11-27T19:50", "2026-11-30T06:31", True),
        ("2026-11-27T19:50", "2026-11-30T06:29", False),
    ],
)
def test_quiet_hours_do_not_count(heard: str, now: str, silent: bool) -> None:
    feed = Feed.model_validate({"silent_minutes": 30, "quiet": [NIGHT, WEEKEND]})
    assert feed.is_silent(_at(heard), _at(now)) is silent


def test_quiet_hours_are_those_of_the_feed_s_zone() -> None:
    quiet = {"silent_minutes": 30, "quiet": [NIGHT], "timezone": "America/New_York"}
    feed = Feed.model_validate(quiet)
    assert not feed.is_silent(_at("2026-11-25T12:00"), _at("2026-11-26T10:30"))  # 05:30 there
    assert feed.is_silent(_at("2026-11-25T12:00"), _at("2026-11-25T20:00"))  # 15:00 there


def test_setting_the_clock_makes_no_feed_silent_and_hides_no_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, lasts = datetime(2026, 3, 1, 12, tzinfo=UTC), 0.0
    monkeypatch.setattr("adapter.clock.SystemClock.now", lambda _self: now)
    monkeypatch.setattr("time.monotonic", lambda: lasts)
    watch = FeedWatch("default", [Feed(silent_minutes=30)], SystemClock())
    now += timedelta(days=1)
    assert not watch.states()[0].silent
    now, lasts = now - timedelta(days=2), 31 * 60.0
    (state,) = watch.states()
    assert (state.silent, state.silent_seconds) == (True, 31 * 60.0)
    assert state.heard_at == "2026-02-28T11:29:00+00:00"
