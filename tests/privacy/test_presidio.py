"""The seam to Presidio: by its documented result shape, and with the real one where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from adapter.errors import ConfigurationError, NeedsPerson
from adapter.mapping.files import MappingFiles
from adapter.mapping.privacy import PresidioRule, load_privacy
from adapter.privacy import presidio
from adapter.privacy.presidio import finder_of, further_finders
from adapter.privacy.text import Deidentifier
from tests.privacy.tables import known, words

RULE = PresidioRule(enabled=True, entities=("PERSON", "US_PASSPORT"))
TEXT = "Seen with Otto Held by Mrs. Kowalski. Held again, passport X99."


@dataclass
class RecognizerResult:
    """As presidio_analyzer documents it."""

    entity_type: str
    start: int
    end: int
    score: float


@dataclass
class AnalyzerDouble:
    """Says what it was told to, with the signature of `AnalyzerEngine.analyze`."""

    found: list[RecognizerResult] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def analyze(
        self, text: str, language: str, entities: list[str], *, score_threshold: float
    ) -> list[RecognizerResult]:
        self.asked.append((text, language, entities, score_threshold))
        return self.found

    def get_supported_entities(self, language: str) -> list[str]:
        return ["PERSON", "US_PASSPORT"]


def at(text: str, part: str, kind: str) -> RecognizerResult:
    start = text.index(part)
    return RecognizerResult(kind, start, start + len(part), 0.85)


def test_what_it_finds_beyond_ours_goes_too() -> None:
    found = [at(TEXT, "X99", "US_PASSPORT"), at(TEXT, "Otto Held", "PERSON")]
    double = AnalyzerDouble([*found, at(TEXT, "Kowalski", "PERSON")])
    names = Deidentifier(known(), words(), (finder_of(RULE, double),))
    told = names.text(TEXT)
    assert told == (
        "Seen with [PERSON-1] by Mrs. [PATIENT-1]. Held again, passport [US-PASSPORT-1]."
    )
    assert names.restore(told) == TEXT
    assert double.asked == [(TEXT, "en", ["PERSON", "US_PASSPORT"], 0.4)]


@pytest.mark.parametrize("end", [0, 999], ids=["empty", "beyond the text"])
def test_nothing_leaves_that_it_could_not_look_through(end: int) -> None:
    double = AnalyzerDouble([RecognizerResult("PERSON", 0, end, 1.0)])
    names = Deidentifier(known(), words(), (finder_of(RULE, double),))
    with pytest.raises(NeedsPerson, match="nothing was sent") as told:
        names.text(TEXT)
    assert "Kowalski" not in str(told.value)


def test_a_type_that_no_recogniser_finds_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="FINGERPRINT"):
        finder_of(PresidioRule(entities=("FINGERPRINT",)), AnalyzerDouble())


def test_it_is_off_by_default_and_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert further_finders(load_privacy(MappingFiles()).presidio) == ()
    monkeypatch.setitem(__import__("sys").modules, "presidio_analyzer", None)
    with pytest.raises(ConfigurationError, match=r"readout\[presidio\]"):
        further_finders(PresidioRule(enabled=True, threshold=0.41))


def test_the_real_one_finds_numbers_of_registers() -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    (finder,) = further_finders(PresidioRule(enabled=True))
    text = "IBAN DE89 3704 0044 0532 0130 00, a 9 mm nodule, series 4 image 32"
    names = Deidentifier(known(), words(), (finder,))
    assert "9 mm nodule, series 4 image 32" in names.text(text)
    assert {each.kind for each in finder(text)} == {"IBAN-CODE"}


def test_the_real_one_takes_an_installed_language_model(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")
    import spacy

    missing = PresidioRule(enabled=True, model="en_core_web_lg", entities=("PERSON",))
    with pytest.raises(ConfigurationError, match="not installed"):
        further_finders(missing)
    model = spacy.blank("en")
    model.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Otto Held"}])
    monkeypatch.setattr(spacy.util, "is_package", lambda _name: True)
    monkeypatch.setattr(spacy, "load", lambda _name: model)
    (finder,) = further_finders(missing)
    assert [(each.kind, each.key) for each in finder(TEXT)] == [("PERSON", "otto held")]
    presidio._cached.cache_clear()
