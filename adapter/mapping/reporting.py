"""All mapping files that decide a report, read together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from adapter.domain.order import Order
from adapter.mapping.ai_sources import Registry
from adapter.mapping.checks import Checks
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template, Templates, template_names
from adapter.mapping.vocabulary import (
    Vocabulary,
    languages,
    load_vocabulary,
    neutral_vocabulary,
)

LANGUAGE = "en"


@dataclass(frozen=True)
class ReportingTables:
    """Frozen tables of the pure stages; `sources` are the files that they were read from."""

    vocabularies: dict[str, Vocabulary]
    lexicon: Lexicon
    templates: Templates
    checks: Checks
    ai_sources: Registry
    sources: tuple[MappingFile, ...]

    @classmethod
    def load(cls, files: MappingFiles) -> ReportingTables:
        """Read vocabulary, findings, templates, checks, AI sources; raises ConfigurationError."""
        words = tuple(files.folder("vocabulary"))
        lexicon, findings = Lexicon.load(files)
        templates, forms = Templates.load(files, lexicon)
        checks, rules = Checks.load(files)
        registry, cards = Registry.load(files, checks)
        spoken = {*languages(files), LANGUAGE, *(each.table.language for each in templates)}
        plain = (load_vocabulary(files, language) for language in sorted(spoken))
        vocabularies = {each.language: _with_templates(each, templates) for each in plain}
        sources = (*words, *findings, *forms, rules, *cards)
        return cls(vocabularies, lexicon, templates, checks, registry, sources)

    @cached_property
    def versions(self) -> dict[str, str]:
        """Name -> hash of each file they were read from."""
        return {each.name: each.sha256 for each in self.sources}

    def vocabulary(self, language: str) -> Vocabulary:
        """The vocabulary of a language; one that changes no word when there is none.

        A text that names no language is English.
        """
        return self.vocabularies.get(language or LANGUAGE, self.neutral)

    @cached_property
    def neutral(self) -> Vocabulary:
        """The vocabulary of languages that have none."""
        return neutral_vocabulary()

    def choose(self, order: Order | None) -> Template:
        """The template of an order; where it has no modality, its text may name some."""
        return self.templates.choose(order, self.modalities_named(order) if order else frozenset())

    def modalities_named(self, order: Order) -> frozenset[str]:
        """DICOM modalities that the text of the procedure names."""
        said = f"{order.procedure.text} {order.procedure.code}".replace("_", " ")
        kinds = self.checks.table.modalities
        named = (name for name, words in self.checks.modality_words if words.search(said))
        return frozenset(code for name in named for code in kinds[name].codes)


def _with_templates(vocabulary: Vocabulary, templates: Templates) -> Vocabulary:
    """The vocabulary of a language with the spoken names of its templates."""
    spoken = [each for each in templates if each.table.language == vocabulary.language]
    places = (name for each in spoken for name in (*each.headers, *each.form.by_spoken))
    names = (name for each in spoken for name in (*template_names(each), *each.macros))
    labels = (name for each in spoken for name in each.form.by_spoken)
    return vocabulary.with_templates(places, names, labels)
