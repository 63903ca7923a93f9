"""All mapping files that decide a report, read together."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.mapping.checks import Checks
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Templates
from adapter.mapping.vocabulary import Vocabulary, languages, load_vocabulary

LANGUAGE = "en"


@dataclass(frozen=True)
class ReportingTables:
    """Frozen tables of the pure stages; `sources` are the files that they were read from."""

    vocabularies: dict[str, Vocabulary]
    lexicon: Lexicon
    templates: Templates
    checks: Checks
    sources: tuple[MappingFile, ...]

    @classmethod
    def load(cls, files: MappingFiles) -> ReportingTables:
        """Read vocabulary, findings, templates and checks; raises ConfigurationError."""
        words = tuple(files.folder("vocabulary"))
        lexicon, findings = Lexicon.load(files)
        templates, forms = Templates.load(files, lexicon)
        checks, rules = Checks.load(files)
        spoken = {*languages(files), LANGUAGE, *(each.table.language for each in templates)}
        vocabularies = {each: load_vocabulary(files, each) for each in sorted(spoken)}
        sources = (*words, *findings, *forms, rules)
        return cls(vocabularies, lexicon, templates, checks, sources)

    def vocabulary(self, language: str) -> Vocabulary:
        """The vocabulary of a language; of English when there is none."""
        return self.vocabularies.get(language, self.vocabularies[LANGUAGE])
