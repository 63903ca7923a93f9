"""Whatever one does to the table, verification tells of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.audit.heads import HeadKeeper, Heads, read_heads
from adapter.audit.keys import AuditKeys, open_keys
from adapter.audit.verify import Verdict, verify
from adapter.domain.audit import FIRST, AuditRow, Verb, chained
from adapter.store import audit, tables
from adapter.store.audit import Trail
from adapter.store.database import Database
from tests.fakes.databases import migrated

ROWS = 12
COLUMNS = AuditRow._fields


class Trailed:
    """A database with a trail of two chains, its keys and its anchor."""

    def __init__(self, folder: Path, url: str) -> None:
        self.keys = open_keys(folder / "audit.key")
        self.database = Database(url, Trail("node-1", self.keys))
        self.path = folder / "heads.json"
        self.keeper = HeadKeeper(self.database, self.keys, self.path)
        for number in range(ROWS):
            self.database.trail.chain = f"node-{1 + number // (ROWS - 2)}"
            with self.database.write() as tx:
                audit.tell(tx, Verb.READ, f"A{number}", "GET /studies", "why")
        self.keeper.keep()

    def verdict(self, *anchors: Heads) -> Verdict:
        with self.database.read() as tx:
            return verify(tx, self.keys, anchors or [read_heads(self.path, self.keys)])

    def rows(self) -> list[AuditRow]:
        with self.database.read() as tx:
            return list(audit.every(tx))


@pytest.fixture
def trailed(tmp_path: Path, database: Database) -> Iterator[Trailed]:
    made = Trailed(tmp_path, database.engine.url.render_as_string(hide_password=False))
    yield made
    made.database.close()


def unguarded(database: Database) -> None:
    """What an administrator can do."""
    with database.engine.begin() as tx:
        if database.is_sqlite:
            for what in ("UPDATE", "DELETE"):
                tx.execute(sa.text(f"DROP TRIGGER IF EXISTS readout_audit_no_{what}"))
        else:
            tx.execute(sa.text("ALTER TABLE readout_audit DISABLE TRIGGER ALL"))


def test_a_trail_that_nobody_touched_is_good(trailed: Trailed) -> None:
    verdict = trailed.verdict()
    assert verdict.faults == []
    assert verdict.rows == ROWS
    assert [(each.chain, each.number) for each in verdict.heads] == [("node-1", 10), ("node-2", 2)]


@pytest.mark.parametrize(
    "what", ["UPDATE readout_audit SET detail = ''", "DELETE FROM readout_audit"]
)
def test_the_database_forbids_changes(trailed: Trailed, what: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), trailed.database.write() as tx:
        tx.execute(sa.text(what))
    if not trailed.database.is_sqlite:
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), trailed.database.write() as tx:
            tx.execute(sa.text("TRUNCATE readout_audit"))
    assert len(trailed.rows()) == ROWS


def test_what_is_rolled_back_is_not_told(trailed: Trailed) -> None:
    def fail() -> None:
        with trailed.database.write() as tx:
            audit.tell(tx, Verb.SIGN, "A1")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert trailed.verdict().rows == ROWS


def test_rows_that_are_cut_off_at_the_end_are_told_by_the_anchor(trailed: Trailed) -> None:
    unguarded(trailed.database)
    with trailed.database.engine.begin() as tx:
        tx.execute(sa.text("DELETE FROM readout_audit WHERE number > 7 AND chain = 'node-1'"))
        tx.execute(sa.text("DELETE FROM readout_audit WHERE chain = 'node-2'"))
    told = {(each.chain, each.number) for each in trailed.verdict().faults}
    assert told == {("node-1", 10), ("node-2", 2)}
    with trailed.database.write() as tx:  # it goes on, and the anchor does not forget
        audit.tell(tx, Verb.READ, "A99")
    trailed.keeper.keep()
    assert "gone" in trailed.keeper.trouble
    assert {(each.chain, each.number) for each in trailed.verdict().faults} >= told


def test_who_rewrites_the_whole_table_is_found_by_the_seals(trailed: Trailed) -> None:
    unguarded(trailed.database)
    forged, previous = [], FIRST
    for row in trailed.rows()[:10]:
        facts = (*row[:-3], previous)
        facts = facts if row.number != 3 else (*facts[:14], "another reason", *facts[15:])
        previous = chained(facts)
        forged.append(AuditRow(*facts, previous, row.seal)._asdict())  # type: ignore[arg-type]
    with trailed.database.engine.begin() as tx:
        tx.execute(sa.text("DELETE FROM readout_audit WHERE chain = 'node-1'"))
        tx.execute(sa.insert(tables.audit), forged)
    told = {(each.number, each.what) for each in trailed.verdict().faults}
    assert (3, "row 3 is not sealed by Readout") in told
    assert {number for number, _ in told} == set(range(3, 11))


def test_a_row_that_is_added_without_the_key_is_found(trailed: Trailed) -> None:
    other = Database(trailed.database.engine.url.render_as_string(hide_password=False), Trail())
    with other.write() as tx:
        audit.tell(tx, Verb.READ, "A1")
    other.close()
    assert [each.number for each in trailed.verdict().faults] == [11]


def test_a_forged_anchor_is_no_anchor(trailed: Trailed) -> None:
    text = trailed.path.read_text()
    trailed.path.write_text(text.replace('"number": 10', '"number": 9'))
    assert any("not sealed" in each.what for each in trailed.verdict().faults)
    trailed.keeper.keep()
    assert "not sealed" in trailed.keeper.trouble


def test_older_keys_prove_older_rows(trailed: Trailed, tmp_path: Path) -> None:
    more = AuditKeys((*trailed.keys.keys, b"k" * 32))
    trailed.database.trail.sealer = trailed.keys = more
    with trailed.database.write() as tx:
        audit.tell(tx, Verb.READ, "A1")
    assert trailed.verdict().faults == []
    trailed.keys = AuditKeys(more.keys[:1])
    assert ["unknown seal" in each.what for each in trailed.verdict().faults] == [True]


# ---- any single mutation


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trailed:
    folder = tmp_path_factory.mktemp("trail")
    made = Trailed(folder, migrated(f"sqlite:///{folder / 'trail.sqlite'}"))
    unguarded(made.database)
    return made


Mutation = Callable[[sqlite3.Connection], None]
_ROW = st.integers(0, ROWS - 1)
_VALUE = st.one_of(st.text(max_size=8), st.integers(-1, 20), st.binary(max_size=4))


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """One statement that changes the table."""
    kind = draw(st.sampled_from(["change", "remove", "insert", "swap", "move", "cut"]))
    one, other = draw(_ROW), draw(_ROW)
    column, value = draw(st.sampled_from(COLUMNS)), draw(_VALUE)
    taken = draw(st.sampled_from(COLUMNS[2:]))

    def change(held: sqlite3.Connection) -> None:
        rows = held.execute("SELECT rowid, * FROM readout_audit ORDER BY chain, number").fetchall()
        first, second = rows[one][0], rows[other][0]
        if kind == "change":
            held.execute(f"UPDATE readout_audit SET {column} = ? WHERE rowid = ?", (value, first))
        elif kind == "remove":
            held.execute("DELETE FROM readout_audit WHERE rowid = ?", (first,))
        elif kind == "insert":
            copied = ", ".join(COLUMNS[2:])
            held.execute(
                f"INSERT INTO readout_audit SELECT chain, ?, {copied} FROM readout_audit "
                "WHERE rowid = ?",
                (value, first),
            )
        elif kind == "swap":
            for rowid, row in ((first, rows[other]), (second, rows[one])):
                told = row[1 + COLUMNS.index(taken)]
                held.execute(f"UPDATE readout_audit SET {taken} = ? WHERE rowid = ?", (told, rowid))
        elif kind == "move":
            held.execute(
                "UPDATE readout_audit SET number = number + 1000 WHERE rowid = ?", (first,)
            )
        else:
            held.execute("DELETE FROM readout_audit WHERE rowid >= ?", (first,))

    return change


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutation=mutations())
def test_any_single_mutation_is_found(whole: Trailed, mutation: Mutation) -> None:
    before = whole.rows()
    path = str(whole.database.engine.url.database)
    held = sqlite3.connect(path)
    everything = held.execute("SELECT * FROM readout_audit").fetchall()
    try:
        mutation(held)
        held.commit()
        changed = whole.rows() != before
        assert bool(whole.verdict().faults) == changed
    except sqlite3.IntegrityError:  # such a row cannot be
        held.rollback()
    finally:
        held.execute("DELETE FROM readout_audit")
        marks = ", ".join("?" * len(COLUMNS))
        held.executemany(f"INSERT INTO readout_audit VALUES ({marks})", everything)
        held.commit()
        held.close()


def test_what_a_killed_process_left_half_written_is_removed(trailed: Trailed) -> None:
    left, fresh = (trailed.path.with_name(f".{trailed.path.name}.{n}") for n in "12")
    left.touch()
    os.utime(left, (0, 0))
    fresh.touch()  # perhaps of another process, at this moment
    trailed.keeper.start()
    trailed.keeper.stop()
    assert (left.exists(), fresh.exists()) == (False, True)
    assert trailed.verdict().faults == []
