"""Headers and sections of dictated sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.mapping.template_table import SectionRule
from adapter.reporting.headers import opening
from adapter.reporting.route import Routed, by_keyword, route
from adapter.reporting.said import listen
from tests.reporting.tables import tables, written

CHEST = tables().templates.get("xr_chest_2v")


def routed(text: str, template: str = "xr_chest_2v") -> list[Routed]:
    form = tables().templates.get(template)
    dictation = listen((written(text),), form, tables().lexicon)
    return list(route(dictation.said, form, tables().lexicon))


def sections(text: str, template: str = "xr_chest_2v") -> list[str]:
    return [each.section for each in routed(text, template)]


@pytest.mark.parametrize(
    ("text", "section", "why"),
    [
        ("Small right pneumothorax.", "pleura", "finding"),
        ("The lungs are clear.", "lungs", "organ"),
        ("Inspiratory effort is poor.", "lungs", "keyword"),
        ("Impression: Normal.", "impression", "header"),
        ("CONCLUSION: Normal.", "impression", "header"),
        ("Comparison: None.", "comparison", "header"),
        ("Heart and mediastinum: Fine.", "heart", "header"),
        ("Something else.", "other", "general"),
    ],
)
def test_why_a_sentence_goes_there(text: str, section: str, why: str) -> None:
    (found,) = routed(text)
    assert (found.section, found.why) == (section, why)


def test_the_finding_wins_over_the_header_of_an_earlier_sentence() -> None:
    assert sections("Lungs: Clear. Small effusion.") == ["lungs", "pleura"]


def test_the_impression_keeps_all_until_the_next_header() -> None:
    text = "Impression: Pneumothorax. Clear lungs. Findings: Clear lungs."
    assert sections(text) == ["impression", "impression", "lungs"]


def test_an_anaphor_carries_the_last_section() -> None:
    assert sections("Small pneumothorax. It is new.") == ["pleura", "pleura"]
    assert sections("Small pneumothorax. Lungs: Clear. It is new.")[2] == "lungs"


def test_a_vague_finding_belongs_to_what_was_spoken_of() -> None:
    assert sections("The liver is enlarged. A 3 cm focus is seen.", "ct_abdomen") == ["liver"] * 2


def test_a_sentence_of_two_sections_stays_whole_and_is_told() -> None:
    (found,) = routed("Small right effusion and cardiomegaly.")
    assert (found.section, found.spans) == ("pleura", ("pleura", "heart"))


def test_an_organ_without_section_goes_to_that_of_its_neighbour() -> None:
    assert sections("Dilated appendix.", "ct_abdomen") == ["bowel"]
    assert sections("Mastoid effusion.", "ct_head") == ["sinuses"]


def test_the_generic_template_takes_all() -> None:
    assert sections("Meniscal tear. Anything. Impression: Tear.", "generic") == [
        "findings",
        "findings",
        "impression",
    ]


@pytest.mark.parametrize(
    ("text", "section", "end"),
    [
        ("Impression: Clear.", "impression", 12),
        ("IMPRESSION", "impression", 10),
        ("Findings: Lungs: Clear.", "lungs", 17),
        ("**Impression:** Clear.", "impression", 16),
        ("At L4-L5: bulge.", None, 0),
        ("Impression is normal.", None, 0),
        ("", None, 0),
    ],
)
def test_headers(text: str, section: str | None, end: int) -> None:
    found = opening(text, CHEST)
    assert (found.section, found.end) == (section, end)


def test_a_header_without_section_here_stays_in_the_text() -> None:
    form = tables().templates.get("xr_chest_2v")
    bare = form.__class__(
        form.table.model_copy(update={"sections": form.table.sections[3:-1]}),
        form.sha256,
        form.common_headers,
    )
    found = opening("Technique: Portable.", bare)
    assert (found.said, found.section, found.end) == (True, None, 0)


def test_a_finding_that_is_there_decides_before_one_that_is_not() -> None:
    (found,) = routed("No pneumothorax, but there is a hiatal hernia.")
    assert (found.section, found.why, found.spans) == (
        sections("There is a hiatal hernia.")[0],
        "finding",
        (),
    )
    assert found.section != "pleura"
    assert sections("No pneumothorax, no hiatal hernia.") == ["pleura"]


def test_otherwise_normal_stands_where_it_was_said() -> None:
    (plain,) = routed("Otherwise normal.")
    assert (plain.section, plain.why) == ("other", "macro")
    *_, under = routed("Pleura: Small effusion. Otherwise normal.")
    assert (under.section, under.why) == ("pleura", "macro")
    bare = replace(CHEST, table=CHEST.table.model_copy(update={"sections": _placed()}))
    dictation = listen((written("Small effusion. Otherwise normal."),), bare, tables().lexicon)
    assert [each.section for each in route(dictation.said, bare, tables().lexicon)] == [
        "pleura",
        "pleura",
    ]


def _placed() -> tuple[SectionRule, ...]:
    """Sections without one for what has no place."""
    return tuple(each for each in CHEST.table.sections if "general" not in each.organs)


def test_what_has_no_place_goes_with_the_sentence_before() -> None:
    assert sections("The pleura is thickened. A 3 cm cyst.")[1] == "pleura"
    assert sections("A 3 cm cyst.") == ["other"]


@pytest.mark.parametrize(
    ("first", "section", "why"),
    [
        ("Small pneumothorax.", "pleura", "finding"),
        ("The lungs are clear.", "lungs", "organ"),
        ("Inspiratory effort is poor.", "lungs", "keyword"),
        ("Heart: Fine.", "heart", "header"),
    ],
)
def test_what_is_carried_on_from_any_sentence_with_a_place(
    first: str, section: str, why: str
) -> None:
    found = routed(f"{first} It is new. This is larger.")
    assert [(each.section, each.why) for each in found] == [
        (section, why),
        (section, "carry"),
        (section, "carry"),
    ]


def test_a_sentence_without_place_of_its_own_carries_nothing_on() -> None:
    found = routed("Small pneumothorax. Something else. It is new.")
    assert [(each.section, each.why) for each in found][2] == ("pleura", "carry")


def test_a_general_finding_is_a_topic_and_the_rest_is_general() -> None:
    assert [each.why for each in routed("A 3 cm cyst.")] == ["topic"]
    assert [each.why for each in routed("Something else.")] == ["general"]


def test_the_first_keyword_of_the_text_decides() -> None:
    assert by_keyword("Inspiratory effort is poor, the ribs are seen.", CHEST) == "lungs"
    assert by_keyword("The ribs are seen, inspiratory effort is poor.", CHEST) == "bones"
    assert by_keyword("The catheter is over the ribs and lungs.", CHEST) == "devices"
    assert by_keyword("Something else.", CHEST) is None


def test_what_was_carried_on_is_carried_on_again_behind_a_general_sentence() -> None:
    found = routed("Small pneumothorax. Heart: Fine. It is new. A 3 cm cyst. It is large.")
    assert [each.section for each in found][2:] == ["heart", "heart", "heart"]


def test_a_denial_that_names_no_organ_is_vague_only_of_wide_findings() -> None:
    assert sections("The liver is normal. No mass.", "ct_abdomen")[1] == "liver"
    (found,) = routed("No mass.")
    assert (found.section, found.why) == ("other", "topic")


def test_a_finding_of_an_organ_without_section_is_not_carried_on() -> None:
    first, other = routed("Small pneumothorax. Prostate cancer.")
    assert (first.section, other.section) == ("pleura", "other")
