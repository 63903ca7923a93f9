"""What a mapping file comes to: the normal report of a template, what macros enter, words."""

from __future__ import annotations

from pathlib import Path

from adapter.mapping.files import MappingFile
from adapter.mapping.template_table import Macro, MacroFile, SectionRule, TemplateTable
from adapter.mapping.vocabulary_table import VocabularyOverlay
from adapter.web.pages.markup import Html, el, text
from adapter.web.parts import Parts
from adapter.workflow.site_mappings import kind_of

_MOST = 200


def preview(parts: Parts, name: str, body: bytes) -> Html:
    """Of a file without faults."""
    file, kind = MappingFile(name, Path(name), body), kind_of(name)
    if kind is TemplateTable:
        return _template(file.read(TemplateTable))
    if kind is MacroFile:
        return _macros(file.read(MacroFile).macros)
    if kind is VocabularyOverlay:
        return _words(file.read(VocabularyOverlay))
    spoken = parts.house.tables.vocabulary(Path(name).stem)
    return el("p", f"{len(spoken.table.terms)} terms, {len(spoken.table.commands)} voice commands.")


def _template(table: TemplateTable) -> Html:
    sections = (_section(each) for each in table.sections)
    said = f"{table.id}, version {table.version}, {table.status}, defaults {table.defaults_policy}"
    return el(
        "section", el("h2", f"Preview: {table.title}"), el("p", said, class_="muted"),
        el("div", sections, class_="preview"),
        _macros(table.macros) if table.macros else None,
    )  # fmt: skip


def _section(each: SectionRule) -> Html:
    lines = [" ".join(line.text for line in each.lines), " ".join(d.text for d in each.defaults)]
    shown = "\n".join(filter(None, lines))
    empty = "by its header only" if each.header_only else "what is dictated"
    return text(
        el("h3", each.title), el("span", shown) if shown else el("span", empty, class_="muted")
    )


def _macros(macros: tuple[Macro, ...]) -> Html:
    items = (
        text(
            el("dt", ", ".join((each.id.replace("_", " "), *each.says))),
            el("dd", " ".join(sentence.text for sentence in each.sentences)),
        )
        for each in macros[:_MOST]
    )
    return el("section", el("h2", "Macros"), el("dl", items))


def _words(table: VocabularyOverlay) -> Html:
    items = (
        text(el("dt", written), el("dd", ", ".join(spoken)))
        for written, spoken in list(table.terms.items())[:_MOST]
    )
    return el("section", el("h2", "Terms, written and spoken"), el("dl", items))
