"""Breaking glass: a restricted study is opened for a while, by a person, for a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from adapter.domain.access import BREAK_GLASS
from adapter.domain.people import Practitioner
from adapter.oauth.tokens import NotPermitted
from adapter.store.broken_glass import BrokenGlass
from adapter.web.answers import Shown
from adapter.web.bodies import Asked, Prose, Word
from adapter.web.callers import Caller, Calling
from adapter.web.requests import House, InPath

router = APIRouter(prefix="/api/break-glass", tags=["access"])

Why = Annotated[Prose, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class GlassAsked(Asked):
    """Which study, and why."""

    accession: Word = Field(min_length=1, max_length=64)
    """Accession number."""
    reason: Word = Field(min_length=1, max_length=40)
    """One of break_glass_reasons in access.yaml."""
    detail: Why
    """Why, in words; no patient data."""


class GlassView(Shown):
    """A study that stands open behind broken glass."""

    accession: str
    reason: str
    detail: str
    at: str
    until: str


class GlassList(Shown):
    """Those of the caller, the first to end first, and the reasons that can be given."""

    open: list[GlassView]
    reasons: dict[str, str]


@router.get("")
def standing(parts: House, caller: Calling) -> GlassList:
    """What the caller has opened so and still sees."""
    rules = parts.study_access.rules
    found = parts.study_access.standing(known(caller).id)
    return GlassList(open=[_view(each) for each in found], reasons=rules.break_glass_reasons)


@router.post("", status_code=201)
def open_(body: GlassAsked, parts: House, caller: Calling) -> GlassView:
    """Open a restricted study for the caller; it is recorded with the reason."""
    access = parts.study_access
    return _view(access.open(known(caller), body.accession, body.reason, body.detail))


@router.delete("/{accession}")
def close(accession: InPath, parts: House, caller: Calling) -> GlassList:
    """Close it before its time; what is still open."""
    parts.study_access.close(known(caller), accession)
    return standing(parts, caller)


def known(caller: Caller) -> Practitioner:
    """The person who breaks glass; raises NotPermitted for a program."""
    if caller.person is None:
        raise NotPermitted("only a person can break glass", BREAK_GLASS)
    return caller.person


def _view(opened: BrokenGlass) -> GlassView:
    names = GlassView.model_fields
    return GlassView(**{name: getattr(opened, name) for name in names})
