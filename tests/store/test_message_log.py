"""The log found by what is known of a message, in pages, by indices on both engines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.acting import in_name_of
from adapter.domain.access import Sight
from adapter.domain.audit import OURSELVES
from adapter.domain.message import MessageState
from adapter.errors import NotFound
from adapter.store import message_keys, message_log, messages
from adapter.store.database import Database
from adapter.store.message_log import LoggedMessage, Search
from tests.store.test_messages import message

MANY = 100_000
ANYTHING = Search({})
_FILL = """
INSERT INTO readout_message (protocol, peer, sender, control_id, type, body, body_sha256,
                             received_at, state, reason, indexed)
SELECT 'hl7v2', 'p', CASE WHEN n % 1000 = 0 THEN 'RARE|X' ELSE 'EHR|HOSP' END, 'C' || n,
       CASE WHEN n % 500 = 0 THEN 'OMI^O23' ELSE 'ORM^O01' END, {body}, 'h' || n,
       '2026-01-' || {day} || 'T00:00:00.000+00:00',
       CASE WHEN n % 700 = 0 THEN 'refused' ELSE 'applied' END, '', 1
FROM {numbers}
"""
_KEYS = """
INSERT INTO readout_message_key (kind, value, message_id)
SELECT 'accession', 'A' || (id % 50000), id FROM readout_message
"""
_ON = {
    "sqlite": {
        "body": "CAST('MSH|' || n AS BLOB)",
        "day": "printf('%02d', 1 + n / 5000)",
        "numbers": "(WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t "
        f"WHERE n < {MANY}) SELECT n FROM t)",
    },
    "postgresql": {
        "body": "convert_to('MSH|' || n, 'UTF8')",
        "day": "lpad((1 + n / 5000)::text, 2, '0')",
        "numbers": f"generate_series(1, {MANY}) AS t(n)",
    },
}


def page(database: Database, search: Search, before: int | None = None, limit: int = 50) -> Any:
    with database.read() as tx:
        return message_log.received(tx, search, before, limit)


def control_ids(database: Database, search: Search) -> list[str]:
    return [each.control_id for each in page(database, search).rows]


def every(database: Database, search: Search, limit: int) -> list[LoggedMessage]:
    found: list[LoggedMessage] = []
    before: int | None = None
    while True:
        one = page(database, search, before, limit)
        assert len(one.rows) <= limit
        found += one.rows
        if one.next is None:
            return found
        before = one.next


@pytest.fixture
def filled(database: Database) -> Database:
    """100,000 messages in the log."""
    with database.write() as tx:
        tx.execute(sa.text(_FILL.format(**_ON[tx.dialect.name])))
        tx.execute(sa.text(_KEYS))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql("ANALYZE")
    return database


def test_pages_hold_each_message_once_newest_first(database: Database) -> None:
    messages.store_group(database, [message(str(number)) for number in range(7)])
    assert [each.control_id for each in every(database, ANYTHING, 3)] == list("6543210")
    assert page(database, ANYTHING).rows[0].size_bytes == len(b"MSH|")


def test_a_range_of_time_orders_by_time(database: Database) -> None:
    days = (3, 1, 2, 2, 5)
    batch = [
        message(f"{place}d{day}")._replace(received_at=f"2026-01-0{day}T10:00:00.000+00:00")
        for place, day in enumerate(days)
    ]
    messages.store_group(database, batch)
    search = Search({}, since="2026-01-02T00:00:00+00:00", until="2026-01-05T10:00:00+00:00")
    found = [each.control_id for each in every(database, search, 1)]
    assert found == ["0d3", "3d2", "2d2"]
    with pytest.raises(NotFound):
        page(database, search, before=10_000)


def test_by_state_sender_type_control_id_and_together(database: Database) -> None:
    odd = message("2")._replace(sender="RIS|NORTH", type="OMI^O23")
    messages.store_group(database, [message("1"), odd, message("3", refusal="no")])
    assert control_ids(database, Search({"state": ("refused",)})) == ["3"]
    assert control_ids(database, Search({"sender": ("RIS|NORTH",)})) == ["2"]
    assert control_ids(database, Search({"type": ("OMI^O23", "ORM^O01")})) == ["3", "2", "1"]
    assert control_ids(database, Search({"control_id": ("1",), "state": ("received",)})) == ["1"]
    assert control_ids(database, Search({"sender": ()})) == []
    with database.read() as tx:
        assert message_log.senders(tx) == ["EHR|HOSP", "RIS|NORTH"]
        assert message_log.types(tx) == ["OMI^O23", "ORM^O01"]


def test_by_accession_and_patient_once_indexed(database: Database) -> None:
    messages.store_group(database, [message("1"), message("2")])
    with database.write() as tx:
        waiting = message_keys.unindexed(tx, 10)
        assert [body for _, _, body in waiting] == [b"MSH|", b"MSH|"]
        one, two = (id_ for id_, _, _ in waiting)
        keys = [(one, "accession", "A1"), (one, "patient", "h"), (two, "patient", "h")]
        message_keys.add_keys(tx, [one, two], keys)
        message_keys.add_keys(tx, [one, two], keys)  # as another node might
        assert message_keys.unindexed(tx, 10) == []
        assert message_keys.accessions_of(tx, one) == ["A1"]
    assert control_ids(database, Search({}, accession="A1")) == ["1"]
    assert control_ids(database, Search({}, patient="h")) == ["2", "1"]
    assert control_ids(database, Search({}, accession="A1", patient="x")) == []


def test_by_text_looks_at_the_bytes(database: Database) -> None:
    bodies = [b"MSH|Brandt", "MSH|Müller".encode(), "MSH|Müller".encode("latin-1"), b"MSH|%_"]
    messages.store_group(database, [message(str(n), body) for n, body in enumerate(bodies)])
    spellings = ("Müller".encode(), "Müller".encode("latin-1"))
    assert control_ids(database, Search({}, texts=spellings)) == ["2", "1"]
    assert control_ids(database, Search({}, texts=(b"%_",))) == ["3"]
    assert [each.control_id for each in every(database, Search({}, texts=(b"MSH",)), 3)] == [
        "3", "2", "1", "0",
    ]  # fmt: skip


def test_a_search_for_text_goes_on_where_it_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_log, "_SCANNED", 4)
    batch = [message(str(n), b"MSH|rare" if n == 1 else b"MSH|") for n in range(11)]
    messages.store_group(database, batch)
    first = page(database, Search({}, texts=(b"rare",)))
    assert first.rows == []
    assert first.next is not None
    found = every(database, Search({}, texts=(b"rare",)), 5)
    assert [each.control_id for each in found] == ["1"]


def test_one_message_with_its_body_or_not_found(database: Database) -> None:
    messages.store_group(database, [message("1", b"\x00\xff")])
    with database.read() as tx:
        row, body = message_log.find_received(tx, page(database, ANYTHING).rows[0].id)
        assert (row.control_id, row.state, body) == ("1", MessageState.RECEIVED, b"\x00\xff")
        with pytest.raises(NotFound, match="no message"):
            message_log.find_received(tx, 99)
        with pytest.raises(NotFound, match="no message"):
            message_log.find_received(tx, 10**30)
        with pytest.raises(NotFound, match="no delivery"):
            message_log.find_sent(tx, "X")


SEARCHES = {
    "all": ANYTHING,
    "state": Search({"state": ("refused",)}),
    "common state": Search({"state": ("applied",)}),
    "sender": Search({"sender": ("RARE|X",)}),
    "type": Search({"type": ("OMI^O23",)}),
    "control id": Search({"control_id": ("C77",)}),
    "accession": Search({}, accession="A77"),
    "patient": Search({}, patient="nobody"),
    "time": Search({}, since="2026-01-03T00:00:00+00:00", until="2026-01-09T00:00:00+00:00"),
}


def test_a_hundred_thousand_messages_are_searched_by_index(filled: Database) -> None:
    statements: list[tuple[str, Any]] = []

    @sa.event.listens_for(filled.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if not statement.startswith("EXPLAIN"):
            statements.append((statement, values))

    for name, search in SEARCHES.items():
        with filled.read() as tx:
            first = message_log.received(tx, search, None, 50)
            if first.next is not None:
                assert len(message_log.received(tx, search, first.next, 50).rows) > 0
            asked, statements[:] = statements[:], []
            for statement, values in asked:
                _check_plan(tx, name, statement, values)


def test_by_what_a_message_is_shown_is_found_by_index(sqlite: Database) -> None:
    asked: list[tuple[str, Any]] = []

    @sa.event.listens_for(sqlite.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    with in_name_of(OURSELVES, "", Sight(frozenset({"north"}))), sqlite.read() as tx:
        message_log.received(tx, ANYTHING, None, 50)
        plan = [
            str(row[-1])
            for statement, values in asked[:]
            if "EXISTS" in statement
            for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert any("readout_message_key" in each for each in plan)
    by_kind = [each for each in plan if each.endswith("(kind=?)")]
    assert not by_kind, plan
    assert not [
        each for each in plan if each.startswith(("SCAN readout_study", "SCAN readout_message_key"))
    ]


def _check_plan(tx: sa.Connection, name: str, statement: str, values: Any) -> None:
    """No walk over all rows; no sort of all rows of a common value."""
    how = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN (ANALYZE)"
    plan = "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{how} {statement}", values))
    assert "Seq Scan" not in plan, (name, plan)
    for line in plan.splitlines():  # SQLite: the table itself may be walked backwards by its id
        if line.startswith("SCAN readout_message"):
            assert name == "all" or "INDEX" in line, (name, plan)
    if tx.dialect.name == "postgresql":
        rows = re.findall(r"actual time=\S+ rows=(\d+)", plan)
        assert rows, plan
        assert max(map(int, rows)) <= 1_000, (name, plan)


@pytest.mark.parametrize("column", ["state", "kind", "destination", "control_id"])
def test_deliveries_are_searched_by_index(tmp_path: Path, column: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    statements: list[tuple[str, Any]] = []
    sa.event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, values, *_: statements.append((statement, values)),
    )
    with database.read() as tx:
        message_log.sent(tx, Search({column: ("x",)}), None, 50)
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1][0]}", statements[-1][1])
        lines = [str(row[-1]) for row in plan]
    assert any(f"({column}=?" in line for line in lines), lines
    database.close()
