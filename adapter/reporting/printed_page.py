"""A report on paper: PDF with the fonts that every reader has. Same values, same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

_SIZES = {"a4": A4, "letter": LETTER}
_PLAIN, _BOLD = "Helvetica", "Helvetica-Bold"
_MARGIN = 56.7  # 20 mm in points
_LABEL = 130.0  # width of the labels' column
_FOOT = 30.0


@dataclass(frozen=True, slots=True)
class Print:
    """What is printed; every text holds letters of Windows-1252 alone and no line ends."""

    title: str
    mark: str  # preliminary, final, …: beside the title
    facts: tuple[tuple[str, str], ...]  # (label, text)
    sections: tuple[tuple[str, tuple[str, ...]], ...]  # (title, paragraphs)
    footer: str
    page_word: str
    page: str = "a4"  # or "letter"


@dataclass(frozen=True, slots=True)
class _Row:
    """One printed line: its parts as (x, font, text), its height, and how many keep with it."""

    parts: tuple[tuple[float, str, str], ...]
    size: float = 10.0
    height: float = 14.0
    keep: int = 0  # rows after this one that must stand on the same page


def print_pdf(what: Print) -> bytes:
    """The PDF, uncompressed, so that no other version of a compressor gives other bytes."""
    width, height = _SIZES[what.page]
    out = BytesIO()
    canvas = Canvas(out, pagesize=(width, height), pageCompression=0, invariant=1)
    canvas.setTitle(what.title)
    pages = _pages(list(_rows(what, width - 2 * _MARGIN)), height - 2 * _MARGIN - _FOOT)
    for number, rows in enumerate(pages, start=1):
        _draw(canvas, rows, height - _MARGIN)
        canvas.setFont(_PLAIN, 8)
        canvas.drawString(_MARGIN, _FOOT, what.footer)
        canvas.drawRightString(width - _MARGIN, _FOOT, f"{what.page_word} {number} / {len(pages)}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _rows(what: Print, width: float) -> Iterator[_Row]:
    yield _Row(((0.0, _BOLD, what.title),), size=14.0, height=20.0)
    yield _Row(((0.0, _BOLD, what.mark),), height=20.0)
    for label, text in what.facts:
        lines = simpleSplit(text, _PLAIN, 10.0, width - _LABEL) or [""]
        yield _Row(((0.0, _PLAIN, label), (_LABEL, _PLAIN, lines[0])))
        yield from (_Row(((_LABEL, _PLAIN, line),)) for line in lines[1:])
    for title, paragraphs in what.sections:
        yield _Row((), height=10.0, keep=2)
        yield _Row(((0.0, _BOLD, title),), height=15.0, keep=1)
        for paragraph in paragraphs:
            for line in simpleSplit(paragraph, _PLAIN, 10.0, width):
                yield _Row(((0.0, _PLAIN, line),))


def _pages(rows: list[_Row], height: float) -> list[list[_Row]]:
    pages: list[list[_Row]] = [[]]
    used = 0.0
    for place, row in enumerate(rows):
        wanted = sum(each.height for each in rows[place : place + 1 + row.keep])
        if used + wanted > height and pages[-1]:
            pages.append([])
            used = 0.0
        pages[-1].append(row)
        used += row.height
    return pages


def _draw(canvas: Canvas, rows: list[_Row], top: float) -> None:
    y = top
    for row in rows:
        y -= row.height
        for x, font, text in row.parts:
            canvas.setFont(font, row.size)
            canvas.drawString(_MARGIN + x, y, text)
