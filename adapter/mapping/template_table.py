"""The keys of a template file and of a macro file."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from adapter.domain.ai_source import AiMode
from adapter.mapping.field_table import ID, FieldRule, LineRule, checked_pattern
from adapter.mapping.files import MappingTable

COMPARISON = "comparison"
_PRIOR_FIELDS = {"{procedure}", "{date}"}


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
        return checked_pattern(pattern)


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
    fields: tuple[FieldRule, ...] = ()
    """Places for single values, in the order in which "next field" goes through them."""
    lines: tuple[LineRule, ...] = ()
    """Sentences in which the fields stand; printed before what was dictated freely."""
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
        return tuple(map(checked_pattern, patterns))


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
    age_from: float | None = Field(default=None, ge=0)
    """Youngest age in years at the scheduled time; one that is not known is no bar."""
    age_below: float | None = Field(default=None, gt=0)
    """Age in years not reached yet; a patient whose age is not known is not served."""

    @field_validator("text")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(checked_pattern, patterns))

    @model_validator(mode="after")
    def _some_age(self) -> AppliesTo:
        if self.age_below is not None and (self.age_from or 0) >= self.age_below:
            raise ValueError("no age is both from age_from and below age_below")
        return self


class MacroSentence(MappingTable):
    """One sentence of a macro."""

    text: str = Field(min_length=1)
    """The sentence, with its full stop."""
    section: str = ""
    """Section that it goes to where the template has it; empty: by its content."""


class Macro(MappingTable):
    """Sentences that "insert macro NAME" enters; a normal one yields to what was dictated."""

    id: str = Field(pattern=ID)
    """Name in reports: "macro.normal_gallbladder.1" is its first sentence."""
    says: tuple[str, ...] = ()
    """Spoken names beside the id; no case."""
    sentences: tuple[MacroSentence, ...] = Field(min_length=1)
    """What it enters."""


class MacroFile(MappingTable):
    """Macros of any template; a template's own macro of the same name comes first."""

    format: Literal["report-macros/1"] = Field(alias="schema")
    """Format of the file."""
    macros: tuple[Macro, ...] = ()
    """The macros."""


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
    status: Literal["draft", "active", "retired"] = "active"
    """Only an `active` template is chosen by an order or by voice."""
    says: tuple[str, ...] = ()
    """Spoken names for "apply template NAME" beside id and title; no case."""
    language: str = "en"
    """Language of dictation and text."""
    applies_to: AppliesTo = AppliesTo()
    """The orders that it serves."""
    defaults_policy: Literal["always", "macro", "off"] = "macro"
    """When defaults enter: `macro` when "otherwise normal" is said, `always`, `off`."""
    ai_policy: AiMode = AiMode.SUGGEST
    """Freest mode of AI findings in this template, see `ai_sources/`: `inline` marked in the
    report, `suggest` beside it, `dictate-first`, `shadow` or `off`: not shown."""
    ai_sources: dict[str, AiMode] = Field(default_factory=dict)
    """Mode by AI model name, where it differs."""
    comparison_line: str = ""
    """Sentence that names the prior report, with `{procedure}` and `{date}`, entered into section
    `comparison` when nothing is dictated there; empty: none."""
    sections: tuple[SectionRule, ...] = Field(min_length=1)
    """Sections in printed order."""
    macros: tuple[Macro, ...] = ()
    """Macros of this template alone."""
    field_links: tuple[str, ...] = ("is", "are", "was", "were", "of", "measures", "measured")
    """Words between the name of a field and its value: PSA IS 5.2; a colon always links."""

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> TemplateTable:
        names = [section.id for section in self.sections]
        for section in self.sections:
            inside = [each.id for each in section.fields]
            inside += [each.id for each in section.lines]
            inside += [each.id for each in section.defaults]
            names += [f"{section.id}.{id}" for id in inside]
        names += [f"macro {macro.id}" for macro in self.macros]
        fields = set(re.findall(r"\{[^}]*\}?|\}", self.comparison_line)) - _PRIOR_FIELDS
        if fields:
            raise ValueError(f"comparison_line knows {{procedure}} and {{date}}, not {fields}")
        if self.comparison_line and COMPARISON not in names:
            raise ValueError("comparison_line needs a section `comparison` to stand in")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"used twice: {', '.join(twice)}")
        return self
