"""A draft of a template from what another maker wrote, and what a person must still look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapter.mapping.field_table import FieldRule, LineRule
from adapter.mapping.form import name_key
from adapter.mapping.importers.draft_fields import FieldMaker
from adapter.mapping.importers.foreign import PLACE, Foreign, blanked
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import (
    AppliesTo,
    Default,
    Macro,
    MacroSentence,
    SectionRule,
    TemplateTable,
)
from adapter.mapping.templates import header_key

PREFIX = "imported_"  # so that a draft hides no template that is in use
MAX_SECTIONS = 80
MAX_SENTENCES = 400
_LABEL = re.compile(r"\s*([A-Za-z][A-Za-z0-9 ,/&()'-]{1,60}?)\s*:\s*(.*)")
_SENTENCE = re.compile(rf"(?<=[.!?])(?:\s+(?=\S)|(?={PLACE.pattern}))")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s*")
_FRAME = ("indication", "comparison", "technique", "impression", "recommendation")
_LAST = ("impression", "recommendation")
_MODALITY = {
    "CT": r"\bc\.?t\.?a?\b|computed tomograph",
    "MR": r"\bmr[ia]?\b|magnetic resonance",
    "US": r"\bus\b|ultraso(?:und|nograph)|\bdoppler\b",
    "MG": r"mammo",
    "PT": r"\bpet\b",
    "DX": r"\bx-?ray\b|\bxr\b|radiograph|\bcr\b|\bdx\b",
}
_WORDS = ("study", "exam", "examination", "patient", "findings?", "discussed", "stable")


class Imported(NamedTuple):
    """A draft, and what was not understood."""

    table: TemplateTable
    notes: tuple[str, ...]


def draft(foreign: Foreign, lexicon: Lexicon) -> Imported:
    """The draft of a template; nothing in it is in force until a person makes it `active`."""
    maker = _Maker(foreign, lexicon)
    for part in foreign.parts:
        if part.title:
            maker.open(part.title, part.number)
        for line in part.lines:
            maker.read(line.text, line.number)
    table = maker.table()
    return Imported(table, tuple(foreign.notes))


def as_draft(table: TemplateTable) -> TemplateTable:
    """The table under an id that hides no other, not in force."""
    id = table.id if table.id.startswith(PREFIX) else f"{PREFIX}{table.id}"[:60]
    return table.model_copy(update={"id": id, "status": "draft"})


class _Sentence(NamedTuple):
    number: int  # line of the source
    text: str


@dataclass
class _Section:
    id: str
    title: str
    frame: bool
    headers: list[str] = field(default_factory=list)
    sentences: list[_Sentence] = field(default_factory=list)
    forms: list[_Sentence] = field(default_factory=list)  # with places for fields


class _Maker:
    """Sections as they come; what has no place is noted."""

    def __init__(self, foreign: Foreign, lexicon: Lexicon) -> None:
        self._foreign = foreign
        self._lexicon = lexicon
        self._common = {word: id for id, words in lexicon.headers.items() for word in words}
        self._sections: dict[str, _Section] = {}
        self._at: _Section | None = None
        self._count = 0
        self._claimed: set[str] = set()

    def open(self, title: str, number: int) -> None:
        """A section of this title, new or one that is there already."""
        whole = blanked(PLACE.sub(" ", title)).strip(" :")
        title = whole[:80]
        if title != whole:
            self._foreign.note(f"a title is too long, cut from: {whole}", number)
        common = self._common.get(header_key(title))
        id = common or _slug(title) or "section"
        if not _slug(title):
            self._foreign.note(f"title without letters: {title}", number)
        if id in self._sections:
            self._at = self._sections[id]
            if header_key(title) != header_key(self._at.title):
                self._at.headers.append(title)
        elif len(self._sections) < MAX_SECTIONS:
            shown = title.capitalize() if title.isupper() else title
            self._at = self._sections[id] = _Section(id, shown or "Section", common in _FRAME)
        else:
            self._foreign.note(f"more than {MAX_SECTIONS} sections; {title!r} is left out", number)

    def read(self, line: str, number: int) -> None:
        """One line: a title with or without text behind it, or text."""
        line = self._unnumbered(blanked(line), number)
        match = _LABEL.fullmatch(line)
        if match and self._is_title(match[1], match[2]):
            self.open(match[1], number)
            line = match[2].lstrip(" :")
        elif header_key(line) in self._common:
            self.open(line, number)
            return
        if not line.strip(" >:-_."):
            return
        if self._at is None:
            self.open("Findings", number)
        for sentence in _SENTENCE.split(line):
            self._add(_Sentence(number, sentence.strip()))

    def _unnumbered(self, line: str, number: int) -> str:
        mark = _NUMBERED.match(line)
        if mark and mark[0].strip(" -*•"):
            self._foreign.note(f"number of a list left out: {mark[0].strip()}", number)
        return line[mark.end() :] if mark else line

    def _is_title(self, label: str, rest: str) -> bool:
        """In the impression only a title of the frame ends it: "BI-RADS: 2" is part of it.

        A label with nothing but a field behind it is the field's, unless it names an organ.
        """
        is_common = header_key(label) in self._common
        if self._at and self._at.id in _LAST:
            return is_common
        only = bool(PLACE.search(rest)) and not re.search(r"[^\W_]", PLACE.sub("", rest))
        if only and self._at and not (is_common or self._sites(label)):
            return False
        return len(label.split()) <= 6

    def _add(self, sentence: _Sentence) -> None:
        if self._at is None or not sentence.text:
            return
        self._count += 1
        if self._count > MAX_SENTENCES:
            words = PLACE.sub(self._words, sentence.text)
            message = f"more than {MAX_SENTENCES} sentences; left out: {words}"
            self._foreign.note(message, sentence.number)
        elif PLACE.search(sentence.text):
            self._at.forms.append(sentence)
        else:
            self._at.sentences.append(sentence)

    def _words(self, place: re.Match[str]) -> str:
        one = self._foreign.field_at(place[0])
        words = (one.name, one.default, one.unit, *(word for each in one.choices for word in each))
        return f"[{blanked(' '.join(words))}]"

    def table(self) -> TemplateTable:
        """The draft as a table."""
        if "impression" not in self._sections:
            self._foreign.note("there was no impression; an empty one was added")
            self._sections["impression"] = _Section("impression", "Impression", frame=True)
        title = self._foreign.title or "Imported template"
        if len(title) > 200:
            self._foreign.note(f"the title is too long, cut from: {title}")
        titles = (name for s in self._sections.values() for name in (s.title, s.id, *s.headers))
        taken = {name_key(name) for name in (*titles, *self._common, "other", "all other")}
        maker = FieldMaker(self._foreign, frozenset(taken))
        rules = [self._rule(each, maker) for each in self._sections.values()]
        if not any("general" in rule.organs for rule in rules):
            at = next(n for n, rule in enumerate(rules) if rule.id == "impression")
            id = "other" if "other" not in self._sections else "all_other"
            other = SectionRule(id=id, title="Other", organs=("general",), keywords=_WORDS)
            rules.insert(at, other)
        return TemplateTable(
            schema="report-template/1",
            id=(PREFIX + (_slug(title) or "template"))[:60],
            version=1,
            title=title[:200],
            status="draft",
            language=self._language(),
            applies_to=self._applies(title),
            sections=tuple(rules),
            macros=tuple(self._macros()),
        )

    def _language(self) -> str:
        return self._foreign.language if re.fullmatch("[a-z]{2}", self._foreign.language) else "en"

    def _applies(self, title: str) -> AppliesTo:
        found = tuple(k for k, words in _MODALITY.items() if re.search(words, title, re.I))
        self._foreign.note("which orders it serves is a guess from its title; check applies_to")
        said = title
        for words in _MODALITY.values():
            said = re.sub(words, " ", said, flags=re.I)
        said = header_key(re.sub(r"[^\w ]", " ", said))
        text = " ".join(map(re.escape, said.split()))
        return AppliesTo(modality=found, text=(text,) if text else ())

    def _rule(self, section: _Section, maker: FieldMaker) -> SectionRule:
        fields: list[FieldRule] = []
        lines: list[LineRule] = []
        for number, text in section.forms:
            made, line = maker.line(section.id, section.title, text, number)
            fields += made
            lines.append(line)
        row: dict[str, Any] = {"id": section.id, "title": section.title}
        row |= {"headers": tuple(dict.fromkeys(section.headers))}
        row |= {"fields": tuple(fields), "lines": tuple(lines)}
        if section.frame:
            is_last = section.id == "impression"
            return SectionRule(**row, header_only=True, required=is_last)
        return SectionRule(
            **row,
            organs=self._organs(section),
            keywords=tuple(map(re.escape, _words(section.title))),
            defaults=tuple(self._defaults(section)),
        )

    def _organs(self, section: _Section) -> tuple[str, ...]:
        """Organs that the title names, each for the first section that does."""
        if section.id == "findings":
            self._claimed.add("general")
            return ("general",)
        named = [organ for _, organ in self._sites(section.title)]
        found = tuple(dict.fromkeys(each for each in named if each not in self._claimed))
        self._claimed.update(found)
        if not found:
            self._foreign.note(f"{section.id}: its title names no organ of its own; give it some")
        return found

    def _sites(self, text: str) -> list[tuple[tuple[str, ...], str]]:
        words = [token.word for token in self._lexicon.forms.tokens(text)]
        return [(hit.value.keys, hit.value.organ) for hit in self._lexicon.sites.find(words)]

    def _defaults(self, section: _Section) -> Iterator[Default]:
        for number, (line, sentence) in enumerate(section.sentences, 1):
            absent = self._absent(sentence)
            words = (re.escape(word) for word in _words(section.title) if word in sentence.lower())
            keyword = "" if absent else next(words, "")
            if absent or keyword:
                id = f"normal_{number}"
                yield Default(id=id, text=sentence, absent=absent, supersede_keyword=keyword)
            else:
                message = f"{section.id}: names no finding or organ: {sentence}"
                self._foreign.note(message, line)

    def _absent(self, sentence: str) -> tuple[str, ...]:
        """The findings that the sentence names, else its organs."""
        sites = self._sites(sentence)
        places = [key for keys, _ in sites for key in keys]
        words = [token.word for token in self._lexicon.forms.tokens(sentence)]
        found: list[str] = []
        for hit in self._lexicon.terms.find(words):
            generic = hit.value.generic
            at = (generic.at[key] for key in places if generic and key in generic.at)
            finding = next(at, hit.value.finding)
            found += [finding] if finding else []
        return tuple(dict.fromkeys(found or [organ for _, organ in sites]))

    def _macros(self) -> Iterable[Macro]:
        """Text of sections that only dictation fills is there by name."""
        for section in self._sections.values():
            if section.frame and section.sentences:
                sentences = (
                    MacroSentence(text=text, section=section.id) for _, text in section.sentences
                )
                name = f"{section.id} text"
                self._foreign.note(f"{section.id}: its text is the macro {name!r}")
                yield Macro(id=f"{section.id}_text", says=(name,), sentences=tuple(sentences))


def _words(title: str) -> list[str]:
    """The telling words of a title."""
    return [word for word in header_key(title).split() if len(word) > 3]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
