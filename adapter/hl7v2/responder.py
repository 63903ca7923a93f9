"""Answers that wait until a message is applied: order responses, deferred application ACKs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache

from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import OrderName
from adapter.domain.outcome import Outcome
from adapter.errors import Malformed, ReadoutError, TooLarge, TryAgain
from adapter.hl7v2.ack import Verdict, verdict, wanted
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import read_numbers
from adapter.hl7v2.responses import names_in, response_lines
from adapter.mapping.hl7_orders import Detail, OrderMapping

_log = logging.getLogger(__name__)

OutcomeOf = Callable[[InboundMessage, Collection[OrderName], Collection[str], float], Outcome]
"""What became of a message, of the studies of its orders and of its placer numbers; waits so many
seconds, blocking."""

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
        senders = mapping.responses.senders
        self._is_named = lru_cache(maxsize=256)(
            lambda sender: any(fnmatchcase(sender, each) for each in senders)
        )

    def turn(self, header: Header, body: bytes) -> Turn | None:
        """Whether a later answer is asked for (MSH-15, MSH-16, the mapping), and when. Cheap."""
        accept, application = header.form.accept, header.form.application
        if not accept and not application:
            return Turn.INSTEAD if self._is_wanted(header, body) else None
        if application not in ("AL", "SU", "ER"):
            return None
        if accept in ("AL", "SU", "ER"):
            return Turn.AFTER
        is_order = accept in ("", "NE") and header.type in self.mapping.responses.messages
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
        if not _asking(header.delimiters.field, rule.controls).search(body):
            return self._is_named(header.sender)
        asked = list(_controls(header, body))
        flags = {rule.flags[flag] for _, flag in asked if flag in rule.flags and flag}
        if flags:
            return flags != {Detail.NONE}
        if not rule.controls.isdisjoint([control for control, _ in asked]):
            return True
        return self._is_named(header.sender)

    def refusal(
        self, header: Header, body: bytes, refusal: ReadoutError, write: Write
    ) -> bytes | None:
        """The answer to orders that were refused at the door; None where a bare ACK is wanted."""
        kind = self.mapping.responses.messages.get(header.type, "")
        if not kind or isinstance(refusal, Malformed | TooLarge):  # not to be read, not whole
            return None
        if self.turn(header, body) is not Turn.INSTEAD:
            return None
        code = f"A{verdict(refusal).value}"
        try:
            lines = self._lines(Message.of(body, header, self.mapping.fallback_charset), None)
        except Exception:  # a fault of ours: a bare ACK tells the refusal all the same
            _log.exception("the answer to refused orders could not be made")
            return None
        return write(code, refusal, kind) + lines

    def _answer(self, message: InboundMessage, header: Header, write: Write) -> bytes | None:
        kind = self.mapping.responses.messages.get(header.type, "")
        parsed = Message.of(message.body, header, self.mapping.fallback_charset)
        outcome = self._outcome(message, parsed if kind else None)
        refused = outcome.state is MessageState.REFUSED
        refusal = ReadoutError(outcome.reason) if refused else None
        found = Verdict.ERROR if refused else Verdict.ACCEPT
        if (asked := header.form.application) and asked not in wanted(found):
            return None
        head = write(f"A{found.value}", refusal, kind)
        if not kind or outcome.state is MessageState.RECEIVED:
            return head
        return head + self._lines(parsed, outcome)

    def _lines(self, message: Message, outcome: Outcome | None) -> bytes:
        """The groups of the orders; `outcome` None: refused at the door."""
        told = outcome or Outcome(MessageState.REFUSED)
        refused = told.state is MessageState.REFUSED
        lines = response_lines(message, self.mapping, told, refused=refused)
        return b"".join(line + b"\r" for line in lines)

    def _outcome(self, message: InboundMessage, order: Message | None) -> Outcome:
        """What became of a message, and of the orders in it."""
        names, placers = list[OrderName](), list[str]()
        if order is not None:
            names = list(names_in(order, self.mapping))
            placers = [each.placer_number for each in read_numbers(order, self.mapping)]
        return self._outcome_of(message, names, placers, self.mapping.responses.wait_seconds)


def _controls(header: Header, body: bytes) -> Iterator[tuple[str, str]]:
    """(ORC-1, ORC-6) of each ORC, without reading the message."""
    for found in _orc(header.delimiters.field).finditer(body):
        control, flag = found[1], found[2] or b""
        yield control.decode("latin-1").upper().strip(), flag.decode("latin-1").upper().strip()


@lru_cache(maxsize=8)
def _asking(separator: str, controls: frozenset[str]) -> re.Pattern[bytes]:
    """An ORC with one of these in ORC-1, or with anything in ORC-6."""
    orc, field, sign = _parts(separator)
    named = b"|".join(re.escape(each.encode("latin-1", "replace")) for each in sorted(controls))
    control = rb"\s*(?i:%b)\s*(?=%b|[\r\n]|\Z)" % (named or rb"(?!)", sign)
    flag = (field + sign) * 5 + rb"[^\r\n%b]" % sign
    return re.compile(rb"%b(?:%b|%b)" % (orc, control, flag))


@lru_cache(maxsize=8)
def _orc(separator: str) -> re.Pattern[bytes]:
    """ORC-1, and ORC-6 where there is one."""
    orc, field, sign = _parts(separator)
    between = (sign + field) * 4 + sign
    return re.compile(rb"%b(%b)(?:%b(%b))?" % (orc, field, between, field))


def _parts(separator: str) -> tuple[bytes, bytes, bytes]:
    """Patterns of the beginning of an ORC, of a field, and of the separator."""
    sign = re.escape(separator.encode("latin-1"))
    begin = rb"ORC%b(?<=[\r\n]ORC%b)" % (sign, sign)  # what begins with letters is found fast
    return begin, rb"[^\r\n%b]*+" % sign, sign
