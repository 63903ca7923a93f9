"""What the radiologist decides: accept, reject, edit, dismiss, sign, add, correct, take back."""

from __future__ import annotations

from fastapi import APIRouter

from adapter.domain.decision import DecisionKind
from adapter.web.answers import DecisionTaken, ReportView
from adapter.web.bodies import (
    Addendum,
    Choice,
    Correction,
    Dismissal,
    Edit,
    Retraction,
    Signature,
)
from adapter.web.callers import OwnName
from adapter.web.parts import Parts
from adapter.web.reports import report_view
from adapter.web.requests import House, InPath, practitioner

router = APIRouter(
    prefix="/api/studies/{accession}/report", tags=["sign-off"], dependencies=[OwnName]
)


@router.post("/accept", status_code=202)
def accept(accession: InPath, body: Choice, parts: House) -> DecisionTaken:
    """Take an AI finding into the report."""
    return _decide(parts, accession, DecisionKind.ACCEPT, body)


@router.post("/reject", status_code=202)
def reject(accession: InPath, body: Choice, parts: House) -> DecisionTaken:
    """Keep an AI finding out of the report."""
    return _decide(parts, accession, DecisionKind.REJECT, body)


@router.post("/edit", status_code=202)
def edit(accession: InPath, body: Edit, parts: House) -> DecisionTaken:
    """Write a statement anew, or take it out."""
    return _decide(parts, accession, DecisionKind.EDIT, body, body.text)


@router.post("/dismiss", status_code=202)
def dismiss(accession: InPath, body: Dismissal, parts: House) -> DecisionTaken:
    """Put a flag aside, with the reason, for as long as the words that it is about stand."""
    return _decide(parts, accession, DecisionKind.DISMISS, body, body.reason)


@router.post("/restore", status_code=202)
def restore(accession: InPath, body: Choice, parts: House) -> DecisionTaken:
    """Put a dismissed flag back."""
    return _decide(parts, accession, DecisionKind.RESTORE, body)


@router.post("/sign")
def sign(accession: InPath, body: Signature, parts: House) -> ReportView:
    """Make the report final and send it; 409 when it is not the version that was read."""
    who = practitioner(body.person)
    return report_view(parts.sign_off.sign(accession, who, body.version))


@router.post("/addendum", status_code=201)
def addendum(accession: InPath, body: Addendum, parts: House) -> ReportView:
    """Add to a signed report and send it."""
    who = practitioner(body.person)
    return report_view(parts.sign_off.addendum(accession, who, body.text, body.dictation))


@router.post("/correct", status_code=201)
def correct(accession: InPath, body: Correction, parts: House) -> ReportView:
    """Write statements of a signed report anew and send it as corrected."""
    who = practitioner(body.person)
    return report_view(parts.sign_off.correct(accession, who, body.changes, body.version))


@router.post("/retract", status_code=201)
def retract(accession: InPath, body: Retraction, parts: House) -> ReportView:
    """Take a signed report back as entered in error and tell everybody who has it."""
    who = practitioner(body.person)
    return report_view(parts.sign_off.retract(accession, who, body.reason))


def _decide(
    parts: Parts,
    accession: str,
    kind: DecisionKind,
    body: Choice | Edit | Dismissal,
    text: str = "",
) -> DecisionTaken:
    who = practitioner(body.person)
    parts.sign_off.decide(accession, kind, body.target, who, text, body.version)
    return DecisionTaken(accession=accession, decision=kind, target=body.target)
