"""Messages at the door: stored in one commit before they are acknowledged, applied right after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from traceback import extract_tb
from typing import Protocol

import sqlalchemy as sa
import structlog

from adapter.domain.event import Event
from adapter.domain.message import InboundMessage, MessageState
from adapter.errors import Conflict, ReadoutError
from adapter.store import awaited, messages, studies
from adapter.store.database import after_commit, is_passing
from adapter.store.messages import StoredMessage
from adapter.workflow.ai_intake import Hold, hold
from adapter.workflow.events import apply
from adapter.workflow.study_flow import House

log = structlog.get_logger()

Reader = Callable[[bytes], Sequence[Event]]
"""Protocol bytes to events; raises Rejected."""


class Guard(Protocol):
    """A door that reads a message itself, and looks at the studies in the same transaction."""

    def read(self, body: bytes) -> Sequence[Event]:
        """What the message tells; raises Rejected."""

    def before(self, tx: sa.Connection) -> Sequence[Event]:
        """The events of what was read that are to be applied, none of a repeat; raises Rejected."""

    def after(self, tx: sa.Connection) -> None:
        """Write what the door keeps of it."""


_GROUP = 50
_FAULT = "the message could not be applied here; its bytes are kept, replay it after an update"
_TRIES, _PAUSE_S = 3, 0.1  # of a message at which something breaks
_SWEEP_S = 5.0
_APPLY_LOCK = 7_001_002
_Read = tuple[StoredMessage, Sequence[Event], str]


class Intake:
    """The message table is its own queue: one thread applies what was stored, in order."""

    def __init__(
        self,
        house: House,
        readers: Mapping[str, Reader],
        index: Callable[[], bool] = lambda: False,
    ) -> None:
        """`index` writes search keys of some stored messages; whether there may be more."""
        self._house = house
        self._readers = readers
        self._index = index
        self._waiting = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        house.watchers.append(self._release)

    def start(self) -> None:
        """Apply what an earlier process stored, then what comes."""
        self._waiting.set()
        self._thread.start()

    def stop(self) -> None:
        """End after the group in hand; the rest stays stored."""
        self._stopped.set()
        self._waiting.set()
        if self._thread.is_alive():  # a node without the role of intake never started it
            self._thread.join(timeout=10)

    def store(self, batch: Sequence[InboundMessage]) -> list[MessageState]:
        """One transaction for the whole batch; when it returns, the batch is on disk."""
        states = messages.store_group(self._house.database, batch)
        self._waiting.set()
        return states

    def wake(self) -> None:
        """Look now for what waits to be applied."""
        self._waiting.set()

    @property
    def running(self) -> bool:
        """Whether what is stored gets applied."""
        return self._thread.is_alive()

    def take(self, message: InboundMessage, guard: Guard | None = None) -> MessageState:
        """Store and apply one message in one transaction; raises Rejected (but stored).

        A message of which `guard` leaves nothing is a duplicate, and not stored again.
        """
        try:
            read = self._readers[message.protocol] if guard is None else guard.read
            state, held = self._take(message, [] if message.refusal else read(message.body), guard)
        except ReadoutError as error:
            self.refuse(message, error)
            raise
        if held is not None and held.state is MessageState.REFUSED:
            raise Conflict(held.why, code="conflict")
        return held.state if held else state

    def refuse(self, message: InboundMessage, error: ReadoutError) -> None:
        """Keep a message that is not taken, with the reason."""
        self.store([message._replace(refusal=str(error))])

    def _take(
        self, message: InboundMessage, events: Sequence[Event], guard: Guard | None
    ) -> tuple[MessageState, Hold | None]:
        held: Hold | None = None
        with self._house.database.write() as tx:
            new = events if guard is None else guard.before(tx)
            state = MessageState.DUPLICATE
            if new or guard is None:
                state = messages.store(tx, [message])[0]
            if state is MessageState.RECEIVED:
                id_ = messages.id_of(tx, message)
                held = self._settle(tx, id_, new, message.control_id)
            if guard is not None:
                guard.after(tx)
            return state, held

    def _settle(
        self, tx: sa.Connection, id_: int, events: Sequence[Event], cause: str, refusal: str = ""
    ) -> Hold | None:
        """Apply a stored message, or write down what keeps it from being applied."""
        house = self._house
        held = Hold(MessageState.REFUSED, refusal) if refusal else hold(house, tx, events, cause)
        if held is None:
            messages.settle(tx, id_, MessageState.APPLIED, apply(house, tx, events, cause))
        else:
            messages.settle(tx, id_, held.state, held.why)
            if held.names:
                awaited.wait(tx, id_, held.names)
        return held

    def _release(self, tx: sa.Connection, accession: str) -> None:
        """The study has changed: what waited for its order is applied next."""
        if awaited.any_waits(tx):
            order = studies.get(tx, accession).order
            if awaited.release(tx, accession, order.study_uid):
                after_commit(tx, self.wake)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._waiting.wait(_SWEEP_S)
            self._waiting.clear()
            try:
                while not self._stopped.is_set() and self._apply_group():
                    pass
                while not self._idle_no_more() and self._index():
                    pass
            except Exception as error:  # the rows stay; the next sweep tries again
                log.warning("intake_waits", **_fault(error))
                self._stopped.wait(1.0)

    def _idle_no_more(self) -> bool:
        return self._stopped.is_set() or self._waiting.is_set()

    def _apply_group(self) -> bool:
        with self._house.database.read() as tx:
            group = messages.waiting(tx, _GROUP)
        read = [self._read(each) for each in group]
        if read:
            self._write(read)
        return len(group) == _GROUP

    def _read(self, stored: StoredMessage) -> _Read:
        try:
            return stored, self._readers[stored.protocol](stored.body), ""
        except ReadoutError as error:
            return stored, (), str(error)
        except Exception as error:  # a fault of ours must not stop the messages behind it
            log.error("message_unread", message=stored.id, **_fault(error))
            return stored, (), _refusal(type(error).__name__)

    def _write(self, read: Sequence[_Read]) -> None:
        """Apply a group in one transaction, or where that fails each message in its own."""
        try:
            self._write_together(read)
        except Exception as error:
            if is_passing(error):
                raise
            for each in read:
                self._write_alone(each)

    def _write_alone(self, read: _Read) -> None:
        """A message that fails again and again is refused, for the others wait behind it."""
        stored, why = read[0], ""
        for attempt in range(1, _TRIES + 1):
            try:
                return self._write_together([read])
            except Exception as error:
                if is_passing(error):
                    raise
                why = type(error).__name__
                log.error(
                    "message_not_applied", message=stored.id, attempt=attempt, **_fault(error)
                )
            self._stopped.wait(_PAUSE_S * attempt)
        return self._write_together([(stored, (), _refusal(why))])

    def _write_together(self, read: Sequence[_Read]) -> None:
        with self._house.database.write() as tx:
            if not self._house.database.is_sqlite:  # one applier at a time keeps the senders' order
                tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPLY_LOCK)))
            mine = messages.still_waiting(tx, [stored.id for stored, _, _ in read])
            for stored, events, refusal in read:
                if stored.id in mine:
                    self._settle(tx, stored.id, events, stored.control_id, refusal)


def _refusal(why: str) -> str:
    return f"{_FAULT} ({why})"


def _fault(error: Exception) -> dict[str, str]:
    """What a log line may say: the error's own words may hold patient data."""
    frame = extract_tb(error.__traceback__)[-1]
    return {"why": type(error).__name__, "where": f"{frame.filename}:{frame.lineno}"}
