"""One message as HTML: every value escaped, no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from adapter.hl7v2.view import FieldView, Part, SegmentView
from adapter.store.message_log import LoggedDelivery, LoggedMessage
from adapter.workflow.message_log import Opened


def message_html(
    opened: Opened[LoggedMessage] | Opened[LoggedDelivery], facts: dict[str, str], form: str = ""
) -> str:
    """Facts, remarks, a form, segments with names, and the text as it stands."""
    row, shown = opened.row, opened.shown
    facts |= {
        "Character set": f"{shown.charset} {shown.charset_problem}".strip(),
        "Bytes": f"{row.size_bytes}, SHA-256 {row.body_sha256}",
    }
    told = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value
    )
    notes = [*opened.remarks, *filter(None, [opened.problem])]
    if not shown.complete:
        notes.append("The message holds more values than are shown here.")
    noted = "".join(f'<p class="note">{escape(each)}</p>' for each in notes)
    text = escape(shown.text.replace("\r\n", "\n").replace("\r", "\n"))
    closed = "" if not shown.segments else "<details><summary>As it stands</summary>"
    return (
        f"<dl>{told}</dl>{noted}{form}{_segments(shown.segments)}<section><h2>Text</h2>{closed}"
        f'<pre tabindex="0" aria-label="Text of the message">{text}</pre>'
        f"{'</details>' if closed else ''}</section>"
    )


def person_form(path: str, label: str, *, force: str = "") -> str:
    """A form by which a person asks for something; `force` labels what must be ticked first."""
    name = "Your number in the directory"
    tick = f'<label><input type="checkbox" name="force" required> {escape(force)}</label>'
    return (
        f'<form class="search" method="post" action="{escape(path)}" autocomplete="off">'
        f'<label>{name}<input name="person" required maxlength="64"></label>'
        f'{tick if force else ""}<button type="submit">{escape(label)}</button></form>'
    )


def _segments(segments: tuple[SegmentView, ...]) -> str:
    if not segments:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Place", "Name", "Value"))
    bodies = "".join(map(_segment, segments))
    return (
        '<section><h2>Segments</h2><table class="segments">'
        f"<thead><tr>{head}</tr></thead>{bodies}</table></section>"
    )


def _segment(segment: SegmentView) -> str:
    name = f"{escape(segment.id)} {escape(segment.name)}"
    head = f'<tr><th class="id" scope="rowgroup" colspan="3">{name}</th></tr>'
    return (
        f"<tbody>{head}{''.join(row for field in segment.fields for row in _rows(field))}</tbody>"
    )


def _rows(field: FieldView) -> Iterator[str]:
    """One row for a plain field; for others its name, then a row for each part."""
    if len(field.parts) == 1 and field.parts[0].place == field.place:
        yield _row(Part(field.place, field.name, field.parts[0].text), "")
        return
    yield _row(Part(field.place, field.name, ""), "")
    for part in field.parts:
        yield _row(part, ' class="part"')


def _row(part: Part, mark: str) -> str:
    return (
        f'<tr{mark}><td class="place">{escape(part.place)}</td>'
        f'<th class="name" scope="row">{escape(part.name)}</th>'
        f'<td class="value">{escape(part.text)}</td></tr>'
    )
