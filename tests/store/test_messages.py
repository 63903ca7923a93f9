from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.store import messages
from adapter.store.database import Database


def message(control_id: str, body: bytes = b"MSH|", refusal: str = "") -> InboundMessage:
    return InboundMessage(
        protocol="hl7v2",
        peer="127.0.0.1:1",
        sender="EHR|HOSP",
        control_id=control_id,
        type="ORM^O01",
        body=body,
        body_sha256=sha256_hex(body),
        received_at="2026-01-01T00:00:00.000+00:00",
        refusal=refusal,
    )


Store = Callable[..., list[MessageState]]


def _in_a_transaction(database: Database, *batch: InboundMessage) -> list[MessageState]:
    with database.write() as tx:
        return messages.store(tx, batch)


def _as_a_group(database: Database, *batch: InboundMessage) -> list[MessageState]:
    return messages.store_group(database, batch)


@pytest.fixture(params=[_in_a_transaction, _as_a_group])
def store(request: pytest.FixtureRequest) -> Store:
    """Both ways in: as the listener stores, and within a larger transaction."""
    return request.param


def test_a_batch_is_stored_in_order_and_repeats_are_known(database: Database, store: Store) -> None:
    first = store(database, message("1"), message("2"), message("1"), message("1", b"other"))
    assert first == ["received", "received", "duplicate", "received"]
    assert store(database, message("2"), message("3")) == ["duplicate", "received"]
    with database.read() as tx:
        assert [each.control_id for each in messages.waiting(tx, 10)] == ["1", "2", "1", "3"]


def test_a_refused_message_is_kept_with_its_reason_and_welcome_later(
    database: Database, store: Store
) -> None:
    bad = message("1", refusal="OBR-18 is empty")
    assert store(database, bad, bad) == ["refused", "refused"]
    with database.read() as tx:
        (kept,) = messages.recent(tx, 10, "refused")
        assert (kept.body, kept.reason) == (b"MSH|", "OBR-18 is empty")
        assert messages.waiting(tx, 10) == []
    assert store(database, bad._replace(refusal="")) == ["received"]
    with database.read() as tx:
        assert len(messages.waiting(tx, 10)) == 1
        assert messages.count_by_state(tx) == {"received": 1}


def test_bytes_come_back_as_they_were(database: Database, store: Store) -> None:
    body = bytes(range(256))
    store(database, message("1", body))
    with database.read() as tx:
        assert messages.waiting(tx, 1)[0].body == body


def test_a_settled_message_is_not_applied_again(database: Database, store: Store) -> None:
    store(database, message("1"), message("2"))
    with database.write() as tx:
        one, two = (each.id for each in messages.waiting(tx, 10))
        messages.settle(tx, one, MessageState.APPLIED)
        assert messages.still_waiting(tx, [one, two]) == {two}


def test_a_resend_between_new_messages_is_told_apart(database: Database, store: Store) -> None:
    store(database, message("1"), message("2", refusal="no"))
    states = store(database, message("3"), message("1"), message("2"), message("2"), message("3"))
    assert states == ["received", "duplicate", "received", "duplicate", "duplicate"]
    with database.read() as tx:
        assert messages.count_by_state(tx) == {"received": 3}


def test_a_repeat_is_found_by_its_whole_key(database: Database, store: Store) -> None:
    """Senders count control ids from 1 again each day, or say the same one for ever."""
    store(database, *(message("1", b"MSH|%d" % number) for number in range(300)))
    asked: list[tuple[str, Any]] = []
    sa.event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, values, *_: asked.append((statement, values)),
    )
    assert store(database, message("1", b"MSH|7"), message("1")) == ["duplicate", "received"]
    with database.read() as tx:
        (known,) = [each for each in asked if "asked" in each[0]]
        assert len(tx.exec_driver_sql(*known).all()) == 1


def test_what_was_stored_is_not_kept_in_memory(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    before = psutil.Process().memory_full_info().uss
    for size in range(1, 9):  # each size is a statement of its own: 72 MiB, were they kept
        large = [message(f"{size}.{n}", bytes(2 << 20)) for n in range(size)]
        messages.store_group(database, large)
    grown = psutil.Process().memory_full_info().uss - before
    database.close()
    assert grown < 40 << 20
