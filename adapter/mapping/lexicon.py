"""The finding lexicon: findings, anatomy and language of mappings/findings/, ready to match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from adapter.domain.order import Side
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.lexicon_table import CueKind, Finding, Generic, LexiconFile, Organ
from adapter.mapping.measures import Measures, beginnings
from adapter.mapping.phrase_table import PhraseTable, WordForms

Row = TypeVar("Row", Finding, Organ)
DEVICES = "devices"  # the organ of tubes and lines


class Term(NamedTuple):
    """What a phrase names: a finding, or a generic word that anatomy must settle."""

    finding: str | None
    generic: Generic | None


class Site(NamedTuple):
    """What an anatomical phrase names: its keys from narrow to wide, its organ and side."""

    keys: tuple[str, ...]
    organ: str
    side: Side | None


class Lexicon:
    """All lexicon files in one, indexed."""

    def __init__(self, files: Iterable[LexiconFile]) -> None:
        parts = tuple(files)
        self.forms = WordForms({k: v for part in parts for k, v in part.spellings.items()})
        self.headers = {k: v for part in parts for k, v in part.headers.items()}
        self.findings = _by_id(each for part in parts for each in part.findings)
        self.organs = _by_id(each for part in parts for each in part.organs)
        self._generics = tuple(each for part in parts for each in part.generics)
        self._places = tuple(each for part in parts for each in part.places)
        self._check()
        self.numbers = {k: v for part in parts for k, v in part.numbers.items()}
        self.measures = Measures(part.measures for part in parts)
        self.signals = beginnings(word for part in parts for word in part.signals)
        of_findings = frozenset(word for part in parts for word in part.inside_findings)
        of_cues = frozenset(word for part in parts for word in part.inside_cues)
        self.terms: PhraseTable[Term] = PhraseTable(self._term_rows(), self.forms, of_findings)
        self.sites: PhraseTable[Site] = PhraseTable(self._site_rows(), self.forms)
        self.cues: PhraseTable[frozenset[str]] = PhraseTable(_cue_rows(parts), self.forms, of_cues)
        self.devices = {each.id for each in self.findings.values() if each.organ == DEVICES}
        self.telling = _telling(parts, self.forms)
        self.topics: PhraseTable[str] = PhraseTable(_topic_rows(parts), self.forms)
        self.ancestors = {each: frozenset(self._wider(each)) for each in self.findings}

    @classmethod
    def load(cls, files: MappingFiles) -> tuple[Lexicon, tuple[MappingFile, ...]]:
        """The lexicon and the files it came from; raises ConfigurationError."""
        sources = tuple(files.folder("findings"))
        return cls(file.read(LexiconFile) for file in sources), sources

    def related(self, one: str, other: str) -> bool:
        """Whether one finding is the other, or one of its kind."""
        return other in self.ancestors.get(one, ()) or one in self.ancestors.get(other, ())

    def organ_chain(self, organ: str) -> Iterator[str]:
        """The organ, then those whose section takes its findings, nearest first."""
        seen: set[str] = set()
        at: str | None = organ
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self.organs[at].parent if at in self.organs else None

    def touched(self, finding: str, organ: str) -> frozenset[str]:
        """Every key by which a default may name this finding: kinds, organ, contradictions."""
        wider = self.ancestors.get(finding, frozenset((finding,)))
        against = (key for each in wider for key in self.findings[each].contradicts)
        return wider.union(against, (organ,)) - {"general"}

    @cached_property
    def wide(self) -> frozenset[str]:
        """Findings of which others are a kind, such as `mass`."""
        return frozenset(parent for each in self.findings.values() for parent in each.parents)

    @cached_property
    def reach(self) -> dict[str, frozenset[str]]:
        """Unresolved finding -> every organ and finding that its words may mean."""
        found: dict[str, set[str]] = {}
        for generic in self._generics:
            if generic.otherwise:
                keys = found.setdefault(generic.otherwise, set())
                keys.update(generic.at, generic.at.values())
        return {name: frozenset(keys) for name, keys in found.items()}

    @cached_property
    def by_code(self) -> dict[str, str]:
        """Lower-case code of any system -> the widest finding that has it."""
        codes: dict[str, str] = {}
        for finding in self.findings.values():
            for code in map(str.lower, finding.codes.values()):
                known = codes.get(code)
                if known is None or finding.id in self.ancestors[known]:
                    codes[code] = finding.id
        return codes | {each: each for each in self.findings}

    @cached_property
    def keys(self) -> frozenset[str]:
        """All names that `absent` of a template default may hold."""
        against = {key for each in self.findings.values() for key in each.contradicts}
        return frozenset(self.findings) | frozenset(self.organs) | against

    def _wider(self, finding: str) -> set[str]:
        found, todo = {finding}, [finding]
        while todo:
            for parent in self.findings[todo.pop()].parents:
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        return found

    def _term_rows(self) -> Iterator[tuple[str, Term]]:
        for finding in self.findings.values():
            for phrase in finding.synonyms:
                yield phrase, Term(finding.id, None)
        for generic in self._generics:
            for phrase in generic.words:
                yield phrase, Term(generic.otherwise, generic)

    def _site_rows(self) -> Iterator[tuple[str, Site]]:
        for place in self._places:
            for phrase in place.words:
                yield phrase, Site((place.id, place.organ), place.organ, place.side)
        for organ in self.organs.values():
            for phrase in organ.words:
                yield phrase, Site((organ.id,), organ.id, None)

    def _check(self) -> None:
        wrong = [
            f"finding {finding.id}: organ {finding.organ!r} does not exist"
            for finding in self.findings.values()
            if finding.organ not in self.organs
        ]
        wrong += [
            f"finding {finding.id}: parent {parent!r} does not exist"
            for finding in self.findings.values()
            for parent in finding.parents
            if parent not in self.findings
        ]
        places = {each.id for each in self._places} | set(self.organs)
        for generic in self._generics:
            name = generic.words[0]
            targets = [*generic.at.values(), *filter(None, (generic.otherwise, generic.level))]
            wrong += [f"generic {name!r}: no finding {t!r}" for t in targets if not self._has(t)]
            wrong += [f"generic {name!r}: no place {p!r}" for p in generic.at if p not in places]
            lost = (organ for organ in generic.follows if organ not in generic.at)
            wrong += [f"generic {name!r}: follows {organ!r} is not in at" for organ in lost]
        wrong += [
            f"place {p.id}: no organ {p.organ!r}"
            for p in self._places
            if p.organ not in self.organs
        ]
        if wrong:
            raise ConfigurationError("mappings/findings: " + "; ".join(wrong))

    def _has(self, finding: str) -> bool:
        return finding in self.findings


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row.id in found:
            raise ConfigurationError(f"mappings/findings: {row.id!r} is defined twice")
        found[row.id] = row
    return found


REMARK, ANAPHOR = "remark", "anaphor"


def _topic_rows(parts: Iterable[LexiconFile]) -> Iterator[tuple[str, str]]:
    for part in parts:
        yield from ((phrase, ANAPHOR) for phrase in part.anaphors)
        yield from ((phrase, REMARK) for phrase in part.remarks)
        for section, phrases in part.topics.items():
            yield from ((phrase, section) for phrase in phrases)


def _telling(parts: Iterable[LexiconFile], forms: WordForms) -> dict[str, str]:
    """Words that tell inside the name of a finding: `left`, `right`, `bilateral`, `chronic`."""
    kinds: tuple[CueKind, ...] = ("left", "right", "bilateral", "chronic")
    rows = ((kind, p) for part in parts for kind in kinds for p in part.cues.get(kind, ()))
    tokens = ((kind, forms.tokens(phrase)) for kind, phrase in rows)
    return {words[0].word: kind for kind, words in tokens if len(words) == 1}


def _cue_rows(parts: Iterable[LexiconFile]) -> Iterator[tuple[str, frozenset[str]]]:
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for kind, phrases in part.cues.items():
            for phrase in phrases:
                kinds.setdefault(phrase, set()).add(kind)
    for phrase, of in kinds.items():
        yield phrase, frozenset(of)
