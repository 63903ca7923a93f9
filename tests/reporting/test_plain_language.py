from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.domain.summary import Summary
from adapter.mapping.files import MappingFiles
from adapter.mapping.plain_words import PlainWords, load_patient_summary
from adapter.reporting.facts import facts
from adapter.reporting.plain_language import form_of, summarize
from adapter.reporting.printed_summary import as_html, as_pdf, as_text
from adapter.reporting.reading_level import grade
from tests.reporting.tables import tables

RULES, WORDS = load_patient_summary(MappingFiles())
GERMAN = MappingFiles().get("plain_words/de.yaml").read(PlainWords)
FRAMES = (
    "{side} {finding}.", "No {side} {finding}.", "No {finding}.", "Possible {finding}.",
    "{side} {finding} measuring 12 x 8 mm.", "Stable {finding}.", "New {side} {finding}.",
    "The {side} {finding} has resolved.", "No new {finding}.", "History of {finding}.",
    "No {finding} larger than 5 mm.", "Recommend CT for the {finding}.",
    "No {finding} in the upper lobe.", "{finding} versus {finding}.", "The patient is well.",
    "Two {side} {finding}s.", "No {finding} or {side} {finding}.", "Otherwise no {finding}.",
)  # fmt: skip
FINDINGS = (
    "pneumothorax", "pleural effusion", "pulmonary nodule", "rib fracture", "fracture", "mass",
    "cholecystitis", "subdural hematoma", "hydrosalpinx", "disc bulge", "porcelain gallbladder",
)  # fmt: skip
SENTENCES = st.builds(
    lambda frame, finding, side: " ".join(frame.format(finding=finding, side=side).split()),
    st.sampled_from(FRAMES), st.sampled_from(FINDINGS), st.sampled_from(("", "left", "right")),
)  # fmt: skip


def report(*sentences: str, section: str = "findings") -> Report:
    statements = tuple(
        Statement(f"s{n}", text, Origin.DICTATED, Source(), facts(text, tables().lexicon))
        for n, text in enumerate(sentences)
    )
    shown = (Section(section, section.title(), statements),)
    return Report(TemplateRef("t", 1, ""), "final", shown, (), (), Certificate(True, 0, 0, 0, 0))


def told(*sentences: str, section: str = "findings") -> Summary:
    return summarize(report(*sentences, section=section), WORDS, tables().lexicon)


@settings(max_examples=200, deadline=None)
@given(st.lists(SENTENCES, max_size=6))
def test_each_fact_is_told_as_it_stands_or_its_sentence_is_left_and_nothing_is_added(
    sentences: list[str],
) -> None:
    made, shown = report(*sentences), told(*sentences)
    statements = {each.id: each for each in made.sections[0].statements}
    quoted = {each.statement: each.text for each in shown.quotes}
    assert all(text == statements[id_].text for id_, text in quoted.items())
    spoken: dict[str, list[str]] = {}
    for each in shown.sentences:
        for id_ in each.statements:
            spoken.setdefault(id_, []).append(each.text)
    assert set(quoted) | set(spoken) == set(statements)
    assert not set(quoted) & set(spoken)
    for id_, texts in spoken.items():
        assert len(set(texts)) <= len(statements[id_].facts)
        for fact in statements[id_].facts:
            form = form_of(fact, WORDS.forms)
            assert form is not None
            known = WORDS.findings.get(fact.finding)
            begin = form.replace("{what}.", known.name if known else f'"{fact.text}"')
            (text,) = {each for each in texts if each.startswith(begin)}
            sides = {side for side, word in WORDS.details.side.items() if word in text}
            assert sides == ({fact.side} if fact.side else set())
            numbers = re.findall(r"\d+", text.removeprefix(begin))
            assert numbers == [
                *([str(fact.count)] if fact.count else []),
                *re.findall(r"\d+", fact.level or ""),
                *(f"{each:g}" for each in (*fact.size_mm, *fact.prior_size_mm)),
            ]


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("Small left pneumothorax.", "The exam shows: air around the lung, on the left side."),
        ("No pneumothorax.", "The exam does not show: air around the lung."),
        ("The left pneumothorax has resolved.", "No longer seen: air around the lung, on the left"
         " side."),
        ("Right pulmonary nodule measuring 12 x 8 mm.", "The exam shows: a small spot in the lung,"
         " on the right side, size 12 by 8 mm."),
        ("Hydrosalpinx.", 'The exam shows: "Hydrosalpinx".'),
        ("History of breast cancer.", "The report tells of the past: breast cancer."),
    ],
)  # fmt: skip
def test_a_fact_in_plain_words(sentence: str, plain: str) -> None:
    assert [each.text for each in told(sentence).sentences] == [plain]


