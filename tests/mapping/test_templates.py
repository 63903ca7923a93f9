"""Templates: which serves an order, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient, Sex
from adapter.errors import ConfigurationError, NotFound
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.templates import Templates, read_template
from adapter.reporting.template_lint import lint
from tests.reporting.tables import tables

GOOD = """
schema: report-template/1
id: mine
version: 2
title: Mine
applies_to: {modality: [US], text: [us pelvis], sex: F}
sections:
- id: liver
  title: Liver
  organs: [liver]
  defaults: [{id: ok, text: "The liver is normal.", absent: [liver]}]
- {id: impression, title: Impression, header_only: true}
"""


def order(text: str = "", modality: str = "", code: str = "", sex: Sex = Sex.UNKNOWN) -> Order:
    return Order(Accession("A1"), Patient(Phi("1"), sex=sex), Code(code, text), modality)


@pytest.mark.parametrize(
    ("asked", "template"),
    [
        (order("XR CHEST 2 VIEWS", "CR"), "xr_chest_2v"),
        (order("Chest PA and lateral", "DX"), "xr_chest_2v"),
        (order("PORTABLE CHEST", "CR"), "xr_chest_1v"),
        (order("Chest 1 view", "DX"), "xr_chest_1v"),
        (order("CT HEAD WITHOUT CONTRAST", "CT"), "ct_head"),
        (order("CT ABDOMEN AND PELVIS W CONTRAST", "CT"), "ct_abdomen"),
        (order("CT head"), "ct_head"),
        (order("anything", "CR", code="CTHEAD"), "ct_head"),
        (order("Fluoroscopy of the left foot", "RF"), "generic"),
        (order(), "generic"),
        (None, "generic"),
    ],
)
def test_the_template_of_an_order(asked: Order | None, template: str) -> None:
    assert tables().choose(asked).table.id == template


def test_sex_gates_a_template() -> None:
    mine = Templates([*tables().templates, read(GOOD)])
    assert mine.choose(order("US pelvis", "US", sex=Sex.FEMALE)).table.id == "mine"
    assert mine.choose(order("US pelvis", "US")).table.id == "mine"
    assert mine.choose(order("US pelvis", "US", sex=Sex.MALE)).table.id != "mine"


def read(body: str, name: str = "mine"):  # type: ignore[no-untyped-def]
    file = MappingFile(f"templates/{name}.yaml", Path(f"{name}.yaml"), body.encode())
    return read_template(file, tables().lexicon)


def test_a_template_names_its_file_for_ever() -> None:
    found = read(GOOD)
    assert (found.ref.id, found.ref.version, len(found.ref.sha256)) == ("mine", 2, 64)
    assert read(GOOD + "\n").ref.sha256 != found.ref.sha256


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: mine", "id: other", "not the file's name"),
        ("organs: [liver]", "organs: [lever]", "no organ 'lever'"),
        ("absent: [liver]", "absent: [lever]", "absent 'lever' is unknown"),
        ("report-template/1", "report-template/9", "schema"),
        ("version: 2", "version: 0", "version"),
        ("id: impression", "id: liver", "used twice: liver"),
        ("text: [us pelvis]", "text: ['(']", "not a regular expression"),
        ("title: Mine", "titel: Mine", "titel"),
        ("sex: F", "age_from: 18, age_below: 18", "no age is both"),
    ],
)
def test_a_wrong_template_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
        read(GOOD.replace(old, new))


def test_an_unknown_template_is_told_with_those_that_are_there() -> None:
    with pytest.raises(NotFound, match="ct_head"):
        tables().templates.get("nothing")


def test_a_generic_template_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="generic"):
        Templates([read(GOOD)])


@pytest.mark.parametrize("name", [each.table.id for each in tables().templates])
def test_packaged_templates_pass_the_lint(name: str) -> None:
    assert not list(lint(tables().templates.get(name), tables().lexicon))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("The liver is normal.", "No mass effect or midline shift.", "make one default of each"),
        ("The liver is normal.", "The liver is normal. No cyst.", "more than one sentence"),
        ("The liver is normal.", "Hepatic cyst.", "affirms a finding"),
        ("absent: [liver]", "absent: []", "nothing withdraws it"),
        ("  organs: [liver]", "  header_only: true", "no defaults"),
        (
            "sections:",
            "macros: [{id: a, sentences: [{text: No. No.}]}]\nsections:",
            "more than one",
        ),
        (
            "sections:",
            "macros: [{id: a, sentences: [{text: Normal., section: moon}]}]\nsections:",
            "no section 'moon'",
        ),
    ],
)
def test_the_lint_finds(old: str, new: str, message: str) -> None:
    assert any(message in fault for fault in lint(read(GOOD.replace(old, new)), tables().lexicon))


def test_a_site_template_hides_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    body = GOOD.replace("id: mine", "id: ct_head")
    (tmp_path / "templates" / "ct_head.yaml").write_text(body, encoding="utf-8")
    found, _ = Templates.load(MappingFiles(site=tmp_path), tables().lexicon)
    assert found.get("ct_head").table.title == "Mine"
