"""Templates of other makers: what becomes of them, and that nothing but Rejected is raised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed, Rejected, TooLarge
from adapter.mapping.files import MappingFile
from adapter.mapping.importers.door import import_templates, to_yaml
from adapter.mapping.importers.draft import MAX_SECTIONS, Imported
from adapter.mapping.importers.foreign import MAX_BYTES
from adapter.mapping.templates import Template, Templates, read_template
from tests.mapping.test_templates import order
from tests.reporting.tables import tables

SAMPLES = Path(__file__).parents[2] / "samples" / "templates"


def imported(body: bytes, name: str = "some name") -> tuple[Imported, ...]:
    return import_templates(body, name, tables().lexicon)


def sample(name: str) -> tuple[Imported, ...]:
    return imported((SAMPLES / name).read_bytes())


def texts(one: Imported) -> dict[str, list[str]]:
    """Section -> its defaults."""
    return {s.id: [d.text for d in s.defaults] for s in one.table.sections if s.defaults}


def read_again(one: Imported) -> Template:
    id = one.table.id
    file = MappingFile(f"templates/{id}.yaml", Path(f"{id}.yaml"), to_yaml(one.table).encode())
    return read_template(file, tables().lexicon)


def test_tag_soup_of_mrrt() -> None:
    (one,) = sample("ct_sinus.html")
    assert one.table.title == "CT Paranasal Sinuses"
    assert one.table.applies_to.modality == ("CT",)
    assert texts(one) == {
        "maxillary_sinuses": ["The paranasal sinuses are clear."],
        "mastoids": ["The mastoid air cells are clear."],
        "septum": ["The nasal septum is midline.", "Density < 100 & > 20 HU."],
    }
    assert [macro.says for macro in one.table.macros] == [("technique text",)]
    notes = "\n".join(one.notes)
    for told in (
        "<script> is left out",
        "event handlers are left out",
        "code not used: RADLEX RID10321 CT",
        "'[Polyp size mm]'",
        "Normal / Sinusitis",
        "A made-up hospital",
    ):
        assert told in notes
    assert "alert" not in to_yaml(one.table) + notes


def test_bracket_text() -> None:
    (one,) = sample("knee.txt")
    assert (one.table.id, one.table.title) == ("imported_xr_knee_two_views", "XR Knee Two Views")
    assert texts(one) == {
        "bones": ["No acute fracture."],
        "joint": ["No joint effusion."],
        "soft_tissues": ["No soft tissue swelling."],
    }
    frame = [s.id for s in one.table.sections if s.header_only]
    assert frame == ["indication", "technique", "comparison", "impression"]
    notes = "\n".join(one.notes)
    for told in ("[Reason for exam]", "Largest gap [size] mm.", "None / Prior study", "Kellgren"):
        assert told in notes


def test_powerscribe_export() -> None:
    thyroid, spleen = sample("autotexts.xml")
    assert texts(thyroid) == {"thyroid": ["The thyroid gland is normal in size."]}
    assert texts(spleen) == {"spleen": ["The spleen is normal."]}
    notes = "\n".join(thyroid.notes)
    for told in ("merged from the order, left out: Reason", "[size]", "[state: normal / enlarged]"):
        assert told in notes


def test_powerscribe_rich_text() -> None:
    body = (
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\b FINDINGS:\b0\par Spleen: The spleen is normal.\par "
        rb"Liver\u58?: sz of the liver\'2e}{\xml}<autotext><fields><field type='3' start='47' "
        rb"length='2'><name>size</name><choices><choice name='big'/></choices></field></fields>"
    )
    (one,) = imported(body, "US Spleen")
    assert (one.table.title, texts(one)) == ("US Spleen", {"spleen": ["The spleen is normal."]})
    assert any("[size: big]" in note for note in one.notes)


def test_an_answer_of_the_rsna_library() -> None:
    page = (SAMPLES / "ct_sinus.html").read_text()
    body = json.dumps({"SUCCESS": True, "DATA": {"templateData": page}}).encode()
    assert imported(body) == sample("ct_sinus.html")


@pytest.mark.parametrize("name", ["ct_sinus.html", "knee.txt", "autotexts.xml"])
def test_a_draft_is_valid_and_serves_no_order(name: str) -> None:
    for one in sample(name):
        again = read_again(one)
        assert again.table == one.table
        assert again.table.status == "draft"
        mine = Templates([again, *tables().templates])
        asked = order(one.table.title, "".join(one.table.applies_to.modality))
        assert mine.choose(asked).table.id != one.table.id
        assert mine.named(one.table.title) is None or mine.named(one.table.title) is not again


def test_every_draft_has_an_impression_and_a_place_for_the_rest() -> None:
    (one,) = imported(b"CT Liver\nLIVER: The liver is normal.")
    assert [s.id for s in one.table.sections] == ["liver", "other", "impression"]
    assert any("no impression" in note for note in one.notes)


def test_sections_are_bounded() -> None:
    (one,) = imported("\n".join(f"Part {n}: text" for n in range(200)).encode())
    assert len(one.table.sections) <= MAX_SECTIONS + 2
    assert any("sections" in note for note in one.notes)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Malformed),
        (b" \n\x00 ", Malformed),
        (b"x" * (MAX_BYTES + 1), TooLarge),
        (b"<AutoText", Malformed),
        (b'{"DATA": {"templateData": 7}}', Malformed),
        (b'{"templateData": ', Malformed),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, kind: type[Rejected]) -> None:
    with pytest.raises(kind):
        imported(body)


PIECES = st.sampled_from(
    [
        "<html>", "<section data-section-name='Lungs'>", "</section>", "<select>", "<option ",
        "<textarea>", "</textarea>", "<input value='", "<datalist id=a>", "<!--", "-->", "<![",
        "]]>", "<!DOCTYPE", "<script type=text/xml>", "</script>", "<AutoText>", "</AutoText>",
        "<ContentRTF>", "{\\rtf1", "\\u-1", "\\'zz", "{\\xml}", "<field start='1' length='4'>",
        "</field>", "<name>", "Impression:", "Lungs: ", "[", "]", "|", "The liver is normal. ",
        "\x00", "\ud7ff", "\U0001f600", "&#xD800;", "\u2028", "\n", '{"templateData":',
    ]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=30).map("".join)))
def test_arbitrary_bytes_give_valid_drafts_or_are_refused(body: bytes | str) -> None:
    try:
        found = imported(body if isinstance(body, bytes) else body.encode())
    except Rejected:
        return
    for one in found:
        assert read_again(one).table == one.table
