"""The summary of a signed report for its patient: read, released, and only then handed out."""

from __future__ import annotations

from enum import StrEnum

from fastapi import APIRouter, Response

from adapter.domain.people import Practitioner
from adapter.domain.summary import Summary
from adapter.reporting.printed_summary import as_html, as_pdf, as_text, head_of
from adapter.store.summaries import Release
from adapter.web.answers import Shown
from adapter.web.bodies import SummaryRelease
from adapter.web.callers import OwnName
from adapter.web.requests import House, InPath, practitioner

router = APIRouter(
    prefix="/api/studies/{accession}/summary", tags=["patient summary"], dependencies=[OwnName]
)


class SummaryFormat(StrEnum):
    """Formats in which a released summary is handed out."""

    HTML = "html"
    PDF = "pdf"
    TEXT = "text"


class PlainSentenceView(Shown):
    """One sentence of ours."""

    text: str
    statements: list[str]
    """Sentences of the report that state it."""
    finding: str
    """Lexicon id."""


class QuoteView(Shown):
    """One sentence that is left as the report has it."""

    text: str
    statement: str


class ReleaseView(Shown):
    """Who let the patient have it, and when."""

    version: int
    released_at: str
    person: str


class SummaryView(Shown):
    """The summary of the report as it stands."""

    accession: str
    version: int
    """Of the report; name it when you release the summary."""
    title: str
    intro: str
    sentences: list[PlainSentenceView]
    words: dict[str, str]
    """Plain name -> what it is."""
    ask: str
    quotes: list[QuoteView]
    """Under `ask`: what is not put into other words."""
    closing: str
    grade: float
    """Reading level of the sentences of ours as a school grade, by the `formula` of the words."""
    released: ReleaseView | None


@router.get("")
def summary(accession: InPath, parts: House) -> SummaryView:
    """For the person who may release it; 409 unless the report is signed and summaries are on."""
    found = parts.summaries.draft(accession)
    return _view(accession, found.number, found.summary, found.release)


@router.post("/release")
def release(accession: InPath, body: SummaryRelease, parts: House) -> SummaryView:
    """Let the patient have it; whatever changes the report afterwards withdraws the release."""
    person: Practitioner = practitioner(body.person)
    made = parts.summaries.release(accession, person, body.version)
    return _view(accession, made.number, made.summary, made)


@router.get(
    "/released",
    response_class=Response,
    responses={200: {"content": {"text/html": {}, "application/pdf": {}, "text/plain": {}}}},
)
def released(
    accession: InPath, parts: House, format: SummaryFormat = SummaryFormat.HTML
) -> Response:
    """What was released, as a page, PDF or text; 404 where nothing is, or not any more."""
    made, order = parts.summaries.released(accession)
    rules, labels = parts.summaries.rules, parts.summaries.words.labels
    head = head_of(order, labels)
    if format is SummaryFormat.PDF:
        body = as_pdf(made.summary, head, labels.page, rules.page)
        return Response(body, media_type="application/pdf")
    if format is SummaryFormat.TEXT:
        return Response(as_text(made.summary, head), media_type="text/plain; charset=utf-8")
    return Response(as_html(made.summary, head, rules.words), media_type="text/html")


def _view(accession: str, number: int, told: Summary, made: Release | None) -> SummaryView:
    return SummaryView(
        accession=accession,
        version=number,
        title=told.title,
        intro=told.intro,
        sentences=[
            PlainSentenceView(
                text=each.text, statements=list(each.statements), finding=each.fact.finding
            )
            for each in told.sentences
        ],
        words=dict(told.words),
        ask=told.ask,
        quotes=[QuoteView(text=each.text, statement=each.statement) for each in told.quotes],
        closing=told.closing,
        grade=told.grade,
        released=ReleaseView(version=made.number, released_at=made.released_at, person=made.person)
        if made
        else None,
    )
