"""Presidio as one more finder, where a site has installed it: what it finds beyond ours goes too.

Nothing is fetched at run time: a language model must be installed, and the recogniser of e-mail
addresses, which asks the network for a list of domains, is left out (ours finds them).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from adapter.errors import ConfigurationError, NeedsPerson
from adapter.mapping.privacy import PresidioRule
from adapter.privacy.text import Finder
from adapter.privacy.tokens import Span, fold

_FETCHES = "EmailRecognizer"
_NEEDS_MODEL = "SpacyRecognizer"
_NO_LETTERS = re.compile(r"[^A-Z]+")


class Found(Protocol):
    """A `RecognizerResult`: text[start:end] is an entity of this type, as sure as `score` (0-1)."""

    entity_type: str
    start: int
    end: int
    score: float


class Analyzer(Protocol):
    """The one call of `AnalyzerEngine` that is made."""

    def analyze(
        self, text: str, language: str, entities: list[str], *, score_threshold: float
    ) -> Sequence[Found]:
        """What it finds in one text."""

    def get_supported_entities(self, language: str) -> list[str]:
        """Types that its recognisers can find."""


def further_finders(rule: PresidioRule) -> tuple[Finder, ...]:
    """The finder where it is enabled; raises ConfigurationError where it cannot be had."""
    return (_cached(rule),) if rule.enabled else ()


def finder_of(rule: PresidioRule, analyzer: Analyzer) -> Finder:
    """The finder of an analyzer; raises ConfigurationError on types that it does not know."""
    known = set(analyzer.get_supported_entities(rule.language))
    if strange := sorted(set(rule.entities) - known):
        raise ConfigurationError(
            f"presidio in privacy.yaml: no recogniser finds {', '.join(strange)} in"
            f" {rule.language!r}; there are {', '.join(sorted(known))}"
        )

    def find(text: str) -> Iterable[Span]:
        try:
            found = analyzer.analyze(
                text, rule.language, list(rule.entities), score_threshold=rule.threshold
            )
            return list(_spans(text, found))
        except Exception as error:  # whatever it is: what was not looked through does not leave
            why = f"Presidio could not look through a text ({type(error).__name__})"
            raise NeedsPerson(f"nothing was sent: {why}") from None

    return find


def _spans(text: str, found: Iterable[Found]) -> Iterator[Span]:
    for each in found:
        kind = _NO_LETTERS.sub("-", each.entity_type.upper()).strip("-") or "ENTITY"
        if not 0 <= each.start < each.end <= len(text):
            raise ValueError("a place outside of the text")
        yield Span(each.start, each.end, kind, fold(text[each.start : each.end]))


@lru_cache(maxsize=1)  # it takes seconds; the rule seldom changes when other files do
def _cached(rule: PresidioRule) -> Finder:
    return finder_of(rule, _analyzer(rule))


def _analyzer(rule: PresidioRule) -> Analyzer:
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NoOpNlpEngine, SpacyNlpEngine
        from presidio_analyzer.recognizer_registry import RecognizerRegistry
    except ImportError:
        raise ConfigurationError(
            "privacy.yaml enables Presidio, which is not installed: pip install 'readout[presidio]'"
        ) from None
    if rule.model and not spacy.util.is_package(rule.model):
        raise ConfigurationError(
            f"presidio in privacy.yaml: the spaCy model {rule.model} is not installed; nothing is"
            " fetched at run time: install its wheel, or leave `model` empty"
        )
    models = [{"lang_code": rule.language, "model_name": rule.model}]
    engine = SpacyNlpEngine(models=models) if rule.model else NoOpNlpEngine(models=models)
    engine.load()
    registry = RecognizerRegistry(supported_languages=[rule.language])
    registry.load_predefined_recognizers(languages=[rule.language], nlp_engine=engine)
    for name in (_FETCHES,) if rule.model else (_FETCHES, _NEEDS_MODEL):
        registry.remove_recognizer(name)
    made: Analyzer = AnalyzerEngine(
        registry=registry, nlp_engine=engine, supported_languages=[rule.language]
    )
    return made
