from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.reporting.fitting import Fitting
from adapter.reporting.printed_page import Print, print_pdf

PAGE = Print(
    title="Radiology report",
    mark="Final",
    facts=(("Patient", "Doe, Ann"), ("Accession", "A1")),
    sections=(("Lungs", ("Clear.",)), ("Impression", ("1. Normal.", "2. No effusion."))),
    footer="A1",
    page_word="Page",
)


def words(pdf: bytes) -> list[bytes]:
    return re.findall(rb"\((.*?)\) Tj", pdf)


def test_everything_is_printed_in_order() -> None:
    assert words(print_pdf(PAGE)) == [
        *(b"Radiology report", b"Final", b"Patient", b"Doe, Ann", b"Accession", b"A1"),
        *(b"Lungs", b"Clear.", b"Impression", b"1. Normal.", b"2. No effusion."),
        *(b"A1", b"Page 1 / 1"),
    ]


@pytest.mark.parametrize("size", ["a4", "letter"])
def test_a_long_report_goes_over_pages_and_loses_no_word(size: str) -> None:
    said = [f"Sentence number {number} of a long report." for number in range(400)]
    sections = tuple((f"Part {at}", (" ".join(said[at : at + 40]),)) for at in range(0, 400, 40))
    printed = words(print_pdf(replace(PAGE, sections=sections, page=size)))
    pages = [each for each in printed if each.startswith(b"Page ")]
    assert len(pages) > 2
    assert pages[-1] == f"Page {len(pages)} / {len(pages)}".encode()
    text = b" ".join(each for each in printed if each != b"A1" and not each.startswith(b"Page "))
    kept = re.sub(rb"Part \d+ ", b"", text)
    assert " ".join(said).encode() in kept
    for page, following in pairwise(printed):
        assert not (page.startswith(b"Part ") and following == b"A1")  # no title at a page's end


def test_the_same_values_give_the_same_bytes() -> None:
    assert print_pdf(PAGE) == print_pdf(PAGE)
    assert print_pdf(PAGE) != print_pdf(replace(PAGE, mark="Preliminary"))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80), st.text(max_size=200))
def test_any_text_is_printed_once_it_fits_the_letters(title: str, text: str) -> None:
    letters = Fitting("cp1252")
    lines = tuple(letters.lines(text))
    page = replace(PAGE, sections=((letters.line(title), lines),))
    pdf = print_pdf(page)
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
