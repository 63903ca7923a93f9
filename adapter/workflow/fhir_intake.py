"""Orders of FHIR at the door: what their senders take for granted holds, then they are applied."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapter.domain.codec import to_json
from adapter.domain.event import Event
from adapter.domain.identifiers import Accession, sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.order import OrderEvent, OrderStatus
from adapter.domain.study import Study
from adapter.errors import Conflict, Malformed, PreconditionFailed, Rejected
from adapter.fhir.elements import Json
from adapter.fhir.identifiers import identifier_search, value
from adapter.fhir.json_body import write_object
from adapter.store import fhir_orders, sight, studies
from adapter.store.fhir_orders import KeptOrder
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """How an order is to be taken: FHIR create or update with their conditions (R4 3.1.0)."""

    id: str = ""  # update
    search: str = ""  # conditional update: identifier=system|value
    unless: str = ""  # conditional create
    if_match: str = ""

    @property
    def is_update(self) -> bool:
        """Whether it says how the order is now, also where it said so before."""
        return bool(self.id or self.search)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One order as it came, complete in itself, and what it means."""

    resource: Json
    event: OrderEvent
    asked: Asked = Asked()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one order."""

    accession: Accession
    id: str
    version: int
    created: bool
    changed: bool


class FhirIntake:
    """Takes what came in one body, all of it or nothing."""

    def __init__(self, house: House, intake: Intake) -> None:
        self._house, self._intake = house, intake

    def message(
        self, body: bytes, sender: str, peer: str, type_: str, protocol: str = "fhir"
    ) -> InboundMessage:
        """The body as it is stored. Its repeats are known by what they say, not by their bytes."""
        return InboundMessage(
            protocol=protocol,
            peer=peer,
            sender=sender,
            control_id=uuid.uuid4().hex[:20],
            type=type_,
            body=body,
            body_sha256=sha256_hex(body),
            received_at=self._house.now(),
        )

    def take(
        self, message: InboundMessage, read: Callable[[bytes], Sequence[Arrival]]
    ) -> list[Taken]:
        """Store and apply; raises Rejected (but stored), PreconditionFailed or Conflict."""
        for tried in range(1, _TRIES + 1):
            door = _Door(self._house, read)
            try:
                self._intake.take(message, door)
            except sa.exc.IntegrityError:  # the same order at the same moment on another node
                if tried == _TRIES:
                    raise
            else:
                break
        return door.taken

    def refuse(self, message: InboundMessage, error: Rejected) -> None:
        """Keep a body that cannot be read, with the reason."""
        self._intake.refuse(message, error)


class _Door:
    """The Guard of one body."""

    def __init__(self, house: House, read: Callable[[bytes], Sequence[Arrival]]) -> None:
        self._house, self._read_body = house, read
        self._decided: list[tuple[Arrival, Taken]] = []
        self.taken: list[Taken] = []

    def read(self, body: bytes) -> Sequence[Event]:
        """The events of the body."""
        self._arrived = self._read_body(body)
        return [each.event for each in self._arrived]

    def before(self, tx: sa.Connection) -> Sequence[Event]:
        """Those that say something new. The studies are held in one order for all: no deadlock."""
        for accession in sorted({each.event.order.accession for each in self._arrived}):
            studies.find(tx, accession, lock=True)
        self._decided = [(each, self._decide(tx, each)) for each in self._arrived]
        return [arrival.event for arrival, taken in self._decided if taken.changed]

    def after(self, tx: sa.Connection) -> None:
        """Keep each ServiceRequest; the versions are those after the change."""
        for arrival, taken in self._decided:
            if taken.changed:
                self._keep(tx, arrival, taken)
            version = studies.get(tx, taken.accession).version
            done = (taken.accession, taken.id, version, taken.created, taken.changed)
            self.taken.append(Taken(*done))

    def _decide(self, tx: sa.Connection, arrival: Arrival) -> Taken:
        asked, event = arrival.asked, arrival.event
        accession = event.order.accession
        if asked.unless and (known := _one(tx, asked.unless)):
            sight.check(tx, known)
            return _known(tx, known)
        sight.check(tx, accession)
        study = studies.find(tx, accession, lock=True)
        if study is None and event.status is None:
            raise Rejected(
                "a draft, or what has status unknown, is no order yet: send it once it is active",
                location="ServiceRequest.status",
                code="business-rule",
            )
        id_ = self._id(tx, arrival)
        if asked.if_match:
            _check_version(asked.if_match, study)
        new = study is None or study.order_status is OrderStatus.TEMPORARY
        return Taken(accession, id_, 0, new, not _is_repeat(tx, arrival, study))

    def _id(self, tx: sa.Connection, arrival: Arrival) -> str:
        """The logical id that the order has; raises Conflict when another order has it."""
        asked, accession = arrival.asked, arrival.event.order.accession
        known = _one(tx, asked.search) if asked.search else None
        if known not in (None, accession):
            raise _another_order("the order with this identifier")
        kept = fhir_orders.find(tx, accession)
        own = kept.id if kept else resource_id(accession)
        id_ = asked.id or (str(arrival.resource.get("id") or own) if asked.search else own)
        if asked.search and known and arrival.resource.get("id") not in (None, own):
            raise Malformed("the resource has another id", location="ServiceRequest.id")
        if named(tx, id_) not in (None, accession):
            raise _another_order(f"the order {id_}")
        return id_

    def _keep(self, tx: sa.Connection, arrival: Arrival, taken: Taken) -> None:
        resource = arrival.resource
        identifiers = (each for each in resource.get("identifier") or [] if value(each))
        kept = KeptOrder(
            taken.accession,
            taken.id,
            write_object(resource).encode(),
            _digest(arrival),
            self._house.now(),
        )
        numbers = ((each.get("system") or "", value(each)) for each in identifiers)
        fhir_orders.keep(tx, kept, numbers)


def named(tx: sa.Connection, id_: str) -> Accession | None:
    """The study that a logical id names: one that it came under, else its accession."""
    known = fhir_orders.accession_of(tx, id_)
    if known is None and studies.find(tx, id_) is not None:
        return Accession(id_)
    return known


def resource_id(accession: str) -> str:
    """The logical id of an order: its accession, or a hash of one that FHIR ids cannot hold."""
    return accession if is_id(accession) else sha256_hex(accession.encode())


def is_id(text: str) -> bool:
    """Whether it can be a logical id."""
    return _ID.fullmatch(text) is not None and text.strip(".") != ""


def check_id(id_: str, resource: Json) -> None:
    """Raise Malformed unless the resource has the id of its address (R4 3.1.0.7)."""
    if not is_id(id_) or resource.get("id") != id_:
        raise Malformed(
            "the id of the resource must be the id in the address, 1 to 64 of A-Z a-z 0-9 . -",
            location="ServiceRequest.id",
            code="value",
        )


def _one(tx: sa.Connection, search: str) -> Accession | None:
    found = fhir_orders.of_identifiers(tx, identifier_search(search), 2)
    if len(found) > 1:
        raise PreconditionFailed(
            "several orders have this identifier; name one by a number of its own",
            location="ServiceRequest.identifier",
            code="multiple-matches",
        )
    return found[0] if found else None


def _known(tx: sa.Connection, accession: Accession) -> Taken:
    kept = fhir_orders.find(tx, accession)
    return Taken(accession, kept.id if kept else resource_id(accession), 0, False, False)


def _another_order(which: str) -> Conflict:
    return Conflict(
        f"{which} has another accession number than this resource",
        location="ServiceRequest.identifier",
        code="conflict",
    )


def _check_version(if_match: str, study: Study | None) -> None:
    asked = _ETAG.fullmatch(if_match)
    version = study.version if study else None
    same = asked is not None and version == int(asked[1])
    if not same and not (if_match == "*" and version):
        now = f'it is W/"{version}" now' if version else "there is no such order"
        raise PreconditionFailed(f"If-Match does not hold: {now}", code="conflict")


def _is_repeat(tx: sa.Connection, arrival: Arrival, study: Study | None) -> bool:
    """Whether it came last as it comes now; an update also takes back what others changed."""
    kept = fhir_orders.find(tx, arrival.event.order.accession)
    if study is None or kept is None or kept.digest != _digest(arrival):
        return False
    if not arrival.asked.is_update:
        return True
    event = arrival.event
    return study.order == event.order and event.status in (None, study.order_status)


def _digest(arrival: Arrival) -> str:
    """Of what an order says, without what servers count up by themselves."""
    told = {name: each for name, each in arrival.resource.items() if name not in ("id", "meta")}
    said = f"{write_object(told)}\n{to_json(arrival.event)}"
    return sha256_hex(said.encode())
