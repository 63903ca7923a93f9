"""Spoken commands that decide where sentences and defaults go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.report import Origin, Report
from adapter.domain.transcript import Span, VoiceCommand, WrittenText
from adapter.mapping.template_table import Macro, MacroSentence
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.defaults import yielding
from adapter.reporting.dictated import Dictated
from adapter.reporting.macros import asked, open_sections, undone
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import sections_text
from adapter.reporting.route import route
from adapter.reporting.said import Dictation, listen
from adapter.reporting.verdicts import Verdicts
from adapter.reporting.written_form import write
from tests.reporting.tables import tables, typed

TEXT = "Small right effusion. Seen before."
FORM = tables().templates.get("xr_chest_2v")


def said(name: str, argument: str = "", at: int = 0, text: str = TEXT) -> Dictation:
    command = VoiceCommand(name, argument, 0, 0, at)
    written = WrittenText(text, (Span(0, len(text), 0, len(text)),), (command,))
    return listen((Dictated("d-1", written),), FORM, tables().lexicon)


def opened(name: str, argument: str = "") -> frozenset[str]:
    return open_sections(said(name, argument), FORM, tables().lexicon)


@pytest.mark.parametrize("name", ["otherwise_normal", "use_normals"])
def test_all_sections_open(name: str) -> None:
    assert {"lungs", "pleura", "heart", "bones"} <= opened(name)


@pytest.mark.parametrize(
    ("argument", "section"),
    [("heart", "heart"), ("lungs", "lungs"), ("bones", "bones"), ("Pleura", "pleura")],
)
def test_normal_organ_opens_its_section_alone(argument: str, section: str) -> None:
    assert opened("normal", argument) == {section}


def test_an_unknown_organ_opens_nothing() -> None:
    assert opened("normal", "xylophone") == frozenset()


def test_go_to_opens_a_section_from_there_on() -> None:
    routed = route(said("go_to", "impression", 21).said, FORM, tables().lexicon)
    assert [each.section for each in routed] == ["pleura", "impression"]


def test_go_to_nowhere_changes_nothing() -> None:
    routed = route(said("go_to", "nowhere", 21).said, FORM, tables().lexicon)
    assert [each.section for each in routed] == ["pleura", "other"]


def test_a_command_after_the_last_sentence_counts() -> None:
    found = open_sections(said("otherwise_normal", at=len(TEXT)), FORM, tables().lexicon)
    assert "lungs" in found


def test_signing_by_voice_asks_a_person() -> None:
    (flag,) = asked(said("sign_report"), (), Verdicts(()))
    assert flag.code == "sign_requested"


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_a_finding_accepted_or_rejected_by_voice_waits_for_a_person(verb: str) -> None:
    (flag,) = asked(said(f"{verb}_finding", "2"), ("a1", "a2"), Verdicts(()))
    assert (flag.code, flag.ai) == (f"{verb}_requested", "a2")


def test_a_finding_that_is_decided_asks_no_more() -> None:
    made = Verdicts((Decision(DecisionKind.ACCEPT, "a2", person="p1"),))
    assert not list(asked(said("accept_finding", "2"), ("a1", "a2"), made))


def test_a_finding_that_does_not_exist_is_told() -> None:
    (flag,) = asked(said("accept_finding", "3"), ("a1", "a2"), Verdicts(()))
    assert (flag.code, " 3" in flag.message) == ("command_not_done", True)


def test_go_to_a_field_of_a_template_is_a_command() -> None:
    places = {name for each in tables().templates for name in each.form.by_spoken}
    for name in sorted(places)[:20]:
        made = write(f"go to {name} 4", tables().vocabulary("en"))
        assert made.commands[0].name == "go_to", name


@pytest.mark.parametrize("name", ["insert_macro", "apply_template"])
def test_a_command_that_cannot_be_done_is_told(name: str) -> None:
    (flag,) = undone(said(name, "normal chest"), FORM)
    assert (flag.code, "normal chest" in flag.message) == ("command_not_done", True)


def report(text: str, template: str = "xr_chest_2v", status: str = "draft") -> Report:
    inputs = ReportInputs(transcripts=(typed(text),), template=template, status=status)
    return build_report(inputs, tables())


def printed(text: str, template: str = "xr_chest_2v") -> dict[str, list[str]]:
    """Section -> its statements, as "origin: text"."""
    made = report(text, template)
    assert made.certificate.ok
    return {
        section.id: [f"{each.origin.value}: {each.text}" for each in section.statements]
        for section in made.sections
        if section.statements
    }


def test_a_macro_enters_its_sentences_with_their_source() -> None:
    made = report("Insert macro normal heart.\nSmall left pleural effusion.")
    (heart,) = (section for section in made.sections if section.id == "heart")
    found = [(each.id, each.origin, each.source.template) for each in heart.statements]
    assert found == [
        ("m1", Origin.TEMPLATE, "macro.normal_heart.1"),
        ("m2", Origin.TEMPLATE, "macro.normal_heart.2"),
    ]
    assert made.certificate.ok
    assert made.certificate.template == 8
    assert not [flag for flag in made.flags if flag.code == "command_not_done"]


def test_a_macro_goes_to_its_section_and_leaves_the_numbering_alone() -> None:
    made = report("The heart is enlarged.\nMacro no priors.\nThe lungs are clear.")
    found = {s.id: [each.id for each in s.statements] for s in made.sections if s.statements}
    assert found == {"comparison": ["m1"], "lungs": ["s2"], "heart": ["s1"]}


def test_a_macro_under_a_header_stays_there() -> None:
    assert printed("Impression: \nInsert macro normal heart.")["impression"] == [
        "template: The heart size is normal.",
        "template: No pericardial effusion.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Insert macro normal heart.\nSmall pericardial effusion.",
        "Small pericardial effusion.\nInsert macro normal heart.",
    ],
)
def test_a_normal_of_a_macro_yields_to_dictation(text: str) -> None:
    made = report(text)
    said = [each.text for section in made.sections for each in section.statements]
    assert "No pericardial effusion." not in said
    (flag,) = (flag for flag in made.flags if flag.default == "macro.normal_heart.2")
    assert flag.code == "default_contradicted"


def test_a_default_yields_to_a_macro() -> None:
    found = printed("Insert macro normal heart.\nOtherwise normal.")
    assert found["heart"].count("template: The heart size is normal.") == 1


def test_a_macro_of_a_template_is_known_there_alone() -> None:
    text = "Macro bi rads one."
    assert printed(text, "mammography")["impression"] == ["template: BI-RADS 1: Negative."]
    assert [flag.code for flag in report(text).flags if "not done" in flag.message]


def test_an_applied_template_is_the_template_of_the_report() -> None:
    made = report("Apply template CT head.\nThe ventricles are normal.")
    assert (made.template.id, made.certificate.ok) == ("ct_head", True)
    assert not [flag for flag in made.flags if flag.code == "command_not_done"]


def test_an_unknown_template_is_told_and_changes_nothing() -> None:
    made = report("Apply template moon rock.\nThe lungs are clear.")
    assert made.template.id == "xr_chest_2v"
    assert [flag.code for flag in made.flags if "moon rock" in flag.message]


def test_a_forged_macro_sentence_fails_the_proof() -> None:
    made = report("Insert macro normal heart.")
    (section,) = (each for each in made.sections if each.statements)
    forged = replace(section.statements[0], text="The heart is enlarged.")
    sections = (replace(section, statements=(forged, *section.statements[1:])),)
    evidence = Evidence((), (), FORM, (), (), "draft")
    assert not certify(sections, (), sections_text(sections), evidence).ok


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("Cardiomegaly without pulmonary edema.", True),
        ("No pulmonary edema.", False),
    ],
)
def test_a_macro_sentence_that_states_a_finding_never_yields(sentence: str, kept: bool) -> None:
    macro = Macro(id="my_heart", sentences=(MacroSentence(text=sentence),))
    table = FORM.table.model_copy(update={"macros": (macro,)})
    form = replace(FORM, table=table)
    text = "Mild pulmonary edema."
    command = VoiceCommand("insert_macro", "my heart", 0, 0, len(text))
    written = WrittenText(text, (Span(0, len(text), 0, len(text)),), (command,))
    spoken = listen((Dictated("d-1", written),), form, tables().lexicon).said
    routed = route(spoken, form, tables().lexicon)
    left, flags = yielding(routed, form, tables().lexicon)
    assert (sentence in [each.said.text for each in left]) is kept
    assert bool(flags) is not kept