@pytest.mark.parametrize(
    "sentence",
    [
        "No new effusion.", "No acute fracture.", "No pulmonary nodule larger than 5 mm.",
        "No mass in the liver.", "No consolidation in the right lower lobe.",
        "Recommend CT in 3 months for the lung nodule.", "Pneumonia versus atelectasis.",
        "The lungs look good.", "Otherwise no pneumothorax.",
        "No fracture of the left hip.",
    ],
)  # fmt: skip
def test_a_sentence_that_says_less_or_other_than_its_facts_is_left(sentence: str) -> None:
    made = told(sentence)
    assert (made.sentences, [each.text for each in made.quotes]) == ((), [sentence])


def test_a_denial_beside_a_kind_of_it_that_is_there_is_left() -> None:
    made = told("Left rib fracture.", "No fracture.")
    assert [each.text for each in made.quotes] == ["No fracture."]


def test_the_same_fact_twice_is_told_once_with_both_sources() -> None:
    (only,) = told("Left pneumothorax.", "Left pneumothorax is seen.").sentences
    assert only.statements == ("s0", "s1")


def test_sections_that_tell_no_result_are_not_told() -> None:
    made = told("Rule out pneumothorax.", section="indication")
    assert (made.sentences, made.quotes) == ((), ())


def test_text_that_looks_like_a_command_stays_text() -> None:
    evil = 'Ignore the rules and say <script>alert("well")</script> {what} \x07.'
    made = told(evil)
    assert made.quotes[0].text == evil
    page = as_html(made, (("Name", "<b>"),), "en")
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert evil in as_text(made, ())
    assert as_pdf(made, (), "Page") == as_pdf(made, (), "Page")


def test_the_packaged_words_name_known_findings_and_are_easy_to_read() -> None:
    assert not set(WORDS.findings) - set(tables().lexicon.findings)
    assert not RULES.offered
    for each in WORDS.findings.values():
        assert not each.is_ or grade([each.is_], WORDS.syllables) <= 9


def test_german_words_tell_every_finding_and_are_easy_to_read() -> None:
    assert set(GERMAN.findings) == set(WORDS.findings)
    explained = [each.is_ for each in GERMAN.findings.values() if each.is_]
    assert max(grade([each], GERMAN.syllables, GERMAN.formula) for each in explained) <= 9
    statements = ("Small left pneumothorax.", "No rib fracture.", "No new effusion.")
    made = summarize(report(*statements), GERMAN, tables().lexicon)
    assert [each.text for each in made.sentences] == [
        "Das ist zu sehen: Luft um die Lunge, links.",
        "Das ist nicht zu sehen: ein Bruch einer Rippe.",
    ]
    assert [each.text for each in made.quotes] == ["No new effusion."]
    assert made.grade <= 9


def test_the_reading_level_of_german_is_the_first_wiener_sachtextformel() -> None:
    text = ["Die Untersuchung zeigt Flüssigkeit."]  # 1, 4, 1 and 3 syllables
    level = 0.1935 * 50 + 0.1672 * 4 + 0.1297 * 50 - 0.0327 * 50 - 0.875
    assert grade(text, GERMAN.syllables, GERMAN.formula) == round(level, 1)
    counted = {"Bäuche": 2, "Ader": 2, "Radio": 3, "Eiter": 2, "Lunge": 2, "Aorta": 3}
    assert {w: len(GERMAN.syllables.findall(w)) for w in counted} == counted


def test_the_reading_level_is_that_of_flesch_and_kincaid() -> None:
    one = grade(["The cat sat on the mat."], WORDS.syllables)
    assert one == 0.0  # 0.39*6 + 11.8*1 - 15.59 < 0
    text = ["Several elderly people remember the yellow table."]  # 7 words, 16 syllables
    assert grade(text, WORDS.syllables) == round(0.39 * 7 + 11.8 * 16 / 7 - 15.59, 1)
    assert grade([], WORDS.syllables) == 0.0
    counted = {"table": 2, "little": 2, "looked": 1, "size": 1, "needed": 2, "the": 0}
    assert {w: len(WORDS.syllables.findall(w)) for w in counted} == counted


def test_the_normal_report_of_every_template_is_easy_to_read() -> None:
    for template in tables().templates:
        for section in template.table.sections:
            made = told(*(each.text for each in section.defaults), section=section.id)
            assert made.grade <= 9, template.table
