"""The summary for the patient, beside a signed report: where each sentence is from, its release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from adapter.web.pages.frame import minute
from adapter.web.pages.markup import Child, Html, el
from adapter.web.pages.report.scene import Scene
from adapter.workflow.patient_summaries import Drafted


def patient_summary(drafted: Drafted, scene: Scene, may_release: bool) -> Html:
    """What the patient would read; the button that releases it, for who may."""
    told, sections = drafted.summary, scene.report.sections if scene.report else ()
    sources = {each.id: each.text for section in sections for each in section.statements}
    words = [el("li", f"{name}: {meaning}") for name, meaning in told.words]
    quotes = [_line(each.text, (each.statement,), sources) for each in told.quotes]
    return el(
        "section",
        el("h2", "For the patient"),
        el("p", *_state(drafted), class_="muted small"),
        el("p", f"Reading level of our sentences: grade {told.grade:g}", class_="muted small"),
        el("p", told.intro),
        el("ul", [_line(each.text, each.statements, sources) for each in told.sentences]),
        (el("h3", told.words_title), el("ul", words)) if words else None,
        (el("h3", told.ask), el("ul", quotes)) if quotes else None,
        el("p", told.closing),
        _button(drafted) if may_release and drafted.release is None else None,
        id="patient-summary",
        class_="card",
    )


def _state(drafted: Drafted) -> Iterator[Child]:
    made = drafted.release
    if made is None:
        yield "Not released: the patient cannot have it."
    else:
        yield f"Released by {made.person}, "
        yield minute(made.released_at)


def _line(text: str, statements: Iterable[str], sources: Mapping[str, str]) -> Html:
    """A sentence, with a button for each statement that it comes from."""
    return el("li", text, [_source(each, sources.get(each, "")) for each in statements])


def _source(statement: str, text: str) -> Child:
    told = f"source: {text}"  # what is seen is part of what is said (WCAG 2.5.3)
    return " ", el(
        "button",
        "source",
        type="button",
        class_="quiet small",
        title=text,
        aria_label=told,
        data_act="go",
        data_place=statement,
    )


def _button(drafted: Drafted) -> Html:
    return el(
        "button",
        "Release to the patient",
        type="button",
        data_act="release-summary",
        data_version=drafted.number,
    )
