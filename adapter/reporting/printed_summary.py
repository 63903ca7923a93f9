"""A patient summary as text, HTML and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Literal

from adapter.domain.order import Order
from adapter.domain.summary import Summary
from adapter.mapping.plain_words import SummaryLabels
from adapter.reporting.printed_report import PRINTED, iso_date, name_of

Head = tuple[tuple[str, str], ...]
"""(label, text) of what stands above it."""


def head_of(order: Order, labels: SummaryLabels) -> Head:
    """Whose it is, and of which examination."""
    told = (
        (labels.patient, name_of(order.patient)),
        (labels.exam, order.procedure.text or order.procedure.code),
        (labels.date, iso_date(order.scheduled_at)),
        (labels.number, order.accession),
    )
    return tuple(each for each in told if each[1])


def as_text(summary: Summary, head: Head) -> str:
    """Plain text, UTF-8."""
    lines = [summary.title, "", *(f"{label}: {text}" for label, text in head)]
    for title, items in _sections(summary):
        lines += ["", *([title] if title else []), *items]
    return "\n".join(lines) + "\n"


def as_html(summary: Summary, head: Head, language: str) -> str:
    """A page that loads nothing and runs nothing."""
    told = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in head)
    body = "".join(
        (f"<h2>{escape(title)}</h2>" if title else "")
        + "".join(f"<p>{escape(each)}</p>" for each in items)
        for title, items in _sections(summary)
    )
    title = escape(summary.title)
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1><dl>{told}</dl>{body}</body></html>"
    )


def as_pdf(
    summary: Summary, head: Head, page_word: str, page: Literal["a4", "letter"] = "letter"
) -> bytes:
    """The PDF; the same values give the same bytes."""
    from adapter.reporting.printed_page import Print, print_pdf  # 12 MB: only where it is asked for

    line = PRINTED.line
    return print_pdf(
        Print(
            title=line(summary.title),
            mark="",
            facts=tuple((line(label), line(text)) for label, text in head),
            sections=tuple(
                (line(title), tuple(map(line, items))) for title, items in _sections(summary)
            ),
            footer=line(head[-1][1]) if head else "",
            page_word=line(page_word),
            page=page,
        )
    )


def _sections(summary: Summary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(title or empty, paragraphs)."""
    yield "", (summary.intro, *(each.text for each in summary.sentences))
    if summary.words:
        yield summary.words_title, tuple(f"{name}: {told}" for name, told in summary.words)
    if summary.quotes:
        yield summary.ask, tuple(each.text for each in summary.quotes)
    yield "", (summary.closing,)
