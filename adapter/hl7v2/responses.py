"""What an answer tells of each order: the groups of ORR^O02, ORG^O20 and ORI^O24 (chapter 4)."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.order import OrderAction, OrderStatus
from adapter.domain.outcome import Outcome
from adapter.domain.study import ReportStatus, Study
from adapter.hl7v2.escape import escape
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.request import Request
from adapter.mapping.hl7_orders import OrderControl, OrderMapping

_SIGNED = ReportStatus.signed()


def accessions_in(message: Message, mapping: OrderMapping) -> tuple[str, ...]:
    """The accession numbers that the orders of a message name."""
    found = (request.first(mapping.accession) for request, _ in _orders(message))
    return tuple(dict.fromkeys(filter(None, found)))


def response_lines(message: Message, mapping: OrderMapping, outcome: Outcome) -> list[bytes]:
    """PID, then ORC, OBR and IPC of each order: as they came, with what became of it in ORC."""
    pid = message.first("PID")
    lines = [_as_it_came(message, pid)] if pid else []
    for request, rest in _orders(message):
        lines.append(_orc(message, request, mapping, outcome))
        lines += [_as_it_came(message, each) for each in rest]
    return lines


def _orders(message: Message) -> Iterator[tuple[Request, list[Segment]]]:
    """(ORC with OBR and the first IPC, the OBR and IPC that follow it) for each OBR or bare ORC."""
    orc: Segment | None = None
    found: dict[str, Segment] = {}
    rest: list[Segment] = []
    for segment in message.segments:
        if segment.name in ("ORC", "OBR") and found and (segment.name == "ORC" or "OBR" in found):
            yield Request(0, found), rest
            found, rest = ({"ORC": orc} if orc and segment.name == "OBR" else {}), []
        if segment.name == "ORC":
            orc = segment
        if segment.name in ("ORC", "OBR", "IPC") and orc is not None:
            found.setdefault(segment.name, segment)
            rest += [segment] if segment.name != "ORC" else []
    if found:
        yield Request(0, found), rest


def _orc(message: Message, request: Request, mapping: OrderMapping, outcome: Outcome) -> bytes:
    orc, signs = request.segments["ORC"], message.header.delimiters
    asked = orc.text(1).strip().upper()
    study = outcome.studies.get(request.first(mapping.accession))
    number = outcome.numbers.get(orc.text(2).strip(), "")
    done = _is_done(mapping.controls.get(asked), orc.text(5).strip().upper(), study, number)
    rule = mapping.responses
    fields = [orc.field(each) for each in range(max(6, len(orc.raw)))]
    fields[1] = rule.accepted.get(asked, "OK") if done else rule.refused.get(asked, "UA")
    fields[3] = escape(number, signs) or fields[3] or escape(_filler(study), signs)
    fields[5] = _status(study, mapping) or fields[5]
    return signs.field.join(fields).rstrip(signs.field).encode(message.charset, "replace")


def _is_done(control: OrderControl | None, status: str, study: Study | None, number: str) -> bool:
    if control is None:
        return False
    if control.action is OrderAction.NUMBER:
        return bool(number)
    if control.action is OrderAction.STATUS:
        return study is not None
    return study is not None and status in control.statuses


def _filler(study: Study | None) -> str:
    return study.order.filler_number or study.order.accession if study else ""


def _status(study: Study | None, mapping: OrderMapping) -> str:
    """ORC-5: a signed report completes its order, whatever came before."""
    if study is None:
        return ""
    status = OrderStatus.COMPLETED if study.report_status in _SIGNED else study.order_status
    return mapping.responses.statuses.get(status, "")


def _as_it_came(message: Message, segment: Segment) -> bytes:
    return message.body[segment.start : segment.end]
