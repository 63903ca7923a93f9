"""What the recordings hold besides the words of the report."""

from __future__ import annotations

from adapter.domain.report import Flag
from adapter.domain.transcript import Transcript, Word
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.reporting.tables import tables

SAID = (Word("normal", 0, 400, 0.9), Word("period", 500, 900, 0.9))


def flags(transcript: Transcript) -> dict[str, Flag]:
    report = build_report(ReportInputs((transcript,)), tables())
    assert report.certificate.ok
    return {flag.code: flag for flag in report.flags}


def test_speech_without_a_word_is_flagged_with_its_time() -> None:
    heard = Transcript("d-2", "m", "en", 90_000, SAID, unheard=((62_300, 64_000),))
    flag = flags(heard)["unheard_speech"]
    assert "d-2 from 1:02.3 to 1:04.0" in flag.message


def test_words_left_out_are_shown() -> None:
    heard = Transcript("d-1", "m", "en", 9_000, SAID, (Word("thank", 3_000, 3_200, 0.4),))
    assert "d-1 at 0:03.0: left out as not said: 'thank'" in flags(heard)["words_set_apart"].message


def test_a_whole_recording_has_neither() -> None:
    found = flags(Transcript("d-1", "m", "en", 9_000, SAID))
    assert not {"unheard_speech", "words_set_apart"} & set(found)


def test_a_later_dictation_of_an_addendum_is_looked_at_too() -> None:
    heard = Transcript("d-2", "m", "en", 9_000, SAID, unheard=((1_000, 3_000),))
    inputs = ReportInputs((Transcript("d-1", "m", "en", 0, SAID),), addenda=(heard,))
    codes = [flag.code for flag in build_report(inputs, tables()).flags]
    assert "unheard_speech" in codes
