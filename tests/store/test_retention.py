"""Bodies go, facts and proof stay; what was stored before this version gets its hash."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import MessageState
from adapter.store import message_keys, message_log, messages, migrations, retention
from adapter.store.database import Database
from adapter.store.retention import KINDS, Removed
from tests.store.test_messages import message

NOW = "2026-06-01T00:00:00.000+00:00"
BODY = b"MSH|1234"


def test_all_that_is_done_and_old_goes_some_at_a_time(database: Database) -> None:
    old = [message(str(number), BODY) for number in range(230)]
    new = message("new", BODY)._replace(received_at=NOW)
    waiting, refused = message("waits", BODY), message("refused", BODY, refusal="no")
    messages.store_group(database, [*old, new, waiting, refused])
    with database.write() as tx:
        for each in (*old, new):
            messages.settle_same(tx, each, MessageState.APPLIED)
    kind = KINDS["messages"]
    assert retention.removable(database, kind, NOW) == Removed(0, 0)  # not to be found yet
    with database.write() as tx:
        message_keys.add_keys(tx, [row[0] for row in message_keys.unindexed(tx, 500)], [])
    expected = Removed(230, 230 * len(BODY))
    assert retention.removable(database, kind, NOW) == expected
    assert retention.remove(database, kind, NOW, NOW) == expected
    assert retention.remove(database, kind, NOW, NOW) == Removed(0, 0)
    with database.read() as tx:
        sizes = message_log.received(tx, message_log.Search({}), None, 500).rows
        row, body = message_log.find_received(tx, sizes[-1].id)
    assert sum(each.size_bytes > 0 for each in sizes) == 3
    assert (body, row.body_sha256) == (b"", sha256_hex(BODY))
    assert row.remarks == retention.proof(BODY, NOW)


def test_a_message_whose_body_is_gone_is_still_known(database: Database) -> None:
    messages.store_group(database, [message("1", BODY)])
    with database.write() as tx:
        messages.settle_same(tx, message("1", BODY), MessageState.APPLIED)
        message_keys.add_keys(tx, [1], [])
    assert retention.remove(database, KINDS["messages"], NOW, NOW).count == 1
    assert messages.store_group(database, [message("1", BODY)]) == [MessageState.DUPLICATE]


def test_deliveries_that_were_there_before_get_their_hash(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    report = "accession, number, status, inputs_json, mappings_json, report_json, text, created_at"
    sent = "control_id, destination, accession, report_id, kind, body, issued_at, state"
    with database.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "0004")
        tx.execute(
            sa.text(
                f"INSERT INTO readout_report ({report}) VALUES ('A', 1, '', '', '', '', '', '')"
            )
        )
        tx.execute(
            sa.text(
                f"INSERT INTO readout_delivery ({sent}) "
                "VALUES ('C', 'ris', 'A', 1, 'final', :body, '', 'acknowledged')"
            ),
            {"body": BODY},
        )
    database.migrate()
    with database.read() as tx:
        row, body = message_log.find_sent(tx, "C")
    assert (body, row.body_sha256) == (BODY, sha256_hex(BODY))
    database.close()
