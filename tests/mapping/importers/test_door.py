"""Templates of other makers: what becomes of them, and that nothing but Rejected is raised."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed, Rejected, TooLarge
from adapter.mapping.field_table import FieldRule
from adapter.mapping.files import MappingFile
from adapter.mapping.importers.door import import_templates, to_yaml
from adapter.mapping.importers.draft import MAX_SECTIONS, Imported
from adapter.mapping.importers.foreign import MAX_BYTES
from adapter.mapping.templates import Template, Templates, read_template
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.mapping.test_templates import order
from tests.reporting.tables import tables, typed

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


def fields(one: Imported) -> dict[str, FieldRule]:
    """Field by its name in reports."""
    return {f"{s.id}.{f.id}": f for s in one.table.sections for f in s.fields}


def lines(one: Imported) -> list[str]:
    return [line.text for section in one.table.sections for line in section.lines]


def test_tag_soup_of_mrrt() -> None:
    (one,) = sample("ct_sinus.html")
    assert one.table.title == "CT Paranasal Sinuses"
    assert one.table.applies_to.modality == ("CT",)
    assert texts(one) == {
        "maxillary_sinuses": ["The paranasal sinuses are clear."],
        "mastoids": ["The mastoid air cells are clear.", "Density < 100 & > 20 HU."],
    }
    found = fields(one)
    size, septum = found["mastoids.polyp_size"], found["mastoids.septum"]
    assert (size.type, size.unit) == ("number", "mm")
    assert septum.default == "The nasal septum is midline."
    assert [each.text for each in septum.choices] == [septum.default, "Deviated"]
    options = [each.text for each in found["impression.impression"].choices]
    assert options == ["Normal", "Sinusitis"]
    assert "Polyp size: {polyp_size}." in lines(one)
    assert [macro.says for macro in one.table.macros] == [("technique text",)]
    notes = "\n".join(one.notes)
    for told in (
        "line 9: <script> is left out",
        "line 10: event handlers are left out",
        "code not used: RADLEX RID10321 CT",
        "A made-up hospital",
    ):
        assert told in notes
    assert "alert" not in to_yaml(one.table) + notes


def test_inputs_of_mrrt_by_type() -> None:
    page = """<html><section data-section-name="Liver"><p>
    <label>Span</label><input type="number" data-field-units="cm" min="5" max="30" required>
    <p>Seen on <input type="date" title="Prior date">.
    <p>Echo: <input type="radio" name="e" value="n" checked>normal
    <input type="radio" name="e" value="c"> coarse
    <p><input type="checkbox" value="limited"> Limited study
    <p><textarea title="Remarks">see above</textarea>
    <p><input type="hidden" value="secret"><button>Save</button>
    </section></html>"""
    (one,) = imported(page.encode("utf-8"))
    found = fields(one)
    span = found["liver.span"]
    assert (span.type, span.unit, span.least, span.most) == ("number", "cm", 5, 30)
    assert span.required
    assert found["liver.prior_date"].type == "date"
    echo = found["liver.e"]
    assert [(each.text, each.says) for each in echo.choices] == [
        ("normal", ("n",)),
        ("coarse", ("c",)),
    ]
    assert echo.default == "normal"
    assert found["liver.remarks"].default == "see above"
    assert [each.text for each in found["liver.limited_study"].choices] == ["Limited study"]
    assert "line 8: hidden, left out: secret" in one.notes


@pytest.mark.parametrize(
    ("body", "charset"),
    [("é", "latin-1"), ("Ż", "iso8859-2"), ("я", "koi8-r"), ("é", "utf-16"), ("é", "utf-8-sig")],
)
def test_the_charset_is_that_of_the_page(body: str, charset: str) -> None:
    page = f'<html><meta charset="{charset}"><p>Liver: {body} is the liver.</html>'
    (one,) = imported(page.encode(charset))
    assert body in to_yaml(one.table) + "\n".join(one.notes)


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
    found = fields(one)
    assert (found["joint.size"].type, found["joint.size"].unit) == ("number", "mm")
    assert found["impression.grade"].default == "4711"
    priors = [each.text for each in found["comparison.comparison"].choices]
    assert priors == ["None.", "Prior study"]
    assert {"Largest gap {size}.", "Kellgren grade: {grade}."} <= set(lines(one))
    assert "line 13: number of a list left out: 1." in one.notes


@pytest.mark.parametrize(
    ("text", "kind", "choices", "default"),
    [
        ("Spleen is [normal/enlarged] today", "choice", ["normal", "enlarged"], ""),
        ("Spleen is [state: normal | enlarged]", "choice", ["normal", "enlarged"], ""),
        ("Spleen: [ ] normal [x] enlarged", "choice", ["normal", "enlarged"], "enlarged"),
        ("Spleen measures [] cm", "number", [], ""),
        ("Spleen measures [length] cm", "number", [], ""),
        ("Spleen is {normal} today", "text", [], "normal"),
        ("Glucose was [glucose] mg/dL in the spleen", "number", [], ""),
        ("Spleen seen by @NAME@", "text", [], ""),
        ("Spleen seen by ***", "text", [], ""),
    ],
)
def test_fields_of_bracket_text(text: str, kind: str, choices: list[str], default: str) -> None:
    (one,) = imported(f"CT Spleen\nSPLEEN:\n{text}".encode())
    (rule,) = fields(one).values()
    assert (rule.type, [each.text for each in rule.choices], rule.default) == (
        kind,
        choices,
        default,
    )


def test_powerscribe_export() -> None:
    thyroid, spleen = sample("autotexts.xml")
    assert texts(thyroid) == {"thyroid": ["The thyroid gland is normal in size."]}
    assert texts(spleen) == {"spleen": ["The spleen is normal."]}
    found = fields(thyroid)
    assert (found["thyroid.size"].type, found["thyroid.size"].unit) == ("number", "mm")
    assert [(each.text, each.says) for each in found["nodes.state"].choices] == [
        ("No lymphadenopathy.", ("normal",)),
        ("Enlarged.", ()),
    ]
    assert "reason.reason" in found
    notes = "\n".join(thyroid.notes)
    assert "line 4: merged from the order there, here a field to fill: Reason" in notes


def test_powerscribe_rich_text() -> None:
    body = (
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\b FINDINGS:\b0\par Spleen: The spleen is normal.\par "
        rb"Liver\u58?: sz of the liver\'2e}{\xml}<autotext><fields><field type='3' start='47' "
        rb"length='2'><name>size</name><choices><choice name='big'/></choices></field></fields>"
    )
    (one,) = imported(body, "US Spleen")
    assert (one.table.title, texts(one)) == ("US Spleen", {"spleen": ["The spleen is normal."]})
    assert [each.text for each in fields(one)["liver.size"].choices] == ["big"]


def test_a_draft_can_be_filled() -> None:
    (one,) = imported(b"US Spleen\nSPLEEN: The spleen measures [spleen length] cm.\nIMPRESSION: []")
    mine = replace(tables(), templates=Templates([*tables().templates, read_again(one)]))
    inputs = ReportInputs((typed("Spleen length: 11 cm."),), template=one.table.id)
    report = build_report(inputs, mine)
    assert "The spleen measures 11 cm." in [s.text for p in report.sections for s in p.statements]


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
