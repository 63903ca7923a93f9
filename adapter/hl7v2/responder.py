"""Answers that wait until a message is applied: order responses, deferred application ACKs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from enum import Enum
from fnmatch import fnmatchcase

from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.outcome import Outcome
from adapter.errors import ReadoutError, TryAgain
from adapter.hl7v2.ack import Verdict, wanted
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import read_numbers
from adapter.hl7v2.responses import accessions_in, response_lines
from adapter.mapping.hl7_orders import OrderMapping

_log = logging.getLogger(__name__)

OutcomeOf = Callable[[InboundMessage, Collection[str], Collection[str], float], Outcome]
"""What became of a message, of the studies of its accessions and of its placer numbers; waits so
many seconds, blocking."""

Write = Callable[[str, ReadoutError | None, str], bytes]
"""MSH, MSA and ERR from MSA-1, what was wrong, and MSH-9 (empty: ACK)."""


class Turn(Enum):
    """When the later answer is given."""

    INSTEAD = "instead"  # in the place of the answer that is given as soon as it is stored
    AFTER = "after"  # as a message of its own, once the accept acknowledgement was given


class Responder:
    """Answers of one listener that tell what became of a message."""

    def __init__(self, mapping: OrderMapping, outcome_of: OutcomeOf) -> None:
        self.mapping, self._outcome_of = mapping, outcome_of
        self._marks: dict[str, tuple[bytes, ...]] = {}  # by field separator

    def turn(self, header: Header, body: bytes) -> Turn | None:
        """Whether a later answer is asked for (MSH-15, MSH-16, the mapping), and when. Cheap."""
        msh = header.segment
        accept, application = msh.field(15), msh.field(16)
        if not accept and not application:
            return Turn.INSTEAD if self._is_wanted(header, body) else None
        if msh.text(16).upper() not in ("AL", "SU", "ER"):
            return None
        if (asked := msh.text(15).upper()) in ("AL", "SU", "ER"):
            return Turn.AFTER
        is_order = asked in ("", "NE") and header.type in self.mapping.responses.messages
        return Turn.INSTEAD if is_order else None

    def answer(self, message: InboundMessage, header: Header, write: Write) -> bytes | None:
        """The answer once the message is applied; None where MSH-16 wants none. Blocking."""
        try:
            return self._answer(message, header, write)
        except Exception:  # a fault of ours: the message is stored, its sender may ask again
            _log.exception("the answer to a HL7 v2 message could not be made")
            fault = TryAgain("the message is stored; its answer could not be made, ask again")
            return write("AE", fault, "")

    def _is_wanted(self, header: Header, body: bytes) -> bool:
        rule = self.mapping.responses
        if header.type not in rule.messages:
            return False
        separator = header.delimiters.field
        for mark in self._marks.get(separator) or self._marked(separator):
            if mark in body:
                return True
        return bool(rule.senders) and any(fnmatchcase(header.sender, each) for each in rule.senders)

    def _marked(self, separator: str) -> tuple[bytes, ...]:
        """How ORC begins where it holds a control that is always answered so."""
        controls = sorted(self.mapping.responses.controls)
        marks = tuple(f"ORC{separator}{control}".encode() for control in controls)
        self._marks[separator] = marks  # at most one for each sign that may separate fields
        return marks

    def _answer(self, message: InboundMessage, header: Header, write: Write) -> bytes | None:
        kind = self.mapping.responses.messages.get(header.type, "")
        parsed = Message.of(message.body, header, self.mapping.fallback_charset)
        outcome = self._outcome(message, parsed if kind else None)
        refusal = ReadoutError(outcome.reason) if outcome.state is MessageState.REFUSED else None
        verdict = Verdict.ERROR if refusal else Verdict.ACCEPT
        if (asked := header.segment.text(16).upper()) and asked not in wanted(verdict):
            return None
        head = write(f"A{verdict.value}", refusal, kind)
        if not kind or outcome.state is not MessageState.APPLIED:
            return head
        lines = response_lines(parsed, self.mapping, outcome)
        return head + b"".join(line + b"\r" for line in lines)

    def _outcome(self, message: InboundMessage, order: Message | None) -> Outcome:
        """What became of a message, and of the orders in it."""
        accessions, placers = list[str](), list[str]()
        if order is not None:
            accessions = list(accessions_in(order, self.mapping))
            placers = [each.placer_number for each in read_numbers(order, self.mapping)]
        return self._outcome_of(message, accessions, placers, self.mapping.responses.wait_seconds)
