"""A template as MRRT: XML that reads back to the same sections and sentences."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from adapter.mapping.importers.door import import_templates
from adapter.mapping.mrrt_export import mrrt_html
from tests.reporting.tables import tables

NAMES = [each.table.id for each in tables().templates]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_xml_with_the_terms_of_the_profile(name: str) -> None:
    table = tables().templates.get(name).table
    root = ElementTree.fromstring(mrrt_html(table).partition("\n")[2])
    metas = {meta.get("name"): meta.get("content") for meta in root.iter("meta")}
    assert metas["dcterms.type"] == "IMAGE_REPORT_TEMPLATE"
    assert metas["dcterms.title"] == root.findtext("head/title") == table.title
    named = [section.get("data-section-name") for section in root.iter("section")]
    assert named == [section.title for section in table.sections]


@pytest.mark.parametrize("name", NAMES)
def test_an_export_can_be_imported(name: str) -> None:
    table = tables().templates.get(name).table
    (again,) = import_templates(mrrt_html(table).encode(), "x", tables().lexicon)
    found = {d.text for s in again.table.sections for d in s.defaults}
    lost = {d.text for s in table.sections for d in s.defaults} - found
    assert len(lost) <= 1
    assert all(any(text in note for note in again.notes) for text in lost)
