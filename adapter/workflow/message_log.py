"""Every message in and out for a person: found, shown with names, applied again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar

import structlog

from adapter.acting import acting
from adapter.dicom.json_model import as_text
from adapter.domain.audit import Verb
from adapter.domain.message import MessageState, SearchKeys
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, Malformed
from adapter.fhir.search_keys import read_keys as fhir_keys
from adapter.hl7v2.doors import protocol_of
from adapter.hl7v2.escape import escape
from adapter.hl7v2.search_keys import read_keys as hl7v2_keys
from adapter.hl7v2.view import MessageText, read_view
from adapter.mapping.access import EVERY, AccessRules, load_access_rules
from adapter.mapping.fhir_sources import load_fhir_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_names import load_hl7_names
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.listeners import DEFAULT_ORDERS
from adapter.mapping.message_table import load_message_mapping
from adapter.ports import Clock
from adapter.store import audit, message_keys, message_log, studies
from adapter.store.database import Database
from adapter.store.message_log import LoggedDelivery, LoggedMessage, Page, Search
from adapter.workflow.ai_readers import DICOM_FILE, ai_keys
from adapter.workflow.study_flow import iso

log = structlog.get_logger()

KeyReader = Callable[[bytes], SearchKeys]
View = Callable[[bytes], MessageText]

Row = TypeVar("Row", LoggedMessage, LoggedDelivery)
Reader = TypeVar("Reader")

_GROUP = 50
_AGAIN = (MessageState.REFUSED,)
_NO_RULES = AccessRules()
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for; empty: anything.

    `order` is a number of the placer or the filler, `kind` the message type or the kind of report,
    `peer` the sender or the destination; a type without its event finds all its events, an
    application all its facilities.
    """

    control_id: str = ""
    accession: str = ""
    patient: str = ""
    kind: str = ""
    peer: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Opened(Generic[Row]):
    """One message in full. `problem` says why it could not be read."""

    row: Row
    body: bytes
    shown: MessageText
    accessions: tuple[str, ...]
    remarks: list[str]
    problem: str = ""


