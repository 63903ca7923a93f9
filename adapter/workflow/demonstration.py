"""The demonstration's orders, as if an EHR had just sent them: something to look at on day one."""

from __future__ import annotations

from pathlib import Path

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.hl7v2.message import Header
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House

_ORDERS = Path(__file__).resolve().parent.parent / "demo_data" / "orders"
_SENDER = "DEMONSTRATION"


def add_orders(house: House, intake: Intake) -> int:
    """Store the HL7 v2 orders of the demonstration; how many. Twice changes nothing."""
    bodies = [path.read_bytes() for path in sorted(_ORDERS.glob("*.hl7"))]
    intake.store([_message(body, house.now()) for body in bodies])
    return len(bodies)


def _message(body: bytes, now: str) -> InboundMessage:
    head = Header.parse(body)
    return InboundMessage(
        protocol="hl7v2",
        peer="workspace",
        sender=_SENDER,
        control_id=head.control_id,
        type=head.type,
        body=body,
        body_sha256=sha256_hex(body),
        received_at=now,
    )
