"""Models are called about studies: promised with what they need, in a queue of their own.

A model that is down, slow or too dear delays nothing: no report waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from adapter.ai_models.answers import Unreadable
from adapter.ai_models.client import ModelClient
from adapter.dicom.study_images import StudyImages
from adapter.domain.codec import to_json
from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError, NeedsPerson, NotFound, Rejected, TryAgain
from adapter.mapping.model_calls import ModelCall
from adapter.privacy.leak_check import LeakCheck, LeakFound
from adapter.privacy.payload import payload_of, seal
from adapter.privacy.text import Deidentifier, Finder
from adapter.privacy.words import PrivacyWords
from adapter.store import reports, studies
from adapter.store.model_calls import CallState, LeftState
from adapter.workflow.model_answers import take
from adapter.workflow.model_book import CallBook, Told
from adapter.workflow.model_inputs import (
    Gathered,
    Pictures,
    choose,
    gather,
    request,
    triggers,
)
from adapter.workflow.study_flow import MODEL, House, split_key

log = structlog.get_logger()


@dataclass(frozen=True)
class InForce:
    """The calls at this moment, with what they are cleaned by; a call goes on as it began."""

    calls: Mapping[str, ModelCall]
    words: PrivacyWords
    clients: Mapping[str, ModelClient]
    finders: tuple[Finder, ...] = ()

    @classmethod
    def of(
        cls, calls: Mapping[str, ModelCall], words: PrivacyWords, finders: tuple[Finder, ...] = ()
    ) -> InForce:
        """Raises ConfigurationError where a host is not listed, or a key is missing."""
        return cls(calls, words, {name: ModelClient(c) for name, c in calls.items()}, finders)


@dataclass
class ModelCalls:
    """Every model that is called; `is_off`: whether its source takes nothing now."""

    house: House
    now: InForce
    images: StudyImages | None = None
    is_off: Callable[[sa.Connection, str], bool] = lambda _tx, _source: False

    def __post_init__(self) -> None:
        self.book = CallBook(self.house)
        self.house.watchers.append(self.watch)

    def resting(self) -> dict[str, bool]:
        """Of each model whether it counts as down: it failed `patience.failures` times in a row."""
        with self.house.database.read() as tx:
            return {name: self.book.is_down(tx, call) for name, call in self.now.calls.items()}

    def watch(self, tx: sa.Connection, accession: str) -> None:
        """Promise the calls that a study asks for as it stands now."""
        calls = self.now.calls
        study = studies.find(tx, accession) if calls else None
        if study is None:
            return
        drafted = any("draft" in call.when for call in calls.values())
        number = (reports.latest_number(tx, accession) or None) if drafted else None
        digest = sha256_hex(to_json(study.order).encode())[:16]
        for name, call in calls.items():
            for what in triggers(call, study, number, digest):
                key = f"{name}/{accession}/{what}"
                self.house.jobs.put(tx, MODEL, key, lane=name, delay=call.wait_seconds)

    async def ask(self, key: str) -> None:
        """Job: one call, where it is still wanted. Raises TryAgain."""
        name, _, rest = key.partition("/")
        accession, _ = split_key(rest)
        now = self.now
        call = now.calls.get(name)
        gathered = await asyncio.to_thread(self._gather, call, accession) if call else None
        if call is None or gathered is None:
            return
        client = now.clients[name]
        names = Deidentifier(gathered.known, now.words, now.finders)
        try:
            pictures = await self._pictures(call, gathered)
            body = await asyncio.to_thread(
                request, call, gathered, pictures, names, now.words.table.images
            )
        except (Rejected, NeedsPerson) as error:
            log.warning("model_not_called", call=name, why=str(error))
            await asyncio.to_thread(self.book.refuse, call, accession, error)
            return
        made, check = payload_of(body, client.url), LeakCheck(gathered.known, now.words)
        try:
            sealed = await asyncio.to_thread(seal, made, check)
        except LeakFound as leak:
            await asyncio.to_thread(self.book.stop, call, accession, made, check, leak)
            return
        row = await asyncio.to_thread(self.book.begin, call, accession, sealed)
        if row.state in (CallState.WAITING, CallState.STOPPED):  # stopped by rules of before
            told = Told(call, gathered, pictures, names, sealed, row)
            await self._send(told, client)

    async def _send(self, told: Told, client: ModelClient) -> None:
        """The try itself, written down before it leaves."""
        await asyncio.to_thread(self.book.check, told.call)
        left = await asyncio.to_thread(self.book.leave, told)
        try:
            answered = await client.post(told.sealed)
            taken = take(
                told.call,
                answered.body,
                told.gathered,
                told.pictures,
                told.names,
                self.house.tables,
            )
        except (TryAgain, Unreadable, NeedsPerson, ConfigurationError) as error:
            await asyncio.to_thread(self.book.failed, told, left, error)
        except Rejected as error:
            await asyncio.to_thread(self.book.give_up, told, left, error, LeftState.ANSWERED)
        else:
            await asyncio.to_thread(self.book.keep, told, left, answered, taken)

    def _gather(self, call: ModelCall, accession: str) -> Gathered | None:
        with self.house.database.read() as tx:
            if self.is_off(tx, call.source):
                return None
            return gather(tx, call, accession, self.house)

    async def _pictures(self, call: ModelCall, gathered: Gathered) -> Pictures | None:
        """The images that the call needs; raises TryAgain while they may still come."""
        if not call.needs_images:
            return None
        if self.images is None:
            raise NeedsPerson("the call needs images: set READOUT_DICOMWEB_URL")
        order = gathered.study.order
        found = await self.images.find(order.study_uid, order.accession)
        if not found:
            created = datetime.fromisoformat(gathered.study.created_at)
            age = self.house.clock.now() - created
            if age > timedelta(minutes=call.patience.image_minutes):
                raise NotFound("the archive has no image of the study", code="not-found")
            raise TryAgain("no image yet", after=call.patience.image_look_seconds)
        read = [
            (each.place, await self.images.read(each.place))
            for each in choose(call, gathered, found)
        ]
        return Pictures(read[0], read[1] if len(read) > 1 else None)
