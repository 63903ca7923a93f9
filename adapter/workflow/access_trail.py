"""What was looked at, or refused, goes into the audit trail before it is answered.

Many requests at once share one transaction. What one agent does to one thing again within REPEAT_S
stands in the trail once: pages ask for their parts anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from adapter.domain.audit import AgentKind, AuditEvent, Verb
from adapter.store import audit
from adapter.store.database import Database

REPEAT_S = 300.0
_MOST_KNOWN = 20_000
_ONCE = (Verb.READ, Verb.QUERY)


@dataclass(slots=True)
class _Entry:
    events: Sequence[AuditEvent]
    done: bool = False
    error: Exception | None = None


@dataclass(slots=True)
class _Seen:
    until: float
    more: int = 0


@dataclass
class AccessTrail:
    """One of a node; `monotonic` in seconds."""

    database: Database
    monotonic: Callable[[], float] = time.monotonic
    _waiting: list[_Entry] = field(default_factory=list)
    _seen: OrderedDict[AuditEvent, _Seen] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def record(self, events: Sequence[AuditEvent]) -> None:
        """On disk when it returns (blocking); raises what the database raises."""
        with self._lock:
            new = [told for each in events if (told := self._unseen(each)) is not None]
            if not new:
                return
            entry = _Entry(new)
            self._waiting.append(entry)
        with self._turn:  # the first one writes for all that wait behind it
            if not entry.done:
                self._write()
        if entry.error is not None:
            self._forget(events)
            raise entry.error

    def _write(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        error: Exception | None = None
        try:
            with self.database.write() as tx:
                for entry in batch:
                    for each in entry.events:
                        audit.tell_event(tx, each)
        except Exception as trouble:  # each of those who wait has to know
            error = trouble
        for entry in batch:
            entry.done, entry.error = True, error

    def _unseen(self, event: AuditEvent) -> AuditEvent | None:
        """The event, with how often it was left out before; None: it stands in the trail."""
        if event.verb not in _ONCE and event.agent.kind is not AgentKind.NOBODY:
            return event
        now, key = self.monotonic(), replace(event, request="")
        known = self._seen.get(key)
        if known is not None and now < known.until:
            known.more += 1
            return None
        self._seen[key] = _Seen(now + REPEAT_S)
        self._seen.move_to_end(key)
        while len(self._seen) > _MOST_KNOWN:
            self._seen.popitem(last=False)
        if known is None or known.more == 0:
            return event
        return replace(event, detail=f"{event.detail} (and {known.more} times before)".strip())

    def _forget(self, events: Sequence[AuditEvent]) -> None:
        with self._lock:
            for each in events:
                self._seen.pop(replace(each, request=""), None)
