"""The worklist and everything that is known of one study."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.review import ReviewState
from adapter.domain.study import ReportStatus, Study
from adapter.errors import Rejected
from adapter.store import communications, deliveries, dictations, differences, studies
from adapter.web.ai_answers import FindingsTaken
from adapter.web.answers import CommunicationView, Event, StudyList, StudyView
from adapter.web.bodies import Told
from adapter.web.callers import OwnName
from adapter.web.requests import House, InPath, RawBody, check_media_type, practitioner
from adapter.web.views import (
    communication_view,
    delivery_view,
    dictation_view,
    difference_view,
    order_view,
    source_taken,
    study_row,
    transcript_view,
)
from adapter.workflow import ai_results
from adapter.workflow import communications as telling
from adapter.workflow.ai_modes import visible

router = APIRouter(prefix="/api/studies", tags=["studies"], dependencies=[OwnName])


class Worklist(StrEnum):
    """The saved queues."""

    ALL = "all"
    UNREAD = "unread"
    DRAFTS = "drafts"
    WET_READ = "wet-read"
    PENDING_SIGNATURE = "pending-signature"
    SIGN_REJECTED = "sign-rejected"
    PRELIMINARY = "preliminary"
    SIGNED = "signed"
    ADDENDED = "addended"
    CORRECTED = "corrected"
    DELIVERY_FAILED = "delivery-failed"


_STATUS = {
    Worklist.ALL: None,
    Worklist.UNREAD: ReportStatus.NONE,
    Worklist.DRAFTS: ReportStatus.DRAFT,
    Worklist.PRELIMINARY: ReportStatus.PRELIMINARY,
    Worklist.SIGNED: ReportStatus.FINAL,
    Worklist.ADDENDED: ReportStatus.ADDENDED,
    Worklist.CORRECTED: ReportStatus.CORRECTED,
}
_REVIEW = {
    Worklist.WET_READ: ReviewState.WET_READ,
    Worklist.PENDING_SIGNATURE: ReviewState.PENDING_SIGNATURE,
    Worklist.SIGN_REJECTED: ReviewState.SIGN_REJECTED,
}
_FINDINGS_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ai_results.findings_schema()}},
    }
}


@router.get("")
def worklist(
    parts: House,
    queue: Worklist = Worklist.ALL,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    order_number: Annotated[str, Query(max_length=200)] = "",
) -> StudyList:
    """Studies of a queue, most recently changed first; or those of an order's number alone."""
    with parts.house.database.read() as tx:
        if order_number:
            found = studies.of_order(tx, order_number)
            return StudyList(studies=[study_row(each) for each in found], next_offset=None)
        page = _page(tx, queue, limit + 1, offset)
    more = offset + limit if len(page) > limit else None
    return StudyList(studies=[study_row(each) for each in page[:limit]], next_offset=more)


def _page(tx: sa.Connection, queue: Worklist, limit: int, offset: int) -> list[Study]:
    if queue is Worklist.DELIVERY_FAILED:
        return studies.with_held_deliveries(tx, limit, offset)
    if queue in _REVIEW:
        return studies.in_review(tx, _REVIEW[queue], limit, offset)
    return studies.listed(tx, _STATUS[queue], limit, offset)


@router.get("/{accession}")
def study(accession: InPath, parts: House) -> StudyView:
    """The order, dictations with their transcripts, deliveries with their answers, history."""
    with parts.house.database.read() as tx:
        known = studies.get(tx, accession)
        compared = differences.latest(tx, accession)
        return StudyView(
            **study_row(known).model_dump(exclude={"patient"}),
            patient=study_row(known).patient,
            version=known.version,
            order=order_view(known.order),
            dictations=[dictation_view(each) for each in dictations.of_study(tx, accession)],
            transcripts=[transcript_view(each) for each in dictations.transcripts(tx, accession)],
            ai_findings=len(visible(tx, known, parts.house.tables)),
            communications=[
                communication_view(each) for each in communications.of_study(tx, accession)
            ],
            deliveries=[delivery_view(each) for each in deliveries.of_study(tx, accession)],
            difference=difference_view(compared) if compared else None,
            history=[
                Event(at=at, event=event, detail=detail)
                for at, event, detail in studies.events(tx, accession)
            ],
        )


@router.post("/{accession}/ai-findings", status_code=202, openapi_extra=_FINDINGS_BODY)
def add_findings(request: Request, accession: InPath, body: RawBody, parts: House) -> FindingsTaken:
    """Store draft findings of AI models; the report follows."""
    check_media_type(request, "application/json")
    try:
        taken = ai_results.receive(parts.house, accession, body)
    except Rejected as error:
        parts.intake.store([_refused(request, body, parts.house.now(), str(error))])
        raise
    return FindingsTaken(
        accession=accession,
        findings=sum(each.findings for each in taken),
        sources=[source_taken(each) for each in taken],
    )


@router.post("/{accession}/communications", status_code=201)
def communicate(accession: InPath, body: Told, parts: House) -> CommunicationView:
    """Record that a finding was told to somebody who can act on it, before or after signing."""
    made = telling.record(
        parts.house,
        accession,
        finding=body.finding,
        identified_at=body.identified_at,
        sender=practitioner(body.sender),
        receiver=body.receiver,
        received_at=body.received_at,
        method=body.method,
    )
    return communication_view(made)


def _refused(request: Request, body: bytes, at: str, why: str) -> InboundMessage:
    """What is kept of findings that were refused, for inspection."""
    sha256 = sha256_hex(body)
    peer = f"{request.client.host}:{request.client.port}" if request.client else ""
    return InboundMessage(
        protocol="http",
        peer=peer,
        sender=request.client.host if request.client else "http",
        control_id=sha256[:20],
        type="AI findings",
        body=body,
        body_sha256=sha256,
        received_at=at,
        refusal=why,
    )