class MessageLog:
    """The log of one database. `keys` and `views` read stored bytes, by protocol.

    `rules` give labels to messages, for those that name no study.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keys: Mapping[str, KeyReader],
        views: Mapping[str, View],
        rules: AccessRules = _NO_RULES,
    ) -> None:
        self._database, self._clock = database, clock
        self._keys, self._views, self._rules = keys, views, rules

    def received(self, query: Query, before: int | None, limit: int) -> Page[LoggedMessage]:
        """Messages that came in, newest first."""
        with self._database.read() as tx:
            equal = _equal(query, ("control_id", "state"))
            if query.kind:
                equal["type"] = _known(message_log.types(tx), query.kind, "^", parts=1)
            if query.peer:
                equal["sender"] = _known(message_log.senders(tx), query.peer, "|", parts=2)
            return message_log.received(tx, _search(query, equal), before, limit)

    def sent(self, query: Query, before: int | None, limit: int) -> Page[LoggedDelivery]:
        """Messages that go out, newest first."""
        equal = _equal(query, ("control_id", "state"))
        equal |= {"kind": (query.kind,)} if query.kind else {}
        equal |= {"destination": (query.peer,)} if query.peer else {}
        with self._database.read() as tx:
            return message_log.sent(tx, _search(query, equal), before, limit)

    def open_received(self, id_: int) -> Opened[LoggedMessage]:
        """A message that came in; raises NotFound."""
        with self._database.read() as tx:
            row, body = message_log.find_received(tx, id_)
            accessions = tuple(message_keys.accessions_of(tx, id_))
        acting().about.update(accessions)
        return self._opened(row, body, row.protocol, accessions)

    def open_sent(self, control_id: str) -> Opened[LoggedDelivery]:
        """A message that goes out; raises NotFound."""
        with self._database.read() as tx:
            row, body = message_log.find_sent(tx, control_id)
        acting().about.add(row.accession)
        return self._opened(row, body, _protocol(body), (row.accession,))

    def view(self, body: bytes) -> MessageText:
        """A message that would go out, as people read it; raises Malformed."""
        return (_for(self._views, _protocol(body)) or plain_view)(body)

    def replay(self, id_: int, person: Practitioner, *, force: bool = False) -> LoggedMessage:
        """Let a refused message be applied again from its bytes, with `force` an applied one too.

        Raises NotFound, or Conflict with the reason why it cannot be.
        """
        now = iso(self._clock.now())
        with self._database.write() as tx:
            row, body = message_log.find_received(tx, id_)
            _check_replay(row, body, force)
            how = f"by {person.id}, was {row.state}" + (" (forced)" if force else "")
            if not message_log.receive_again(tx, row, f"{now} replay asked for {how}"):
                raise Conflict("the message is being applied at this moment", code="not-refused")
            named = self._keys_of(row.protocol, body).accessions
            for accession in named or ("",):
                audit.tell(tx, Verb.REPLAY, accession, f"message {id_}", how, person=person.id)
            for accession in named:
                detail = f"{row.control_id} {how}"
                studies.note(tx, accession, now, "message replay", detail)
            return message_log.find_received(tx, id_)[0]

    def index(self) -> bool:
        """Write the search keys of some messages; whether there may be more without them."""
        with self._database.read() as tx:
            group = message_keys.unindexed(tx, _GROUP)
        found = []
        for id_, protocol, body in group:
            keys = self._keys_of(protocol, body)
            found += [(id_, *each) for each in sorted(_hashed(keys) | self._access(keys))]
        if group:
            with self._database.write() as tx:
                message_keys.add_keys(tx, [id_ for id_, _, _ in group], found)
        return len(group) == _GROUP

    def relabel(self) -> int:
        """Give every message that still has its body the labels of the rules as they are now."""
        seen, after = 0, 0
        while True:
            with self._database.read() as tx:
                group = message_keys.indexed(tx, after, _GROUP)
            told = {
                id_: self._access(self._keys_of(protocol, body))
                for id_, protocol, body in group
                if body
            }
            found = [(id_, *each) for id_, keys in told.items() for each in sorted(keys)]
            with self._database.write() as tx:
                message_keys.relabel(tx, told, found)
            seen += len(told)
            if len(group) < _GROUP:
                return seen
            after = group[-1][0]

    def _access(self, keys: SearchKeys) -> set[tuple[str, str]]:
        """(kind, value) by which a message is shown; what tells no patient, to who sees all."""
        if not self._rules.are_there:
            return set()
        labels = {each for order in keys.orders for each in self._rules.labels_of(order)}
        told = " ".join(sorted(labels)) if keys.orders else EVERY
        people = {studies.patient_key(order.patient) for order in keys.orders}
        return {(message_keys.ACCESS, told), *((message_keys.PERSON, each) for each in people)}

    def _keys_of(self, protocol: str, body: bytes) -> SearchKeys:
        reader = _for(self._keys, protocol)
        try:
            return reader(body) if reader else SearchKeys()
        except Exception as error:  # a fault of ours must not stop the messages behind it
            log.error("message_keys_unread", why=type(error).__name__)
            return SearchKeys()

    def _opened(
        self,
        row: Row,
        body: bytes,
        protocol: str,
        accessions: tuple[str, ...],
    ) -> Opened[Row]:
        view = (_for(self._views, protocol) if body else None) or plain_view
        remarks = row.remarks.splitlines()
        try:
            return Opened(row, body, view(body), accessions, remarks)
        except Malformed as error:
            return Opened(row, body, plain_view(body), accessions, remarks, str(error))


def open_log(
    database: Database, clock: Clock, files: MappingFiles, rules: AccessRules | None = None
) -> MessageLog:
    """The log as the site's mappings read its messages; raises ConfigurationError."""
    names, fhir_orders = load_hl7_names(files), load_fhir_orders(files)
    others = load_message_mapping(files)
    keys: dict[str, KeyReader] = {
        protocol: partial(fhir_keys, mapping=each) for protocol, each in fhir_orders.items()
    }
    keys |= ai_keys(files)
    views: dict[str, View] = {DICOM_FILE: lambda body: plain_view(as_text(body))}
    for file in (files.get(DEFAULT_ORDERS), *files.folder("orders")):
        orders, protocol = file.read(OrderMapping), protocol_of(file.name)
        keys[protocol] = partial(hl7v2_keys, mapping=orders, messages=others)
        charset = orders.fallback_charset
        views[protocol] = partial(read_view, names=names, fallback_charset=charset)
    return MessageLog(database, clock, keys, views, rules or load_access_rules(files))


