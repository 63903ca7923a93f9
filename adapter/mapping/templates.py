"""Report templates: mappings/templates/<id>.yaml, and which of them serves an order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator, model_validator

from adapter.domain.order import Order
from adapter.domain.people import Sex
from adapter.domain.report import TemplateRef
from adapter.errors import ConfigurationError, NotFound
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable
from adapter.mapping.lexicon import Lexicon

GENERIC = "generic"
ADDENDUM = "addendum"
ID = r"^[a-z0-9_]{1,60}$"
AiPolicy = Literal["suggest", "inline", "shadow", "off"]
_MODALITY_SAID = 1_000  # outweighs any length of matched text


class Default(MappingTable):
    """A normal statement that may enter the report. One assertion each."""

    id: str = Field(pattern=ID)
    """Name within the section; "pleura.no_effusion" in reports."""
    text: str = Field(min_length=1)
    """The sentence, with its full stop."""
    absent: tuple[str, ...] = ()
    """Findings and organs that it calls absent or normal; any mention of them withdraws it."""
    sides: Literal["both", "none"] = "both"
    """`both`: that a dictated "no left …" says nothing of the right is flagged; `none`: not."""
    supersede_keyword: str = ""
    """Pattern that, found in a dictated sentence, withdraws it."""

    @field_validator("supersede_keyword")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return _checked(pattern)


class SectionRule(MappingTable):
    """One section: what is routed there, and what it says when all is normal."""

    id: str = Field(pattern=ID)
    """Name in reports."""
    title: str = Field(min_length=1)
    """Title as printed."""
    organs: tuple[str, ...] = ()
    """Organs whose findings belong here; `general`: findings without an organ."""
    keywords: tuple[str, ...] = ()
    """Patterns of words that route a sentence without finding here; no case."""
    headers: tuple[str, ...] = ()
    """Further names by which dictation may open the section."""
    defaults: tuple[Default, ...] = ()
    """Normal statements."""
    header_only: bool = False
    """Filled only by dictation under its header; the impression is."""
    required: bool = False
    """A report without it is incomplete."""
    omit_if_empty: bool = True
    """Whether the section is left out of the report when nothing is in it."""

    @field_validator("keywords")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_checked, patterns))


class ProcedureCode(MappingTable):
    """A procedure code of an order."""

    system: str = ""
    """Code system; empty or `local`: any."""
    code: str
    """The code."""
    verify: bool = False
    """Marked for the site to confirm before use."""


class AppliesTo(MappingTable):
    """The orders that the template serves."""

    modality: tuple[str, ...] = ()
    """DICOM modalities, such as CT."""
    procedure_codes: tuple[ProcedureCode, ...] = ()
    """Procedure codes; they win over everything else."""
    text: tuple[str, ...] = ()
    """Patterns of the procedure's text; the longest match of all templates wins."""
    sex: Literal["any", "F", "M"] = "any"
    """Sex of the patient."""

    @field_validator("text")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_checked, patterns))


class TemplateTable(MappingTable):
    """One template file."""

    format: Literal["report-template/1"] = Field(alias="schema")
    """Format of the file."""
    id: str = Field(pattern=ID)
    """Name; the file has the same."""
    version: int = Field(ge=1)
    """Raised at every edit."""
    title: str = Field(min_length=1)
    """Name for people."""
    language: str = "en"
    """Language of dictation and text."""
    applies_to: AppliesTo = AppliesTo()
    """The orders that it serves."""
    defaults_policy: Literal["always", "macro", "off"] = "macro"
    """When defaults enter: `macro` when "otherwise normal" is said, `always`, `off`."""
    ai_policy: AiPolicy = "suggest"
    """What AI findings do: `suggest` beside the report, `inline` marked, `shadow` stored, `off`."""
    ai_sources: dict[str, AiPolicy] = Field(default_factory=dict)
    """Policy by AI model name, where it differs."""
    sections: tuple[SectionRule, ...] = Field(min_length=1)
    """Sections in printed order."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> TemplateTable:
        names = [section.id for section in self.sections]
        names += [f"{s.id}.{d.id}" for s in self.sections for d in s.defaults]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"used twice: {', '.join(twice)}")
        return self


@dataclass(frozen=True)
class Template:
    """A template with its hash, ready to route by."""

    table: TemplateTable
    sha256: str
    common_headers: dict[str, tuple[str, ...]]

    @property
    def ref(self) -> TemplateRef:
        """What a report stores to name it."""
        return TemplateRef(self.table.id, self.table.version, self.sha256)

    @cached_property
    def headers(self) -> dict[str, str | None]:
        """Header words (lower case, single blanks) -> section id; None: back to free order."""
        found: dict[str, str | None] = {}
        for name, words in self.common_headers.items():
            if name == "findings":
                found |= dict.fromkeys(words)
        for section in self.table.sections:
            words = (section.id.replace("_", " "), section.title, *section.headers)
            common = self.common_headers.get(section.id, ())
            found |= {header_key(word): section.id for word in (*words, *common)}
        return found | dict.fromkeys(self.common_headers.get(ADDENDUM, ()), ADDENDUM)

    @cached_property
    def foreign_headers(self) -> frozenset[str]:
        """Common headers for which this template has no section."""
        words = {word for each in self.common_headers.values() for word in each}
        return frozenset(words - set(self.headers))

    @cached_property
    def section_of_organ(self) -> dict[str, str]:
        """Organ -> section id; the first section that names it."""
        found: dict[str, str] = {}
        for section in self.table.sections:
            for organ in section.organs:
                found.setdefault(organ, section.id)
        return found

    @cached_property
    def keywords(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Section id and the pattern of its keywords, in printed order."""
        return tuple(
            (section.id, re.compile(rf"\b(?:{'|'.join(section.keywords)})\b", re.IGNORECASE))
            for section in self.table.sections
            if section.keywords and not section.header_only
        )

    @cached_property
    def header_only(self) -> frozenset[str]:
        """Sections that only their header fills."""
        only = (each.id for each in self.table.sections if each.header_only)
        return frozenset((*only, ADDENDUM))

    @cached_property
    def defaults(self) -> tuple[tuple[str, str, Default], ...]:
        """Section id, statement id such as "pleura.no_effusion", and the default, in order."""
        return tuple(
            (section.id, f"{section.id}.{default.id}", default)
            for section in self.table.sections
            for default in section.defaults
        )

    @cached_property
    def supersede(self) -> dict[str, re.Pattern[str]]:
        """Statement id of a default -> the pattern that withdraws it."""
        return {
            name: re.compile(rf"\b(?:{default.supersede_keyword})", re.IGNORECASE)
            for _, name, default in self.defaults
            if default.supersede_keyword
        }

    def ai_policy(self, model: str) -> AiPolicy:
        """What findings of this AI model do."""
        return self.table.ai_sources.get(model, self.table.ai_policy)


