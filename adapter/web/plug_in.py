"""The plug-in of a reporting platform: POST /v1/process, capability qualityCheck.

The contract is Microsoft's public one for extensions of Dragon Copilot (radiologists), version 1.0.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.domain.order import Order
from adapter.domain.report import Flag
from adapter.mapping.plug_in import PlugIn
from adapter.reporting.checks import check_text
from adapter.web.answers import Shown
from adapter.web.check import ReportText
from adapter.web.problems import PLUG_IN, Refusal
from adapter.web.requests import House, check_media_type
from adapter.workflow.study_input import StudyInput

router = APIRouter(tags=["plug-in"])

_ECHOED = ("x-ms-request-id", "x-ms-correlation-id")
_LONGEST_ECHO = 256
_FURTHEST_EAST = timedelta(hours=14)


class _Told(BaseModel):
    """Base of what the platform sends: members that we do not know are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)


def _iso_day(text: str) -> str:
    if text:
        date.fromisoformat(text)
    return text


class Session(_Told):
    """The session of the platform."""

    correlation_id: str | None = None
    """Names the session."""
    environment_id: str | None = None
    """Names the environment."""
    session_start: AwareDatetime | None = None
    """When it began: the day that the report is held against."""


class PatientTold(_Told):
    """What is told of the patient."""

    dateOfBirth: Annotated[str, AfterValidator(_iso_day), Field(max_length=10)] | None = None
    """YYYY-MM-DD."""
    biologicalSex: Literal["Male", "Female", "Unknown", "Other", ""] | None = None
    """Sex."""


class ReportTold(_Told):
    """The report."""

    reportText: ReportText
    """Its text."""


class ProcessAsked(_Told):
    """The envelope of /v1/process."""

    sessionData: Session
    """The session of the platform."""
    report: ReportTold
    """The report: the manifest asks for it."""
    patientInformation: PatientTold | None = None
    """What is told of the patient."""
    extensibilityApiVersion: str | None = None
    """Version of the contract."""


class Place(Shown):
    """A stretch of the report."""

    text: str
    """Its characters."""
    startPosition: int
    """First position, from 0."""
    endPosition: int
    """Behind the last position."""


class PlugInRecommendation(Shown):
    """What to look at, and why."""

    qualityCheckType: Literal["Clinical", "Billing"]
    description: str
    """What it is, in a few words."""
    reason: str
    """Why, and what to do."""
    severityScorePercent: int
    provenance: list[Place]
    """Where; empty: something lacks."""
    additionalInfo: dict[str, str]
    """`check`, `severity`, and what positions count in `offsets`."""


class QualityCheckResult(Shown):
    """Recommendations in the order of the text."""

    recommendations: list[PlugInRecommendation]


class ProcessAnswer(Shown):
    """The answer; `payload` by the name of the output in the manifest."""

    success: Literal[True] = True
    message: str
    payload: dict[str, QualityCheckResult]


@router.post(
    PLUG_IN,
    responses={status: {"model": Refusal} for status in (400, 401, 500)},
)
def process(request: Request, body: ProcessAsked, parts: House) -> ProcessAnswer:
    """Check a report; nothing is stored, and the same request has the same answer."""
    check_media_type(request, "application/json")
    plug_in, text = parts.plug_in, body.report.reportText
    order = _order(body, parts.house.clock.now())
    flags = check_text(text, parts.house.tables, order)
    found = [each for flag in flags for each in _recommendations(plug_in, flag, text)]
    return ProcessAnswer(
        message=f"{len(found)} recommendations",
        payload={plug_in.output: QualityCheckResult(recommendations=found)},
    )


def _order(body: ProcessAsked, now: datetime) -> Order:
    """What is known of the study: the patient, and the latest day that it can be anywhere."""
    patient = body.patientInformation or PatientTold()
    began = (body.sessionData.session_start or now).astimezone(UTC)
    told = {
        "sex": patient.biologicalSex or "",
        "birth_date": patient.dateOfBirth or "",
        "date": (began + _FURTHEST_EAST).date().isoformat(),
    }
    return StudyInput.model_validate(told).order()


def _recommendations(plug_in: PlugIn, flag: Flag, text: str) -> list[PlugInRecommendation]:
    offered = next((each for code, each in plug_in.checks.items() if code == flag.code), None)
    if offered is None:
        return []
    percent = plug_in.percent[flag.severity] if offered.percent is None else offered.percent
    info = {"check": flag.code, "severity": flag.severity.value, "offsets": plug_in.offsets}
    return [
        PlugInRecommendation(
            qualityCheckType=offered.type,
            description=offered.title,
            reason=flag.message,
            severityScorePercent=percent,
            provenance=_places(plug_in, flag, text),
            additionalInfo=info,
        )
    ]


def _places(plug_in: PlugIn, flag: Flag, text: str) -> list[Place]:
    if flag.chars is None or flag.chars[0] == flag.chars[1]:
        return []
    start, end = flag.chars
    count = _utf16 if plug_in.offsets == "utf16" else len
    first = count(text[:start])
    last = first + count(text[start:end])
    return [Place(text=text[start:end], startPosition=first, endPosition=last)]


def _utf16(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


class Correlation:
    """ASGI middleware: the platform's identifiers go back with every answer of the plug-in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them to the answer."""
        if scope["type"] != "http" or scope["path"] != PLUG_IN:
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope)
        echoed = {name: told[name] for name in _ECHOED if _may_echo(told.get(name, ""))}

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(echoed)
            await send(message)

        await self._app(scope, receive, marked)


def _may_echo(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_ECHO and value.isascii() and value.isprintable()
