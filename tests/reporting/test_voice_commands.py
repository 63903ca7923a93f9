"""Commands are kept with their place, act on the text, and are never printed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.transcript import VoiceCommand, WrittenText
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import Vocabulary, load_vocabulary
from adapter.reporting.written_form import write

SAMPLES = Path(__file__).parent.parent / "samples" / "voice_commands"
STOPS = {"en": " period", "de": " punkt"}
LANGUAGES = tuple(sorted(each.name for each in SAMPLES.iterdir()))


@cache
def vocabulary(language: str = "en") -> Vocabulary:
    return load_vocabulary(MappingFiles(), language)


def phrases() -> list[tuple[str, ...]]:
    """Language, what is said, the text, and the commands as "name argument; name argument"."""
    return [
        (language, *line.split("\t"))
        for language in LANGUAGES
        for file in sorted((SAMPLES / language).glob("*.tsv"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize("phrase", phrases(), ids=lambda phrase: "-".join(phrase[:2])[:70])
def test_phrase_is_a_command_or_stays_text(phrase: tuple[str, ...]) -> None:
    language, spoken, text, commands = phrase
    made = write(spoken, vocabulary(language))

    assert made.text == text.replace("\\n", "\n")
    kept = "; ".join(f"{each.name} {each.argument}".strip() for each in made.commands)
    assert kept == commands


def bare_commands(language: str) -> list[tuple[str, str]]:
    """Name and words of the commands that take nothing and change no text."""
    return [
        (rule.name, said)
        for rule in vocabulary(language).table.commands
        if rule.argument == "none" and rule.action in ("note", "move")
        for said in rule.says
    ]


@settings(max_examples=150, deadline=None)
@given(
    language=st.sampled_from(LANGUAGES),
    places=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 3)), max_size=5),
    marked=st.booleans(),
)
def test_no_command_leaks_into_the_text_and_none_is_lost(
    language: str, places: list[tuple[int, int]], marked: bool
) -> None:
    known, end = bare_commands(language), "." if marked else STOPS[language]
    sentences = ["stent.", "xenon.", "stent.", "xenon."]
    names = []
    for choice, place in sorted(places, key=lambda pair: -pair[1]):
        name, said = known[choice % len(known)]
        words = said.capitalize() if marked else said
        sentences.insert(place, f"{words}{end}")
        names.insert(0, name)
    made = write(" ".join(sentences), vocabulary(language))

    assert made.text.split() == ["Stent.", "Xenon.", "Stent.", "Xenon."]
    assert [each.name for each in made.commands] == names


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["stent", "xenon", "left", "no", "mass", "report", "field"])))
def test_text_without_commands_is_untouched(words: list[str]) -> None:
    spoken = " ".join(words)
    made = written(spoken)

    assert made.commands == ()
    assert made.text.lower() == spoken


def written(spoken: str) -> WrittenText:
    return write(spoken, vocabulary())


def names(spoken: str) -> list[tuple[str, str]]:
    return [(command.name, command.argument) for command in written(spoken).commands]


@pytest.mark.parametrize(
    ("spoken", "name", "argument"),
    [
        ("scratch that", "scratch_that", ""),
        ("undo period", "scratch_that", ""),
        ("delete last sentence", "delete_last_sentence", ""),
        ("go to impression", "go_to", "impression"),
        ("go to the findings", "go_to", "findings"),
        ("next field", "next_field", ""),
        ("previous section", "previous_field", ""),
        ("insert macro normal chest period", "insert_macro", "normal chest"),
        ("macro normal chest", "insert_macro", "normal chest"),
        ("normal liver", "normal", "liver"),
        ("otherwise normal", "otherwise_normal", ""),
        ("Otherwise normal.", "otherwise_normal", ""),
        ("use normals period", "use_normals", ""),
        ("apply template ct head", "apply_template", "ct head"),
        ("accept finding two", "accept_finding", "2"),
        ("accept finding number twelve", "accept_finding", "12"),
        ("reject finding 3", "reject_finding", "3"),
        ("sign report", "sign_report", ""),
        ("end of dictation", "end_dictation", ""),
        ("read that back", "read_back", ""),
    ],
)
def test_command_is_kept_and_not_printed(spoken: str, name: str, argument: str) -> None:
    result = written(spoken)

    assert result.text == ""
    assert [(each.name, each.argument) for each in result.commands] == [(name, argument)]


@pytest.mark.parametrize(
    "spoken",
    [
        "the patient would like to go to surgery",
        "we will go to findings conference",
        "undo the damage",
        "the next field of view is cropped",
        "the lungs are otherwise normal",
        "otherwise normal chest radiograph",
        "normal liver parenchyma",
        "the liver is normal",
        "normal liver.",
        "surgical correction left a scar",
        "accept finding of edema",
        "macros are listed",
        "the sign report was read",
        "there is literally no fluid",
        "spell of dizziness",
    ],
)
def test_words_that_only_sound_like_a_command_stay_text(spoken: str) -> None:
    result = written(spoken)

    assert result.commands == ()
    assert result.text == spoken[:1].upper() + spoken[1:]


def test_scratch_that_covers_what_it_removed() -> None:
    spoken = "no effusion period there is a mass scratch that no mass period"
    result = written(spoken)

    (command,) = result.commands
    assert result.text == "No effusion. No mass."
    assert spoken[command.in_start : command.in_end] == "there is a mass scratch that"
    assert command.out_at == len("No effusion.")


def test_scratch_that_after_a_full_stop_takes_the_last_sentence() -> None:
    assert written("clear period two nodules period scratch that").text == "Clear."


def test_scratch_that_twice_takes_two_sentences() -> None:
    assert (
        written("clear period stable period small mass scratch that scratch that").text == "Clear."
    )


def test_scratch_that_keeps_the_heading() -> None:
    assert written("impression colon a mass scratch that no mass").text == "Impression: No mass"


def test_scratch_that_with_nothing_before_it_is_still_kept() -> None:
    assert names("scratch that no effusion") == [("scratch_that", "")]


def test_otherwise_normal_acts_where_it_was_said() -> None:
    result = written(
        "small effusion period otherwise normal period impression colon small effusion"
    )

    assert result.text == "Small effusion. Impression: Small effusion"
    assert result.commands == (VoiceCommand("otherwise_normal", "", 22, 45, 15),)


def test_otherwise_normal_before_a_heading_stands_alone() -> None:
    result = written("small effusion period otherwise normal impression colon small effusion")

    assert [each.name for each in result.commands] == ["otherwise_normal"]


def test_correction_puts_the_new_word_in_place_of_the_old() -> None:
    spoken = "small right pneumothorax period correction left period"
    result = written(spoken)

    place = result.text.index("left")
    span = next(each for each in result.spans if each.out_start == place)
    assert result.text == "Small left pneumothorax."
    assert spoken[span.in_start : span.in_end] == "left"
    assert span.in_start > spoken.index("correction")
    (command,) = result.commands
    assert command.in_start <= spoken.index("right")


def test_correction_changes_the_last_word_of_its_kind() -> None:
    assert written("right effusion and right mass correction left").text == (
        "Right effusion and left mass"
    )


def test_a_negation_that_was_left_out_goes_before_what_it_denies() -> None:
    assert written("there is effusion correction no effusion").text == "There is no effusion"
    assert written("is left correction no left").text == "Is no left"


def test_correction_without_a_word_to_correct_stays_text() -> None:
    assert written("clear period correction left").text == "Clear. Correction left"


def test_spelled_letters_become_a_word() -> None:
    assert written("her name is spell capital n g u y e n").text == "Her name is Nguyen"


def test_literal_writes_the_name_of_a_mark_and_of_a_command() -> None:
    assert written("the word literally comma").text == "The word comma"
    assert written("he said literally scratch that").text == "He said scratch that"


def test_go_to_in_a_sentence_starts_a_new_line() -> None:
    assert written("no effusion go to impression no effusion").text == "No effusion\nNo effusion"


def test_section_name_with_a_colon_belongs_to_the_command() -> None:
    assert written("go to impression colon no effusion").text == "No effusion"
