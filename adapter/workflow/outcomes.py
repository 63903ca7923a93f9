"""What became of a message whose sender waits to hear it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import OrderName
from adapter.domain.outcome import Outcome
from adapter.store import messages, order_numbers
from adapter.store.database import Database
from adapter.workflow.orders import find

_FIRST_LOOK_S, _LONGEST_PAUSE_S = 0.005, 0.1


def outcome_of(
    database: Database,
    message: InboundMessage,
    orders: Iterable[OrderName],
    placers: Iterable[str],
    seconds: float,
) -> Outcome:
    """Wait until the message is applied, `seconds` at most, and read how its orders stand."""
    state, reason = _settled(database, message, seconds)
    with database.read() as tx:
        known = {each: find(tx, each) for each in orders}
        given = {each: order_numbers.find(tx, message.sender, each) for each in placers}
    return Outcome(
        state,
        reason,
        {name: found[0] for name, found in known.items() if found},
        {placer: number for placer, number in given.items() if number},
    )


def _settled(
    database: Database, message: InboundMessage, seconds: float
) -> tuple[MessageState, str]:
    """(state, reason); RECEIVED when the time is over."""
    deadline, pause = time.monotonic() + seconds, _FIRST_LOOK_S
    while True:
        with database.read() as tx:
            found = messages.fate_of(tx, message)
        if found[0] is not MessageState.RECEIVED or time.monotonic() >= deadline:
            return found
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
