"""Every message that is taken, by its type: checked at the door, read as events afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapter.domain.event import Event
from adapter.errors import Unsupported
from adapter.hl7v2.ai_results import read_ai_results
from adapter.hl7v2.appointments import read_appointment
from adapter.hl7v2.doors import protocol_of
from adapter.hl7v2.message import Message
from adapter.hl7v2.message_types import check_type, type_of
from adapter.hl7v2.orders import check_orders, read_numbers, read_orders
from adapter.hl7v2.outside_reports import read_reports
from adapter.hl7v2.patients import read_patients
from adapter.mapping.ai_codes import AiCodes
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.listeners import DEFAULT_ORDERS
from adapter.mapping.message_table import MessageMapping


class MessageReader:
    """Reads by the site's orders.yaml and messages.yaml."""

    def __init__(
        self, orders: OrderMapping, messages: MessageMapping, codes: AiCodes | None = None
    ) -> None:
        self._orders, self._messages, self._codes = orders, messages, codes or AiCodes()
        reports = frozenset(kind for source in messages.reports for kind in source.messages)
        results = frozenset(kind for source in messages.ai_results for kind in source.messages)
        others = frozenset((*messages.patients, *messages.appointments))
        self._taken = orders.messages | others | reports | results

    def check(self, message: Message) -> None:
        """Raise Rejected for what `read` would refuse: for the listener's door."""
        if message.header.type in self._orders.messages:
            check_orders(message, self._orders)
        else:
            self._others(message)

    def read(self, body: bytes) -> Sequence[Event]:
        """The events of a stored message; raises Rejected."""
        message = Message.parse(body, self._orders.fallback_charset)
        if message.header.type in self._orders.messages:
            orders = read_orders(message, self._orders)
            return (*orders, *read_numbers(message, self._orders))
        return self._others(message)

    def _others(self, message: Message) -> Sequence[Event]:
        kind = type_of(message)
        check_type(kind, self._taken)
        if kind in self._messages.patients:
            return read_patients(message, self._messages.patients[kind], self._orders)
        if kind in self._messages.appointments:
            rule = self._messages.appointments[kind]
            return (read_appointment(message, rule, self._messages, self._orders),)
        engine = self._messages.ai_source(kind, message.header.sender)
        if engine is not None:
            return read_ai_results(message, engine, self._orders, self._codes)
        source = self._messages.source(kind, message.header.sender)
        if source is None:
            raise Unsupported(
                f"reports ({kind}) of this sender are not taken; "
                "name its MSH-3 and MSH-4 under `reports` or `ai_results` in messages.yaml",
                location="MSH^1^3",
                code="not-supported",
            )
        return read_reports(message, source, self._messages, self._orders)


class Readers(dict[str, Callable[[bytes], Sequence[Event]]]):
    """Who reads the stored messages of a protocol."""

    def __missing__(self, protocol: str) -> Callable[[bytes], Sequence[Event]]:
        """A listener's own mapping file is gone: the default one reads what it has stored."""
        return self["fhir" if protocol.startswith("fhir") else protocol_of(DEFAULT_ORDERS)]
