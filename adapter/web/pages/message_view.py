"""One message as HTML: facts, remarks, segments with names, and the text as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapter.hl7v2.view import FieldView, Part, SegmentView
from adapter.store.message_log import LoggedDelivery, LoggedMessage
from adapter.web.pages.markup import Child, Html, el, text
from adapter.workflow.message_log import Opened


def message_html(
    opened: Opened[LoggedMessage] | Opened[LoggedDelivery],
    facts: Mapping[str, Child],
    form: Html | None = None,
) -> Html:
    """Facts, remarks, a form, segments with names, and the text as it stands."""
    row, shown = opened.row, opened.shown
    known = dict(facts) | {
        "Character set": f"{shown.charset} {shown.charset_problem}".strip(),
        "Bytes": f"{row.size_bytes}, SHA-256 {row.body_sha256}",
    }
    told = (text(el("dt", name), el("dd", value)) for name, value in known.items() if value)
    notes = [*opened.remarks, *filter(None, [opened.problem])]
    if not shown.complete:
        notes.append("The message holds more values than are shown here.")
    plain = shown.text.replace("\r\n", "\n").replace("\r", "\n")
    whole = el("pre", plain, tabindex="0", role="region", aria_label="Text of the message")
    closed = el("details", el("summary", "As it stands"), whole) if shown.segments else whole
    return text(
        el("dl", told),
        (el("p", each, class_="note") for each in notes),
        form,
        _segments(shown.segments),
        el("section", el("h2", "Text"), closed),
    )


def again_form(path: str, label: str, *, force: str = "") -> Html:
    """A form by which a person asks for something; `force` labels what must be ticked first."""
    tick = el("input", type="checkbox", name="force", required=True)
    return el(
        "form",
        el("label", tick, f" {force}") if force else None,
        el("button", label, type="submit"),
        method="post",
        action=path,
        class_="search",
    )


def _segments(segments: tuple[SegmentView, ...]) -> Html | None:
    if not segments:
        return None
    head = el("tr", (el("th", name, scope="col") for name in ("Place", "Name", "Value")))
    whole = el("table", el("thead", head), map(_segment, segments), class_="segments")
    return el("section", el("h2", "Segments"), el("div", whole, class_="scroll"))


def _segment(segment: SegmentView) -> Html:
    name = f"{segment.id} {segment.name}"
    head = el("tr", el("th", name, class_="id", scope="rowgroup", colspan=3))
    return el("tbody", head, (row for field in segment.fields for row in _rows(field)))


def _rows(field: FieldView) -> Iterator[Html]:
    """One row for a plain field; for others its name, then a row for each part."""
    if len(field.parts) == 1 and field.parts[0].place == field.place:
        yield _row(Part(field.place, field.name, field.parts[0].text))
        return
    yield _row(Part(field.place, field.name, ""))
    for part in field.parts:
        yield _row(part, "part")


def _row(part: Part, kind: str | None = None) -> Html:
    return el(
        "tr",
        el("td", part.place, class_="place"),
        el("th", part.name, class_="name", scope="row"),
        el("td", part.text, class_="value"),
        class_=kind,
    )
