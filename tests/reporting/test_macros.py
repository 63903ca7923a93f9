"""Spoken commands that decide where sentences and defaults go."""

from __future__ import annotations

import pytest

from adapter.domain.transcript import Span, VoiceCommand, WrittenText
from adapter.reporting.dictated import Dictated
from adapter.reporting.macros import open_sections, undone
from adapter.reporting.route import route
from adapter.reporting.said import Dictation, listen
from tests.reporting.tables import tables

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


@pytest.mark.parametrize("name", ["insert_macro", "apply_template"])
def test_a_command_that_cannot_be_done_is_told(name: str) -> None:
    (flag,) = undone(said(name, "normal chest"))
    assert (flag.code, "normal chest" in flag.message) == ("command_not_done", True)
