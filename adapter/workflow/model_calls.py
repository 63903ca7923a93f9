"""Models are called about studies: promised with what they need, in a queue of their own.

A model that is down, slow or too dear delays nothing: no report waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from adapter.ai_models.answers import Unreadable
from adapter.ai_models.client import ModelClient
from adapter.dicom.study_images import StudyImages
from adapter.domain.codec import to_json
from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError, NeedsPerson, NotFound, Rejected, TryAgain
from adapter.mapping.files import MappingFiles
from adapter.mapping.model_calls import ModelCall, load_model_calls
from adapter.mapping.privacy import load_privacy
from adapter.privacy.leak_check import LeakCheck, LeakFound
from adapter.privacy.payload import Payload, payload_of, seal
from adapter.privacy.text import Deidentifier, Finder
from adapter.privacy.words import PrivacyWords, privacy_words
from adapter.store import reports, studies
from adapter.store.model_calls import CallState, LeftState
from adapter.workflow import ai_sources
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


@dataclass
class ModelCalls:
    """Every model that is called; `is_off`: whether its source takes nothing now."""

    house: House
    calls: Mapping[str, ModelCall]
    words: PrivacyWords
    images: StudyImages | None = None
    is_off: Callable[[sa.Connection, str], bool] = lambda _tx, _source: False
    finders: tuple[Finder, ...] = ()
    clients: dict[str, ModelClient] = field(init=False)

    def __post_init__(self) -> None:
        self.clients = {name: ModelClient(call) for name, call in self.calls.items()}
        addresses = {name: client.destination for name, client in self.clients.items()}
        self._book = CallBook(self.house, addresses)
        self.house.watchers.append(self.watch)

    def watch(self, tx: sa.Connection, accession: str) -> None:
        """Promise the calls that a study asks for as it stands now."""
        study = studies.find(tx, accession) if self.calls else None
        if study is None:
            return
        drafted = any("draft" in call.when for call in self.calls.values())
        number = (reports.latest_number(tx, accession) or None) if drafted else None
        digest = sha256_hex(to_json(study.order).encode())[:16]
        for name, call in self.calls.items():
            for what in triggers(call, study, number, digest):
                key = f"{name}/{accession}/{what}"
                self.house.jobs.put(tx, MODEL, key, lane=name, delay=call.wait_seconds)

    async def ask(self, key: str) -> None:
        """Job: one call, where it is still wanted. Raises TryAgain."""
        name, _, rest = key.partition("/")
        accession, _ = split_key(rest)
        call = self.calls.get(name)
        gathered = await asyncio.to_thread(self._gather, call, accession) if call else None
        if call is None or gathered is None:
            return
        names = Deidentifier(gathered.known, self.words, self.finders)
        try:
            pictures = await self._pictures(call, gathered)
            made = await asyncio.to_thread(self._payload, call, gathered, pictures, names)
        except (Rejected, NeedsPerson) as error:
            log.warning("model_not_called", call=name, why=str(error))
            await asyncio.to_thread(self._book.refuse, call, accession, error)
            return
        check = LeakCheck(gathered.known, self.words)
        try:
            sealed = await asyncio.to_thread(seal, made, check)
        except LeakFound as leak:
            await asyncio.to_thread(self._book.stop, call, accession, made, check, leak)
            return
        row = await asyncio.to_thread(self._book.begin, call, accession, sealed)
        if row.state in (CallState.WAITING, CallState.STOPPED):  # stopped by rules of before
            told = Told(call, gathered, pictures, names, sealed, row)
            await self._send(told)

    async def _send(self, told: Told) -> None:
        """The try itself, written down before it leaves."""
        await asyncio.to_thread(self._book.check, told.call)
        left = await asyncio.to_thread(self._book.leave, told)
        try:
            answered = await self.clients[told.call.name].post(told.sealed)
            taken = take(
                told.call,
                answered.body,
                told.gathered,
                told.pictures,
                told.names,
                self.house.tables,
            )
        except (TryAgain, Unreadable, NeedsPerson, ConfigurationError) as error:
            await asyncio.to_thread(self._book.failed, told, left, error)
        except Rejected as error:
            await asyncio.to_thread(self._book.give_up, told, left, error, LeftState.ANSWERED)
        else:
            await asyncio.to_thread(self._book.keep, told, left, answered, taken)

    def _gather(self, call: ModelCall, accession: str) -> Gathered | None:
        with self.house.database.read() as tx:
            if self.is_off(tx, call.source):
                return None
            return gather(tx, call, accession, self.house.tables)

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

    def _payload(
        self, call: ModelCall, gathered: Gathered, pictures: Pictures | None, names: Deidentifier
    ) -> Payload:
        body = request(call, gathered, pictures, names, self.words.table.images)
        return payload_of(body, self.clients[call.name].url)


def open_model_calls(house: House, files: MappingFiles, dicomweb_url: str) -> ModelCalls:
    """The calls of the site's files; raises ConfigurationError."""
    table = load_privacy(files)
    return ModelCalls(
        house,
        load_model_calls(files),
        privacy_words(table, house.tables),
        StudyImages(dicomweb_url) if dicomweb_url else None,
        partial(ai_sources.is_off, house),
    )
