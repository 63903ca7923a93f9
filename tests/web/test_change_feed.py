"""What has changed: told once and in order, again after a gap, and never without bound."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from adapter.store import changes, studies
from adapter.store.database import Database
from adapter.web import change_feed
from adapter.web.change_feed import MOST_WAITING, ChangeFeed, News

NOW = "2026-11-27T10:00:00.000+00:00"


def note(database: Database, *events: tuple[str, str]) -> int:
    """Write (accession, event) into the history; the last id."""
    with database.write() as tx:
        for accession, event in events:
            studies.note(tx, accession, NOW, event, "ris x" if not accession else "")
        return changes.last(tx)


async def some(feed: AsyncIterator[News | None], count: int) -> list[News]:
    found: list[News] = []
    async for news in feed:
        if news is not None:
            found.append(news)
        if len(found) == count:
            break
    return found


async def test_what_came_before_is_not_told_and_what_comes_is(database: Database) -> None:
    note(database, ("A0", "order new"))
    feed = ChangeFeed(database)
    listening = feed.listen(None, 0.05)
    assert await anext(listening) is None  # nothing for a while
    last = note(database, ("A1", "order new"), ("A1", "delivery held"), ("", "destination paused"))
    news = await some(listening, 3)
    assert [(each.kind, each.change and each.change.accession) for each in news] == [
        ("study", "A1"), ("delivery", "A1"), ("destination", ""),
    ]  # fmt: skip
    assert news[-1].id == last
    feed.close()


async def test_nothing_is_read_until_it_is_known_from_where(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(database, ("A0", "order new"))
    feed = ChangeFeed(database)
    newest, look, looked = feed._newest, feed._look, threading.Event()

    def slow() -> int:
        looked.wait(0.2)
        return newest()

    def seen() -> list[changes.Change]:
        found = look()
        looked.set()
        return found

    monkeypatch.setattr(change_feed, "LOOK_S", 0.0)
    monkeypatch.setattr(feed, "_newest", slow)
    monkeypatch.setattr(feed, "_look", seen)
    assert await anext(feed.listen(None, 0.05)) is None
    feed.close()


async def test_a_listener_goes_on_where_it_was(database: Database) -> None:
    first = note(database, ("A1", "order new"))
    note(database, ("A2", "order new"), ("A3", "order new"))
    feed = ChangeFeed(database)
    read_back = [] if database.is_sqlite else ["A1"]  # ids out of order: told again, harmless
    told = await some(feed.listen(first, 1.0), 2 + len(read_back))
    assert [each.change and each.change.accession for each in told] == [*read_back, "A2", "A3"]
    feed.close()


async def test_a_slow_listener_is_told_each_study_once(database: Database) -> None:
    feed = ChangeFeed(database)
    listening = feed.listen(changes_now(database), 0.05)
    await anext(listening)
    for _ in range(3):
        note(database, ("A1", "order change"), ("A2", "order change"))
        await until_read(feed, database)
    news = await some(listening, 2)
    assert [each.change.accession for each in news if each.change] == ["A1", "A2"]
    assert await anext(listening) is None
    feed.close()


async def test_who_is_far_behind_looks_at_everything_again(database: Database) -> None:
    start = changes_now(database)
    note(database, *((f"A{number}", "order new") for number in range(MOST_WAITING + 1)))
    feed = ChangeFeed(database)
    (news,) = await some(feed.listen(start, 1.0), 1)
    assert (news.kind, news.change) == ("reset", None)
    feed.close()


async def test_the_end_of_the_service_lets_listeners_go(database: Database) -> None:
    feed = ChangeFeed(database)
    ended = asyncio.create_task(some(feed.listen(None, 60.0), 1))
    await asyncio.sleep(0.1)
    feed.close()
    assert await asyncio.wait_for(ended, 5) == []


async def test_nobody_listening_reads_nothing(database: Database) -> None:
    feed = ChangeFeed(database)
    listening = feed.listen(None, 0.01)
    await anext(listening)
    await listening.aclose()  # type: ignore[attr-defined]
    assert feed._reading is not None
    await asyncio.wait([feed._reading], timeout=30)
    assert feed._reading.done()


async def until_read(feed: ChangeFeed, database: Database) -> None:
    async with asyncio.timeout(30):
        while feed._last < changes_now(database):
            await asyncio.sleep(0.01)


def changes_now(database: Database) -> int:
    with database.read() as tx:
        return changes.last(tx)
