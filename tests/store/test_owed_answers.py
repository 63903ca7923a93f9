"""What listeners owe, on both engines; retention waits until it is given."""

from __future__ import annotations

from adapter.domain.message import MessageState
from adapter.store import messages, owed_answers, retention
from adapter.store.database import Database
from adapter.store.message_keys import add_keys
from adapter.store.owed_answers import OwedAnswers
from adapter.store.retention import KINDS, Removed
from tests.store.test_messages import message

LATER = "2099-01-01T00:00:00.000+00:00"


def test_what_is_applied_is_owed_until_it_is_given(database: Database) -> None:
    one, two, other = (message(name)._replace(owed_by="north") for name in ("1", "2", "3"))
    other = other._replace(sender="OTHER|S", owed_by="south")
    messages.store_group(database, [one, two, other, message("4")])
    ledger = OwedAnswers(database)
    assert ledger.senders("north") == [one.sender]
    assert ledger.owed("north", None, 10) == []  # not applied yet
    with database.write() as tx:
        for each in (one, two, other):
            messages.settle_same(tx, each, MessageState.APPLIED)
        add_keys(tx, range(1, 5), [])
        assert owed_answers.count_by_listener(tx) == {"north": 2, "south": 1}
    assert ledger.owed("north", None, 10) == [one, two]
    assert ledger.owed("north", one.sender, 1) == [one]
    assert ledger.owed("north", other.sender, 10) == []
    kind = KINDS["messages"]
    assert retention.remove(database, kind, LATER, LATER) == Removed(0, 0)
    for each in (one, two):
        ledger.given(each)
    assert (ledger.senders("north"), ledger.senders("south")) == ([], [other.sender])
    assert retention.removable(database, kind, LATER).count == 2
