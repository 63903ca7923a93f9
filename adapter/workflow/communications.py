"""An urgent finding is told to somebody: the record is stored, and the report is checked again."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.domain.audit import Verb
from adapter.domain.communication import Communication
from adapter.domain.identifiers import Accession
from adapter.domain.people import Practitioner
from adapter.errors import Rejected
from adapter.store import audit, communications, studies
from adapter.workflow.study_flow import MERGE, House, iso

_MOST = 1_000  # records of one study


def record(
    house: House,
    accession: Accession,
    *,
    finding: str,
    identified_at: datetime,
    sender: Practitioner,
    receiver: str,
    received_at: datetime,
    method: str,
) -> Communication:
    """Store who was told what, before or after signing; times are aware. Raises Rejected."""
    if received_at < identified_at:
        raise Rejected("it cannot be received before it was identified", location="/received_at")
    with house.database.write() as tx:
        studies.get(tx, accession, lock=True)
        known = communications.of_study(tx, accession)
        made = Communication(
            id=f"c-{len(known) + 1}",
            finding=finding,
            identified_at=iso(identified_at.astimezone(UTC)),
            sender=sender.id,
            receiver=receiver,
            received_at=iso(received_at.astimezone(UTC)),
            method=method,
            minutes=(received_at - identified_at).total_seconds() / 60,
        )
        if len(known) >= _MOST:
            raise Rejected(f"the study has {_MOST} records already", location="/")
        communications.add(tx, accession, made)
        studies.note(tx, accession, house.now(), "communicated", f"{made.id} by {sender.id}")
        audit.tell(tx, Verb.CREATE, accession, f"communication {made.id}", person=sender.id)
        house.jobs.put(tx, MERGE, f"{accession}/{made.id}", lane=accession)
    return made