class Templates:
    """All templates of the site."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._by_id = {each.table.id: each for each in templates}
        if GENERIC not in self._by_id:
            raise ConfigurationError(f"mappings/templates: a template {GENERIC!r} is needed")

    @classmethod
    def load(
        cls, files: MappingFiles, lexicon: Lexicon
    ) -> tuple[Templates, tuple[MappingFile, ...]]:
        """The templates and their files; raises ConfigurationError."""
        sources = tuple(files.folder("templates"))
        return cls(read_template(file, lexicon) for file in sources), sources

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_id.values())

    def get(self, name: str) -> Template:
        """The template of this id; raises NotFound naming those that are there."""
        if name not in self._by_id:
            known = ", ".join(sorted(self._by_id))
            raise NotFound(f"template {name!r} does not exist; there are: {known}")
        return self._by_id[name]

    def choose(self, order: Order | None) -> Template:
        """By procedure code, else by modality and text of the procedure, else the generic one."""
        if order is None:
            return self._by_id[GENERIC]
        for template in self._by_id.values():
            if _has_code(template.table.applies_to, order):
                return template
        scored = [(_score(each.table.applies_to, order), each) for each in self._by_id.values()]
        score, best = max(scored, key=lambda pair: pair[0])
        return best if score else self._by_id[GENERIC]


def read_template(file: MappingFile, lexicon: Lexicon) -> Template:
    """One template file, its keys checked against the lexicon; raises ConfigurationError."""
    table = file.read(TemplateTable)
    wrong = [] if file.path.stem == table.id else [f"id is {table.id!r}, not the file's name"]
    for section in table.sections:
        lost = (organ for organ in section.organs if organ not in lexicon.organs)
        wrong += [f"section {section.id}: no organ {organ!r}" for organ in lost]
        for default in section.defaults:
            gone = (key for key in default.absent if key not in lexicon.keys)
            wrong += [f"{section.id}.{default.id}: absent {key!r} is unknown" for key in gone]
    if wrong:
        raise ConfigurationError(f"{file.path}: " + "; ".join(wrong))
    return Template(table, file.sha256, lexicon.headers)


def header_key(text: str) -> str:
    """A header as `Template.headers` holds it."""
    return " ".join(text.lower().split())


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


def _has_code(applies: AppliesTo, order: Order) -> bool:
    asked = order.procedure
    return bool(asked.code) and any(
        each.code == asked.code and each.system in ("", "local", asked.system)
        for each in applies.procedure_codes
    )


def _score(applies: AppliesTo, order: Order) -> int:
    """0: it does not serve the order; else the more the better it fits."""
    sex = order.patient.sex
    if applies.sex != "any" and sex in (Sex.FEMALE, Sex.MALE) and sex.value != applies.sex:
        return 0
    said = f"{order.procedure.text} {order.procedure.code}".replace("_", " ")
    if order.modality and applies.modality and order.modality not in applies.modality:
        return 0
    found = (re.search(pattern, said, re.IGNORECASE) for pattern in applies.text)
    length = max((len(match.group()) for match in found if match), default=0)
    named = any(re.search(rf"\b{re.escape(each)}\b", said) for each in applies.modality)
    return length and length + (_MODALITY_SAID if named or order.modality else 0)
