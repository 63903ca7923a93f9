"""Quality checks of any report text, for reporting systems that show them beside their editor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from adapter.reporting.checks import check_text
from adapter.web.answers import Shown
from adapter.web.bodies import Asked
from adapter.web.requests import House
from adapter.workflow.study_input import StudyInput

router = APIRouter(prefix="/api", tags=["checks"])

_LONGEST = 100_000


def _is_text(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half of a character is not text")
    return text


ReportText = Annotated[str, AfterValidator(_is_text), Field(max_length=_LONGEST)]


class CheckAsked(Asked):
    """A report to check."""

    report: ReportText
    """Its text with its headers."""
    study: StudyInput | None = None
    """What was ordered, and of whom; empty: only what the text tells is checked."""
    prior: ReportText = ""
    """Text of the report before."""


class Recommendation(Shown):
    """What to look at, why, and what to do."""

    code: str
    """Id of the check."""
    severity: str
    """alert, warn or info."""
    message: str
    """Why, and what to do."""
    start: int
    """First character in the report, from 0, in Unicode code points."""
    end: int
    """Behind the last character; the same as `start` at the end of the text: something lacks."""
    text: str
    """The characters from `start` to `end`."""


class CheckAnswer(Shown):
    """Recommendations in the order of the text."""

    recommendations: list[Recommendation]


@router.post("/check")
def check(body: CheckAsked, parts: House) -> CheckAnswer:
    """Check a report text; nothing is stored."""
    told = body.study
    order = told.order() if told else None
    age = told.age if told else None
    flags = check_text(body.report, parts.house.tables, order, age, body.prior)
    return CheckAnswer(
        recommendations=[
            Recommendation(
                code=flag.code,
                severity=flag.severity.value,
                message=flag.message,
                start=start,
                end=end,
                text=body.report[start:end],
            )
            for flag in flags
            for start, end in (flag.chars or (0, 0),)
        ]
    )
