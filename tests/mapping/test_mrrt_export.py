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
def test_an_export_comes_back_as_it_was(name: str) -> None:
    table = tables().templates.get(name).table
    (again,) = import_templates(mrrt_html(table).encode(), "x", tables().lexicon)
    assert again.table == table.model_copy(update={"id": f"imported_{name}", "status": "draft"})
    assert again.notes == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_was_changed_is_read_as_it_stands(name: str) -> None:
    table = tables().templates.get(name).table
    page = mrrt_html(table).replace("</body>", "<p>Changed by hand.</p></body>")
    (again,) = import_templates(page.encode(), "x", tables().lexicon)
    found = {d.text for s in again.table.sections for d in s.defaults}
    lost = {d.text for s in table.sections for d in s.defaults} - found
    assert len(lost) <= 1
    assert all(any(text in note for note in again.notes) for text in lost)
    kept = {
        (f.type, f.unit, f.least, f.most, f.required, tuple(c.text for c in f.choices))
        for s in again.table.sections
        for f in s.fields
    }
    for section in table.sections:
        for field in section.fields:
            kind = "text" if field.type == "number" and field.dimensions > 1 else field.type
            limits = (field.unit, field.least, field.most) if kind == "number" else ("", None, None)
            choices = tuple(choice.text for choice in field.choices)
            assert (kind, *limits, field.required, choices) in kept


def test_marks_in_a_template_do_no_harm() -> None:
    table = tables().templates.get("ct_head").table
    title = "</script><script>alert(1)</script> & 'x' \"y\""
    page = mrrt_html(table.model_copy(update={"title": title}))
    ElementTree.fromstring(page.partition("\n")[2])
    assert "<script>alert" not in page
    (again,) = import_templates(page.encode(), "x", tables().lexicon)
    assert again.table.title == title
