"""A message as it came through a door, before anybody understood it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from adapter.domain.identifiers import Phi
from adapter.domain.order import Order


class MessageState(StrEnum):
    """What became of a stored message."""

    RECEIVED = "received"  # stored and accepted, not yet applied
    APPLIED = "applied"
    WAITING = "waiting"  # an AI result whose study has no order here yet; applied when it comes
    REFUSED = "refused"  # kept for inspection with its reason
    DUPLICATE = "duplicate"  # the same sender, control id and body were stored before


class InboundMessage(NamedTuple):
    """The bytes as received, the source of truth. `refusal` is set when the door refused them."""

    protocol: str  # "hl7v2" or "fhir"; "hl7v2:orders/x.yaml" where that mapping file reads it
    peer: str  # address of the sender, e.g. "127.0.0.1:50514"
    sender: str  # MSH-3|MSH-4, or the FHIR client
    control_id: str  # MSH-10; a hash where the protocol has none
    type: str  # "ORM^O01", "ServiceRequest"
    body: bytes
    body_sha256: str
    received_at: str  # ISO 8601, UTC
    refusal: str = ""
    owed_by: str = ""  # listener that has yet to tell the sender what became of it


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """By what a message is found, as far as it can be read, also where it is refused."""

    accessions: tuple[str, ...] = ()
    patient_numbers: tuple[Phi, ...] = ()  # every identifier, whoever issued it
    order_numbers: tuple[str, ...] = ()  # of the placer and of the filler
    orders: tuple[Order, ...] = ()  # as far as access.yaml looks at one; of patients with a number
