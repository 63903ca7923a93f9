"""The books of the calls: what may still be asked today, what left, what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from adapter.ai_models.answers import Unreadable
from adapter.ai_models.client import Answered
from adapter.clock import backoff
from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError, NeedsPerson, TryAgain
from adapter.mapping.model_calls import ModelCall
from adapter.privacy.leak_check import LeakCheck, LeakFound
from adapter.privacy.payload import Payload, Sealed, fields_without_names
from adapter.privacy.text import Deidentifier
from adapter.store import model_calls as store
from adapter.store import studies
from adapter.store.model_calls import CallState, LeftState
from adapter.workflow.model_answers import Taken
from adapter.workflow.model_inputs import Gathered, Pictures
from adapter.workflow.study_flow import House, iso

log = structlog.get_logger()

STOPPED = "model call stopped"
"""The event in a study's history that a person must look at."""

_HOUR_S = 3600.0


@dataclass(frozen=True)
class Told:
    """One call on its way; texts and pictures are never printed."""

    call: ModelCall
    gathered: Gathered = field(repr=False)
    pictures: Pictures | None = field(repr=False)
    names: Deidentifier = field(repr=False)
    sealed: Sealed
    row: store.Call


@dataclass(frozen=True)
class CallBook:
    """Reads and writes the tables of the calls."""

    house: House

    def begin(self, call: ModelCall, accession: str, sealed: Sealed) -> store.Call:
        """The row of this call; the same payload about the same study is one call."""
        with self.house.database.write() as tx:
            return store.begin(tx, call.name, accession, sealed.sha256, self.house.now())

    def check(self, call: ModelCall) -> None:
        """Raise TryAgain where the budget of the day is used up, or the model counts as down."""
        now = self.house.clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with self.house.database.read() as tx:
            spent = store.spent(tx, call.name, iso(midnight))
            failed_at = self._down_since(tx, call)
        if spent.calls >= call.budget.calls_per_day or spent.cost >= call.budget.cost_per_day > 0:
            left = (midnight + timedelta(days=1) - now).total_seconds()
            raise TryAgain(f"the budget of {call.name} is used up today", after=min(left, _HOUR_S))
        if failed_at is not None:
            since = now - datetime.fromisoformat(failed_at)
            rest = call.patience.rest_seconds - since.total_seconds()
            if rest > 0:
                raise TryAgain(f"{call.name} counts as down", after=rest)

    def is_down(self, tx: sa.Connection, call: ModelCall) -> bool:
        """Whether it failed too often in a row: between tries it rests."""
        return self._down_since(tx, call) is not None

    @staticmethod
    def _down_since(tx: sa.Connection, call: ModelCall) -> str | None:
        """When the last try failed of a model that counts as down."""
        tries = store.last_tries(tx, call.name, call.patience.failures)
        if len(tries) < call.patience.failures:
            return None
        return tries[0].at if all(each.state is LeftState.FAILED for each in tries) else None

    def leave(self, told: Told) -> int:
        """Write that the payload leaves now; returns the row of the proof."""
        with self.house.database.write() as tx:
            store.change(tx, told.row.id, tries=told.row.tries + 1, state=CallState.WAITING)
            sealed, state = told.sealed, LeftState.LEAVING
            return self._write_left(tx, told.call, told.row.accession, sealed, state)

    def _write_left(
        self,
        tx: sa.Connection,
        call: ModelCall,
        accession: str,
        made: Payload,
        state: LeftState,
        reason: str = "",
    ) -> int:
        return store.add_left(
            tx,
            at=self.house.now(),
            name=call.name,
            model=f"{call.model} {call.version}",
            destination=made.destination,
            accession=accession,
            sha256=made.sha256,
            size_bytes=len(made.body),
            fields=made.fields,
            state=state,
            reason=reason,
        )

    def failed(self, told: Told, left: int, error: Exception) -> None:
        """Try again by full jitter, or give up; raises TryAgain."""
        patience = told.call.patience
        tried = told.row.tries + 1
        if tried >= patience.tries or isinstance(error, NeedsPerson | ConfigurationError):
            self.give_up(told, left, error, LeftState.FAILED)
            return
        with self.house.database.write() as tx:
            cost = told.call.budget.cost_per_call if isinstance(error, Unreadable) else 0.0
            store.settle_left(tx, left, LeftState.FAILED, str(error)[:500], 0, cost)
        most = backoff(tried - 1, patience.first_wait_seconds, patience.longest_wait_seconds)
        asked = error.after if isinstance(error, TryAgain) and error.after is not None else 0.0
        raise TryAgain(str(error), after=max(asked, random.uniform(0, most)))

    def give_up(self, told: Told, left: int, error: Exception, state: LeftState) -> None:
        """Write that the call came to nothing; it is not tried again."""
        why = str(error)[:500]
        log.warning("model_call_failed", call=told.call.name, why=why)
        with self.house.database.write() as tx:
            store.settle_left(tx, left, state, why, 0, 0.0)
            store.change(
                tx, told.row.id, state=CallState.FAILED, reason=why, ended_at=self.house.now()
            )

    def keep(self, told: Told, left: int, answered: Answered, taken: Taken) -> None:
        """The findings, the outcome and the cost, in one transaction."""
        budget = told.call.budget
        cost = (
            budget.cost_per_call
            + taken.tokens[0] / 1000 * budget.cost_per_1000_tokens_in
            + taken.tokens[1] / 1000 * budget.cost_per_1000_tokens_out
        )
        with self.house.database.write() as tx:
            ms = round(answered.seconds * 1000)
            store.settle_left(tx, left, LeftState.ANSWERED, "", ms, cost)
            store.change(
                tx,
                told.row.id,
                state=CallState.DONE,
                outcome=taken.outcome,
                ended_at=self.house.now(),
            )
            taken.add(self.house, tx, told.row.accession)

    def stop(
        self, call: ModelCall, accession: str, made: Payload, check: LeakCheck, leak: LeakFound
    ) -> None:
        """The second look found an identifier: nothing leaves, and a person is told, once."""
        log.error("model_call_stopped", call=call.name, kind=leak.kind, place=leak.place)
        why, shown = str(leak)[:500], replace(made, fields=fields_without_names(made, check))
        with self.house.database.write() as tx:
            if self._end(tx, call, accession, made.sha256, CallState.STOPPED, why):
                self._write_left(tx, call, accession, shown, LeftState.STOPPED, why)
                studies.note(tx, accession, self.house.now(), STOPPED, f"{call.name}: {why}")

    def refuse(self, call: ModelCall, accession: str, error: Exception) -> None:
        """Write that there is nothing to send, once for each reason."""
        why = str(error)[:500]
        with self.house.database.write() as tx:
            self._end(tx, call, accession, sha256_hex(why.encode()), CallState.FAILED, why)

    def _end(
        self,
        tx: sa.Connection,
        call: ModelCall,
        accession: str,
        digest: str,
        state: CallState,
        why: str,
    ) -> bool:
        """End a call that was never sent; False: it is known already."""
        now = self.house.now()
        row = store.begin(tx, call.name, accession, digest, now)
        if row.state is state:
            return False
        store.change(tx, row.id, state=state, reason=why, ended_at=now)
        return True
