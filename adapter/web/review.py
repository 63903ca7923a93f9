"""Before the signature: wet read, handing over and back, who has a study open, what would leave."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from adapter.domain.delivery import DeliveryKind
from adapter.domain.people import Practitioner
from adapter.domain.review import StudyLock
from adapter.store import reviews, studies
from adapter.web.answers import (
    DictationView,
    LockView,
    PreviewList,
    PreviewView,
    ReportView,
    ReviewView,
    StepView,
)
from adapter.web.bodies import ByPerson, HandBack, HandOver, LockAsked, Signature, Typed
from adapter.web.callers import OwnName
from adapter.web.parts import Parts
from adapter.web.reports import report_view
from adapter.web.requests import House, InPath, practitioner
from adapter.web.views import dictation_view, person_view
from adapter.workflow.review import leave, lock_of, take_lock

router = APIRouter(prefix="/api/studies/{accession}", tags=["review"], dependencies=[OwnName])


@router.post("/text", status_code=201)
def type_in(accession: InPath, body: Typed, parts: House) -> DictationView:
    """Words typed instead of spoken go into the report the same way."""
    return dictation_view(parts.dictations.type_in(accession, body.text, body.key, body.person.id))


@router.get("/review")
def review(accession: InPath, parts: House) -> ReviewView:
    """Where the report stands between people, each step on the way, and who has it open."""
    return review_view(parts, accession)


@router.post("/report/wet-read")
def wet_read(accession: InPath, body: Signature, parts: House) -> ReportView:
    """Release the report as a preliminary interpretation."""
    who = practitioner(body.person)
    return report_view(parts.review.wet_read(accession, who, body.version))


@router.post("/report/hand-over")
def hand_over(accession: InPath, body: HandOver, parts: House) -> ReviewView:
    """The report is prepared and waits for a signature."""
    parts.review.hand_over(accession, practitioner(body.person), body.version, body.to)
    return review_view(parts, accession)


@router.post("/report/hand-back")
def hand_back(accession: InPath, body: HandBack, parts: House) -> ReviewView:
    """The report is not signed, for this reason."""
    parts.review.hand_back(accession, practitioner(body.person), body.reason)
    return review_view(parts, accession)


@router.post("/report/recall")
def recall(accession: InPath, body: ByPerson, parts: House) -> ReviewView:
    """The one who handed it over goes on with it."""
    parts.review.recall(accession, practitioner(body.person))
    return review_view(parts, accession)


@router.post("/lock")
def lock(accession: InPath, body: LockAsked, parts: House) -> LockView:
    """Open a study to report it; answers who has it open, which may be somebody else."""
    who = practitioner(body.person)
    return _lock_view(take_lock(parts.house, accession, who, take_over=body.take_over))


@router.post("/unlock")
def unlock(accession: InPath, body: ByPerson, parts: House) -> ReviewView:
    """Close a study."""
    leave(parts.house, accession, practitioner(body.person))
    return review_view(parts, accession)


@router.get("/report/preview")
def preview(
    accession: InPath,
    parts: House,
    person: Annotated[str, Query(min_length=1, max_length=64)],
    kind: DeliveryKind = DeliveryKind.FINAL,
) -> PreviewList:
    """What each destination would get if the latest version left now, as its own bytes."""
    version = parts.reports.preview(accession, kind, Practitioner(person))
    return PreviewList(
        kind=kind,
        version=version.number - 1,
        text=version.text,
        messages=[
            PreviewView(
                destination=each.destination,
                protocol=parts.house.routes[each.destination].profile.protocol,
                body=each.body.decode("utf-8", errors="replace"),
            )
            for each in version.messages
        ],
    )


def review_view(parts: Parts, accession: str) -> ReviewView:
    """The steps of a study and its lock."""
    with parts.house.database.read() as tx:
        study = studies.get(tx, accession)
        steps = reviews.of_study(tx, accession)
        held = lock_of(tx, accession, parts.house.now())
    return ReviewView(
        state=study.review,
        steps=[
            StepView(
                state=each.state,
                person=person_view(each.person),
                at=each.at,
                version=each.version,
                to=each.to,
                reason=each.reason,
            )
            for each in steps
        ],
        lock=_lock_view(held) if held else None,
    )


def _lock_view(held: StudyLock) -> LockView:
    return LockView(person=person_view(held.person), since=held.since, until=held.until)