def _for(readers: Mapping[str, Reader], protocol: str) -> Reader | None:
    """A listener's own reader; where its mapping file is gone, the default one."""
    return readers.get(protocol) or readers.get(protocol.partition(":")[0])


def _protocol(body: bytes) -> str:
    """Of a message that we wrote."""
    return "hl7v2" if body.startswith(b"MSH") else "fhir"


def plain_view(body: bytes) -> MessageText:
    """Bytes as text alone: UTF-8, or Latin-1 where they are not."""
    try:
        text, charset = body.decode(), "utf-8"
    except UnicodeDecodeError:
        text, charset = body.decode("latin-1"), "iso8859-1"
    return MessageText(charset, "", text, (), complete=True)


def _check_replay(row: LoggedMessage, body: bytes, force: bool) -> None:
    if row.state == MessageState.RECEIVED:
        raise Conflict("the message waits to be applied already", code="not-refused")
    if row.state not in _AGAIN and not force:
        told = f"the message is {row.state}; only with force is it applied once more"
        raise Conflict(told, code="not-refused")
    if not row.type:
        raise Conflict("this was no whole message; let it be sent again", code="not-whole")
    if not body:
        raise Conflict("the message's body was removed by retention", code="removed")


def _equal(query: Query, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {name: (value,) for name in names if (value := getattr(query, name))}


def _known(names: Iterable[str], wanted: str, separator: str, parts: int) -> tuple[str, ...]:
    """The names that are `wanted`, or of whose first `parts` one is."""
    return tuple(
        each for each in names if wanted == each or wanted in each.split(separator)[:parts]
    )


def _search(query: Query, equal: dict[str, tuple[str, ...]]) -> Search:
    return Search(
        equal=equal,
        accession=query.accession,
        order=query.order,
        patient=message_keys.number_key(query.patient) if query.patient else "",
        since=_moment(query.since),
        until=_moment(query.until),
        texts=_spellings(query.text),
    )


def _moment(moment: datetime | None) -> str:
    """UTC, the fraction without zeros at its end: it sorts before any longer form of itself."""
    if moment is None:
        return ""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "+00:00"


def _spellings(text: str) -> tuple[bytes, ...]:
    """The text as bodies may hold it: as typed or in capitals, escaped or not, in two encodings."""
    if not text:
        return ()
    spelled = [form for each in (text, text.upper()) for form in (each, escape(each))]
    found = [each.encode() for each in spelled]
    found += [each.encode("latin-1") for each in spelled if all(ord(sign) < 256 for sign in each)]
    return tuple(dict.fromkeys(found))


def _hashed(keys: SearchKeys) -> set[tuple[str, str]]:
    """(kind, value); what no accession or number can be is left out."""
    numbers = {message_keys.number_key(each.reveal()) for each in keys.patient_numbers}
    found = {(message_keys.ACCESSION, each) for each in keys.accessions}
    found |= {(message_keys.ORDER, each) for each in keys.order_numbers}
    whole = {each for each in found if len(each[1]) <= _LONGEST_KEY and each[1].isprintable()}
    return whole | {(message_keys.PATIENT, each) for each in numbers}
