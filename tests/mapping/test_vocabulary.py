"""Vocabularies load, overlay and refuse."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.phrases import Phrases
from adapter.mapping.vocabulary import load_vocabulary
from adapter.reporting.written_form import write


def overlay(tmp_path: Path, text: str) -> MappingFiles:
    folder = tmp_path / "vocabulary"
    folder.mkdir()
    (folder / "en.site.yaml").write_text(text, encoding="utf-8")
    return MappingFiles(site=tmp_path)


@pytest.mark.parametrize("language", ["en", "de"])
def test_packaged_vocabulary_loads(language: str) -> None:
    assert load_vocabulary(MappingFiles(), language).language == language


def test_both_languages_cover_the_same_list() -> None:
    english, german = (load_vocabulary(MappingFiles(), each).table for each in ("en", "de"))

    assert {rule.writes for rule in german.marks} >= {".", ",", ":", ";", "\n", "\n\n", "(", ")"}
    assert {rule.name for rule in german.commands} == {rule.name for rule in english.commands}
    assert len(german.dates.months) == len(english.dates.months) == 12
    assert len(german.levels.parts) == len(english.levels.parts) == 4


def test_unknown_language_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="'tlh'; there is: de, en"):
        load_vocabulary(MappingFiles(), "tlh")


def test_site_adds_terms_units_labels_and_commands(tmp_path: Path) -> None:
    files = overlay(
        tmp_path,
        "terms: {Springfield General: [springfield general]}\n"
        "units: [{says: [blobs], writes: bl}]\n"
        "labels: [{says: [clariscan], writes: Clariscan, joined: true}]\n"
        "commands: [{name: call_desk, says: [call the desk], where: alone}]\n"
        "headings: [wrist]\nabbreviations: [XYZ]\n",
    )
    site = load_vocabulary(files, "en")

    assert write("springfield general three blobs", site).text == "Springfield General 3 bl"
    assert write("clariscan one twenty", site).text == "Clariscan 120"
    assert write("wrist colon x y z normal", site).text == "Wrist: XYZ normal"
    assert [each.name for each in write("call the desk", site).commands] == ["call_desk"]


def test_site_wins_over_the_packaged_term(tmp_path: Path) -> None:
    site = load_vocabulary(overlay(tmp_path, "terms: {chest film: [chest x ray]}"), "en")

    assert write("chest x ray", site).text == "Chest film"


def test_unknown_key_is_refused_with_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"en\.site\.yaml.*wrods"):
        load_vocabulary(overlay(tmp_path, "wrods: {}"), "en")


def test_vocabulary_is_frozen() -> None:
    vocabulary = load_vocabulary(MappingFiles(), "en")

    with pytest.raises(FrozenInstanceError):
        vocabulary.dotted = frozenset()  # type: ignore[misc]


def test_german_compounds_are_numbers() -> None:
    numbers = load_vocabulary(MappingFiles(), "de").numbers

    assert numbers["dreiundzwanzig"].value == 23
    assert numbers["zweihundertfünfzig"].value == 250
    assert numbers["neunzehnhundertneunundneunzig"].value == 1999
    assert numbers["zweitausendvierundzwanzig"].value == 2024


def test_longest_phrase_wins_and_the_first_of_equals() -> None:
    phrases = Phrases([("new line", 1), ("new", 2), ("new", 3)])

    assert phrases.match(["new", "line"], 0) == (1, 2)
    assert phrases.match(["new", "mass"], 0) == (2, 1)
    assert phrases.match(["new-line"], 0) == (1, 1)
    assert phrases.match([], 0) is None
