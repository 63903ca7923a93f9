"""A fault of the trail shows by itself while the service runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.audit.watch import TrailWatch
from adapter.domain.audit import Verb
from adapter.store import audit
from adapter.store.database import Database
from tests.audit.test_verify import ROWS, Trailed, unguarded


@pytest.fixture
def whole(tmp_path: Path, sqlite: Database) -> Trailed:
    return Trailed(tmp_path, sqlite.engine.url.render_as_string(hide_password=False))


def change(database: Database, what: str, number: int) -> None:
    unguarded(database)
    with database.engine.begin() as tx:
        place = {"chain": "node-1", "number": number}
        tx.execute(sa.text(f"{what} WHERE chain = :chain AND number = :number"), place)


@pytest.mark.parametrize("rows", [3, 5, 100])
def test_a_whole_trail_is_read_round_after_round_while_it_grows(whole: Trailed, rows: int) -> None:
    watch = TrailWatch(whole.database, whole.keys, rows)
    for _ in range(3 * ROWS):
        watch.look()
        with whole.database.write() as tx:
            audit.tell(tx, Verb.READ, "A1")
    assert watch.trouble == ""


@pytest.mark.parametrize(
    ("what", "number"),
    [("UPDATE readout_audit SET detail = 'x'", 9), ("DELETE FROM readout_audit", 4)],
)
def test_a_row_that_changes_is_found_in_the_next_round_and_stays_told(
    whole: Trailed, what: str, number: int
) -> None:
    watch = TrailWatch(whole.database, whole.keys, rows=6)
    for _ in range(3):  # node-1 has ten rows: the third look has begun anew
        watch.look()
    change(whole.database, what, number)
    for _ in range(2):
        watch.look()
    for _ in range(4):
        assert "readout audit verify" in watch.trouble
        watch.look()


def test_what_is_mended_is_told_no_more(whole: Trailed) -> None:
    watch = TrailWatch(whole.database, whole.keys)
    change(whole.database, "UPDATE readout_audit SET detail = 'x'", 5)
    watch.look()
    assert "in 1 places" in watch.trouble
    change(whole.database, "UPDATE readout_audit SET detail = 'why'", 5)
    watch.look()
    assert watch.trouble == ""
