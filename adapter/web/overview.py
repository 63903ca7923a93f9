"""The overview page: studies, held deliveries, refused messages; plain HTML, no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter.domain.delivery import DeliveryState
from adapter.domain.message import MessageState
from adapter.domain.study import Study
from adapter.store import deliveries, messages, studies
from adapter.store.deliveries import OwedDelivery
from adapter.store.messages import StoredMessage
from adapter.web.requests import House

router = APIRouter(tags=["pages"])

_SHOWN = 50
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886;
  vertical-align: top; overflow-wrap: break-word; }
th { font-weight: 600; } .stat { font-weight: 700; } p.none { opacity: .75; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


@router.get("/", response_class=HTMLResponse)
def overview(parts: House) -> HTMLResponse:
    """What is in the house now."""
    with parts.house.database.read() as tx:
        recent = studies.listed(tx, None, _SHOWN, 0)
        held = deliveries.of_state(tx, DeliveryState.HELD, _SHOWN)
        refused = messages.recent(tx, _SHOWN, MessageState.REFUSED)
    body = _studies(recent) + _held(held) + _refused(refused)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Readout</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>Readout</h1>{body}</main></body></html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _studies(rows: Sequence[Study]) -> str:
    head = "Accession|Patient|MRN|Procedure|Modality|Priority|Order|Report|Changed"
    return _table("Studies", head, map(_study, rows), "No order or dictation has come yet.")


def _study(one: Study) -> tuple[str, ...]:
    order, patient = one.order, one.order.patient
    name = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    return (
        order.accession,
        name,
        patient.mrn.reveal(),
        order.procedure.text or order.procedure.code,
        order.modality,
        order.priority,
        one.order_status,
        one.report_status,
        _minute(one.updated_at),
    )


def _held(rows: Sequence[OwedDelivery]) -> str:
    head = "Control id|Accession|Destination|Kind|Answer|Reason|Issued"
    cells = (
        (
            each.delivery.control_id,
            each.delivery.accession,
            each.delivery.destination,
            each.delivery.kind,
            each.delivery.answer,
            each.delivery.answer_text,
            _minute(each.issued_at),
        )
        for each in rows
    )
    return _table("Deliveries that wait for a person", head, cells, "None is held.")


def _refused(rows: Sequence[StoredMessage]) -> str:
    head = "Received|Protocol|Sender|Type|Control id|Reason"
    cells = (
        (
            _minute(each.received_at),
            each.protocol,
            each.sender,
            each.type,
            each.control_id,
            each.reason,
        )
        for each in rows
    )
    return _table("Refused messages", head, cells, "None was refused.")


def _minute(moment: str) -> str:
    """ISO 8601 as a person reads it, UTC."""
    return moment[:16].replace("T", " ") + " UTC"


def _table(title: str, head: str, rows: Iterable[tuple[str, ...]], none: str) -> str:
    lines = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    if not lines:
        return f'<section><h2>{escape(title)}</h2><p class="none">{escape(none)}</p></section>'
    names = "".join(f'<th scope="col">{escape(each)}</th>' for each in head.split("|"))
    return (
        f"<section><h2>{escape(title)}</h2><table><thead><tr>{names}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></section>"
    )
