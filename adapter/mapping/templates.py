"""Report templates: mappings/templates/<id>.yaml, and which of them serves an order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from adapter.domain.ai_source import AiMode, strictest
from adapter.domain.finding import SHARED
from adapter.domain.order import Order
from adapter.domain.people import Sex
from adapter.domain.report import TemplateRef
from adapter.errors import ConfigurationError, NotFound
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.form import Form, name_key
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import (
    AppliesTo,
    Default,
    Macro,
    MacroFile,
    TemplateTable,
)

GENERIC = "generic"
ADDENDUM = "addendum"
_YEAR = 365.25  # days
_GATE = 0.5  # of two templates that fit the text alike, the one for this sex and age


@dataclass(frozen=True)
class Template:
    """A template with its hash, ready to route by."""

    table: TemplateTable
    sha256: str
    common_headers: dict[str, tuple[str, ...]]
    site_macros: tuple[Macro, ...] = ()

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
    def open_sections(self) -> frozenset[str]:
        """Sections that sentences are routed to without a header."""
        return frozenset(each.id for each in self.table.sections) - self.header_only

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

    @cached_property
    def macros(self) -> dict[str, Macro]:
        """Spoken name (`name_key`) -> macro; the template's own come first."""
        found: dict[str, Macro] = {}
        for macro in (*self.table.macros, *self.site_macros):
            for name in (macro.id, *macro.says):
                found.setdefault(name_key(name), macro)
        return found

    @cached_property
    def texts(self) -> dict[str, str]:
        """Statement id -> the text that this template may enter, of defaults and macros."""
        found = {name: default.text for _, name, default in self.defaults}
        for macro in self.macros.values():
            names = macro_names(macro)
            found |= {name: each.text for name, each in zip(names, macro.sentences, strict=True)}
        return found

    @cached_property
    def form(self) -> Form:
        """Its fields."""
        return Form(self.table)

    def ai_policy(self, model: str) -> AiMode:
        """What findings of this AI model may do; what others share never enters by itself."""
        policy = AiMode(self.table.ai_sources.get(model, self.table.ai_policy))
        return strictest((policy, AiMode.SUGGEST)) if model.startswith(SHARED) else policy


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
        shared = tuple(files.folder("macros"))
        macros = tuple(macro for file in shared for macro in file.read(MacroFile).macros)
        templates = (read_template(file, lexicon, macros) for file in sources)
        return cls(templates), (*sources, *shared)

    def __iter__(self) -> Iterator[Template]:
        return iter(self._by_id.values())

    def get(self, name: str) -> Template:
        """The template of this id; raises NotFound naming those that are there."""
        if name not in self._by_id:
            known = ", ".join(sorted(self._by_id))
            raise NotFound(f"template {name!r} does not exist; there are: {known}")
        return self._by_id[name]

    def choose(self, order: Order | None, named: frozenset[str] = frozenset()) -> Template:
        """By procedure code, else by modality and text of the procedure, else the generic one.

        `named`: modalities that the text names, for an order that has none. What the generic
        template's own patterns match is its own; a wrong template is worse than the generic one.
        """
        generic = self._by_id[GENERIC]
        if order is None:
            return generic
        served = [each for each in self._active() if _is_let(each.table.applies_to, order)]
        for template in served:
            if _has_code(template.table.applies_to, order):
                return template
        if _match(generic.table.applies_to, order):
            return generic
        asked = frozenset((order.modality,)) if order.modality else named
        scored = [(_score(each.table.applies_to, order, asked), each) for each in served]
        score, best = max(scored, key=lambda pair: pair[0])
        return best if score and (asked or _is_alone(score, best, scored)) else generic

    def named(self, spoken: str) -> Template | None:
        """The active template of a spoken id, title or name."""
        return self._by_name.get(name_key(spoken))

    @cached_property
    def _by_name(self) -> dict[str, Template]:
        found: dict[str, Template] = {}
        for each in self._active():
            for name in template_names(each):
                found.setdefault(name, each)
        return found

    def _active(self) -> Iterator[Template]:
        return (each for each in self._by_id.values() if each.table.status == "active")


def read_template(file: MappingFile, lexicon: Lexicon, macros: tuple[Macro, ...] = ()) -> Template:
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
    return Template(table, file.sha256, lexicon.headers, macros)


def header_key(text: str) -> str:
    """A header as `Template.headers` holds it."""
    return " ".join(text.lower().split())


def template_names(template: Template) -> frozenset[str]:
    """What "apply template" may be followed by to name it."""
    table = template.table
    return frozenset(map(name_key, (table.id, table.title, *table.says)))


def macro_names(macro: Macro) -> tuple[str, ...]:
    """Statement ids of the sentences of a macro."""
    return tuple(f"macro.{macro.id}.{n}" for n in range(1, len(macro.sentences) + 1))


def _is_let(applies: AppliesTo, order: Order) -> bool:
    """Whether sex and age, as far as they are known, are those that the template is for."""
    sex, age = order.patient.sex, age_of(order)
    if applies.sex != "any" and sex in (Sex.FEMALE, Sex.MALE) and sex.value != applies.sex:
        return False
    if age is None:
        return applies.age_below is None  # a template for children is not for just anyone
    return (applies.age_from or 0) <= age and (applies.age_below is None or age < applies.age_below)


def age_of(order: Order) -> float | None:
    """Age in years at the scheduled time; None when one of the dates is not known."""
    born, then = order.patient.birth_date.reveal(), order.scheduled_at
    try:
        first, last = (date(int(d[:4]), int(d[4:6]), int(d[6:8])) for d in (born, then))
    except ValueError:
        return None
    return (last - first).days / _YEAR


def _has_code(applies: AppliesTo, order: Order) -> bool:
    asked = order.procedure
    return bool(asked.code) and any(
        each.code == asked.code and each.system in ("", "local", asked.system)
        for each in applies.procedure_codes
    )


def _is_alone(score: float, best: Template, scored: Iterable[tuple[float, Template]]) -> bool:
    """Whether no template of other modalities fits as well, where nobody told the modality."""
    mine = set(best.table.applies_to.modality)
    return not any(
        other >= score and not mine & set(each.table.applies_to.modality)
        for other, each in scored
        if each is not best
    )


def _score(applies: AppliesTo, order: Order, asked: frozenset[str]) -> float:
    """0: it does not serve the order; else the more the better it fits."""
    if asked and applies.modality and not asked & set(applies.modality):
        return 0
    length = _match(applies, order)
    gates = _GATE * (applies.sex != "any" or (applies.age_from, applies.age_below) != (None, None))
    return length and length + gates


def _match(applies: AppliesTo, order: Order) -> int:
    """Characters of the longest match in the text of the procedure."""
    said = f"{order.procedure.text} {order.procedure.code}".replace("_", " ")
    found = (re.search(rf"\b(?:{each})\b", said, re.IGNORECASE) for each in applies.text)
    return max((len(match.group()) for match in found if match), default=0)
