"""The page is that of the code."""

from __future__ import annotations

from tests.conformance.dicom_page import PAGE, page


def test_the_page_is_that_of_the_code() -> None:
    assert PAGE.read_text() == page(), "run make conformance"
