"""The patient goes, the medicine stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from adapter.privacy.text import Deidentifier
from tests.privacy.tables import cleaned, known, words

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Kowalski, Jane was seen.", "[PATIENT-1] was seen."),
        ("J. A. Kowalski and Mrs. Kowalsky", "[PATIENT-1] and Mrs. [PATIENT-1]"),
        ("k o w a l s k i", "[PATIENT-1]"),
        ("kilo oscar whiskey alpha lima sierra kilo india", "[PATIENT-1]"),
        ("Discussed with Dr. Lindqvist.", "Discussed with Dr. [PROVIDER-1]."),
        ("Discussed with Dr. Abernathy.", "Discussed with Dr. [PERSON-1]."),
        ("MRN h zero zero one two three four five six", "MRN [NUMBER-1]"),
        ("accession alpha two zero four seven double one", "accession [NUMBER-1]"),
        ("accession AT-4711", "accession [NUMBER-1]"),
        ("The accession number of Otto is 12345.", "The accession number of Otto is [NUMBER-1]."),
        ("record number of Otto 4 7 1 1 is of no use", "record number of [NUMBER-1] is of no use"),
        ("MRN 4711 is to be kept", "MRN [NUMBER-1] is to be kept"),
        ("call 617-555-0123", "call [PHONE-1]"),
        ("lives at 12 Long Meadow Road", "lives at [ADDRESS-1]"),
        ("mail jk@clinic.example", "mail [EMAIL-1]"),
        ("a 93-year-old woman", "a 90 or older-year-old woman"),
        ("a 54-year-old woman", "a 54-year-old woman"),
    ],
)
def test_what_identifies_becomes_a_placeholder(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CT of 02/26/2026", "CT of 3 days before the study"),
        ("CT of February 26th, 2026", "CT of 3 days before the study"),
        ("on the twenty sixth of february twenty twenty six", "on the 3 days before the study"),
        ("compared to 2/26", "compared to 2/26"),  # a fraction, a staging, a date: nobody knows
        (
            "compared with the study from 2/26",
            "compared with the study from 3 days before the study",
        ),
        ("20260301093000", "on the day of the study"),
        ("in January 2026", "in about 2 months before the study"),
        ("stable since 2019", "stable since 2019"),
        ("born 14.3.1957", "born [BIRTH-DATE-1]"),
        ("march fourteenth nineteen fifty seven", "[BIRTH-DATE-1]"),
        ("dob 01/02/1958", "dob [BIRTH-DATE-1]"),
        ("the lesion may measure 3 mm", "the lesion may measure 3 mm"),
    ],
)
def test_a_date_is_told_by_its_distance_from_the_study(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize(
    ("family", "text", "left"),
    [
        ("White", "The white matter is normal.", "The white matter is normal."),
        ("White", "WHITE MATTER DISEASE", "WHITE MATTER DISEASE"),
        ("White", "Mrs. White was told.", "Mrs. [PATIENT-1] was told."),
        ("White", "White, Jane", "[PATIENT-1]"),
        ("White", "the patient white has a cough", "the patient [PATIENT-1] has a cough"),
        ("White", "Called to White.", "Called to [NAME-OR-WORD-1]."),
        ("White", "History: White's mother.", "History: [PATIENT-1]'s mother."),
        ("Baker", "Baker's cyst.", "Baker's cyst."),
        ("Small", "The study of Small shows it.", "The study of [NAME-OR-WORD-1] shows it."),
        ("Small", "The effusion is small.", "The effusion is small."),
        ("Small", "A small pleural effusion.", "A small pleural effusion."),
        ("Small", "SMALL, QUITE.", "[NAME-OR-WORD-1], QUITE."),
        ("Graves", "Graves disease with goiter.", "Graves disease with goiter."),
        ("Graves", "Seen by Graves.", "Seen by [NAME-OR-WORD-1]."),
        ("Long", "Long segment stenosis of the lung.", "Long segment stenosis of the lung."),
        ("May", "This may represent edema.", "This may represent edema."),
        ("May", "Mr. May was told.", "Mr. [PATIENT-1] was told."),
        ("Ina", "in a patient", "in a patient"),
    ],
)
def test_a_name_that_is_also_a_word(family: str, text: str, left: str) -> None:
    """Kept in clinical phrases; gone beside a title or another name; else gone and said so."""
    assert cleaned(text, family) == left


def test_one_person_keeps_one_placeholder_and_the_words_come_back_at_home() -> None:
    it = Deidentifier(known("Small", "Bertha"), words())
    first = it.text("Bertha Small. SMALL.")
    second = it.text("Told by Bertha, MRN H00123456.")
    assert first == "[PATIENT-1]. [NAME-OR-WORD-1]."
    assert second == "Told by [PATIENT-1], MRN [NUMBER-1]."
    assert it.restore("[NAME-OR-WORD-1] effusion. [PATIENT-9]") == "SMALL effusion. [PATIENT-9]"
    assert it.doubtful == 1


def test_invisible_signs_part_no_name() -> None:
    assert "kowalski" not in cleaned("Ko\u00adwal\u200bski").lower()
    assert cleaned("Ko\u00adwal\u200bski") == "[PATIENT-1]"


def reports() -> list[str]:
    """Every ordinary report text of the samples that names nobody."""
    texts: list[str] = []
    for path in sorted((SAMPLES / "reports").glob("*.yaml")):
        for found in yaml.safe_load(path.read_text()).values():
            texts += [each for each in found if isinstance(each, str)]
    return texts


def test_ordinary_reports_are_left_as_they_are() -> None:
    """Dates aside; also of patients whose names are words of medicine."""
    texts, changed = reports(), []
    for at, family in enumerate(("White", "Small", "Long", "Graves", "Hill", "Kowalski", "Meyer")):
        for text in texts[at::7]:
            it = Deidentifier(known(family), words())
            it.text(text)
            beside = {kind for kind in it.replaced if kind not in ("DATE", "PERSON")}
            changed += [(family, kind, text) for kind in beside]
    assert len(texts) > 100
    assert not changed
