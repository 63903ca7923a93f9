"""Sources of AI findings: what they may do, stopping them at run time, their model cards."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from adapter.domain.ai_source import AiMode
from adapter.mapping.model_card_export import as_html, as_xml, card_of
from adapter.store.ai_sources import Seen
from adapter.web.ai_answers import (
    AiSourceList,
    AiSourceView,
    AiSwitchView,
    AiVersionView,
    HeldList,
    HeldStudy,
)
from adapter.web.answers import Event, EventList
from adapter.web.bodies import AiModeAsked, AiSourceAsked
from adapter.web.callers import OwnName
from adapter.web.parts import Parts
from adapter.web.paths import SLASH
from adapter.web.requests import House, practitioner
from adapter.workflow import ai_sources
from adapter.workflow.ai_sources import SourceState

router = APIRouter(prefix="/api/ai-sources", tags=["AI sources"], dependencies=[OwnName])


class CardFormat(StrEnum):
    """Formats of a model card."""

    XML = "xml"
    HTML = "html"


def _source(
    source: Annotated[str, Path(max_length=200, description="its id, or the name of a model")],
) -> str:
    return source.replace(SLASH, "/")


InPath = Annotated[str, Depends(_source)]


@router.get("")
def sources(parts: House) -> AiSourceList:
    """Every source that has a file under ai_sources/, and every model that told something."""
    return AiSourceList(sources=[_view(each) for each in ai_sources.listed(parts.house)])


@router.get(
    "/{source}/card",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}, "text/html": {}}}},
)
def card(source: InPath, parts: House, format: CardFormat = CardFormat.XML) -> Response:
    """Its model card: CHAI applied model card v0.2 as XML, or a page."""
    found = card_of(parts.house.tables.ai_sources.get(source))
    if format is CardFormat.HTML:
        return Response(as_html(found), media_type="text/html")
    return Response(as_xml(found), media_type="application/xml")


@router.get("/{source}/history")
def history(source: InPath, parts: House) -> EventList:
    """What people did with a source, and which new versions came, oldest first."""
    events = ai_sources.history(parts.house, source)
    return EventList(
        events=[Event(at=at, event=event, detail=detail) for at, event, detail in events]
    )


@router.get("/{source}/held")
def held(source: InPath, parts: House) -> HeldList:
    """Studies for which its findings are kept from radiologists, and why; no word of a finding."""
    return HeldList(
        held=[
            HeldStudy(
                accession=accession,
                model=each.model,
                version=each.version,
                mode=each.mode,
                reasons=list(each.reasons),
            )
            for accession, each in ai_sources.held(parts.house, source)
        ]
    )


@router.post("/{source}/stop")
def stop(source: InPath, body: AiSourceAsked, parts: House) -> AiSourceView:
    """Take nothing of a source any more and show nothing of it, at once, on every node."""
    person = practitioner(body.person)
    switch = ai_sources.set_mode(parts.house, source, AiMode.OFF, person, body.reason)
    return _one(parts, switch.source)


@router.post("/{source}/mode")
def mode(source: InPath, body: AiModeAsked, parts: House) -> AiSourceView:
    """Make a source stricter than its file, at once, on every node."""
    person = practitioner(body.person)
    switch = ai_sources.set_mode(parts.house, source, body.mode, person, body.reason)
    return _one(parts, switch.source)


@router.post("/{source}/start")
def start(source: InPath, body: AiSourceAsked, parts: House) -> AiSourceView:
    """Take back what was set at run time."""
    started = ai_sources.start(parts.house, source, practitioner(body.person), body.reason)
    return _one(parts, started)


def _one(parts: Parts, source: str) -> AiSourceView:
    return next(_view(each) for each in ai_sources.listed(parts.house) if each.id == source)


def _view(state: SourceState) -> AiSourceView:
    file, switch = state.file, state.switch
    return AiSourceView(
        source=state.id,
        title=file.title if file else state.id,
        known=file is not None,
        models=list(file.models) if file else [state.id],
        versions=list(file.versions) if file else [],
        mode=state.base,
        switch=AiSwitchView(
            mode=switch.mode, at=switch.at, person=switch.person, reason=switch.reason
        )
        if switch
        else None,
        effective=state.effective,
        has_card=file is not None and file.card is not None,
        seen=[_seen(each, state) for each in state.seen],
    )


def _seen(each: Seen, state: SourceState) -> AiVersionView:
    return AiVersionView(
        model=each.model,
        version=each.version,
        first_at=each.first_at,
        studies=each.studies,
        pinned=state.file is not None and each.version in state.file.versions,
    )
