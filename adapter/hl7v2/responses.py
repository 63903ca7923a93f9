"""What an answer tells of each order: the groups of ORR^O02, ORG^O20 and ORI^O24 (chapter 4)."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.order import OrderAction, OrderName, OrderStatus
from adapter.domain.outcome import Outcome
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus, Study
from adapter.hl7v2.escape import escape
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.order_fields import numbers_of
from adapter.hl7v2.request import Request
from adapter.hl7v2.subject import patient_of
from adapter.mapping.hl7_orders import Detail, OrderControl, OrderMapping

_SIGNED = ReportStatus.signed()
_ASKED = (OrderAction.NUMBER, OrderAction.STATUS)


def names_in(message: Message, mapping: OrderMapping) -> tuple[OrderName, ...]:
    """What the orders of a message are called."""
    patient = patient_of(message, mapping)
    found = (_name(request, patient, mapping) for request, _ in _orders(message))
    return tuple(dict.fromkeys(found))


def response_lines(
    message: Message, mapping: OrderMapping, outcome: Outcome, *, refused: bool = False
) -> list[bytes]:
    """PID, then ORC, OBR and IPC of each order: as they came, with what became of it in ORC.

    Only of the orders of which ORC-6 wants to hear; none of a message that is `refused` was done.
    """
    patient, lines = patient_of(message, mapping), list[bytes]()
    for request, rest in _orders(message):
        study = outcome.studies.get(_name(request, patient, mapping))
        orc = request.segments["ORC"]
        control = mapping.controls.get(_control(orc))
        number = outcome.numbers.get(orc.text(2).strip(), "")
        done = not refused and _is_done(control, orc.text(5).strip().upper(), study, number)
        if _is_told(orc, done, mapping):
            lines.append(_orc(message, orc, mapping, study, number, done=done))
            lines += [_as_it_came(message, each) for each in rest]
    pid = message.first("PID")
    return [_as_it_came(message, pid), *lines] if pid and lines else lines


def _name(request: Request, patient: Patient, mapping: OrderMapping) -> OrderName:
    return OrderName(patient, request.first(mapping.accession), *numbers_of(request))


def _control(orc: Segment) -> str:
    return orc.text(1).strip().upper()


def _is_told(orc: Segment, done: bool, mapping: OrderMapping) -> bool:
    """Whether ORC-6 asks for this order in the answer; what was asked is always told."""
    rule, asked = mapping.responses, _control(orc)
    detail = rule.detail(orc.text(6))
    if detail in (Detail.NONE, Detail.ALL):
        return detail is Detail.ALL
    control = mapping.controls.get(asked)
    replaces = detail is Detail.REPLACEMENTS and asked in rule.replacing
    return not done or replaces or (control is not None and control.action in _ASKED)


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


def _orc(
    message: Message,
    orc: Segment,
    mapping: OrderMapping,
    study: Study | None,
    number: str,
    *,
    done: bool,
) -> bytes:
    rule, asked, signs = mapping.responses, _control(orc), message.header.delimiters
    fields = [orc.field(each) for each in range(max(6, len(orc.raw)))]
    fields[1] = rule.accepted.get(asked, "OK") if done else rule.refused.get(asked, "UA")
    fields[3] = escape(number, signs) or fields[3] or escape(_filler(study), signs)
    fields[5] = _status(study, mapping) or fields[5]
    line = signs.field.join(fields).rstrip(signs.field)
    return _one_line(message, line.encode(message.charset, "replace"))


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
    return _one_line(message, message.body[segment.start : segment.end])


def _one_line(message: Message, line: bytes) -> bytes:
    """A line feed is data where CR ends segments; to a reader of the answer it might end one."""
    mark = message.header.delimiters.escape
    return line.replace(b"\n", f"{mark}X0A{mark}".encode() if mark else b" ")
