"""Which section each dictated sentence belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from adapter.mapping.lexicon import ANAPHOR, REMARK, Lexicon
from adapter.mapping.templates import Template
from adapter.reporting.facts import Mention
from adapter.reporting.said import Said, is_macro

UNROUTED = "unrouted"
GENERAL = "general"


class Routed(NamedTuple):
    """A sentence in its section, why, and whether its findings belong to more than one section."""

    said: Said
    section: str
    why: str  # header, macro, finding, organ, keyword, topic, carry, under, general, none
    spans: tuple[str, ...] = ()


def route(said: Iterable[Said], template: Template, lexicon: Lexicon) -> tuple[Routed, ...]:
    """Every sentence in exactly one section, "unrouted" at worst."""
    routed: list[Routed] = []
    last: str | None = None
    for each in said:
        last = None if each.fresh else last
        found = _section(each, last, template, lexicon)
        routed.append(found)
        if found.why in ("finding", "organ", "keyword", "header"):
            last = found.section
    return tuple(routed)


def section_of(organ: str, template: Template, lexicon: Lexicon) -> str | None:
    """The section of an organ, or of the organ that it is part of."""
    sections = template.section_of_organ
    for each in lexicon.organ_chain(organ):
        if each in sections:
            return sections[each]
    return None


def _section(said: Said, last: str | None, template: Template, lexicon: Lexicon) -> Routed:
    if is_macro(said.text):
        general = template.section_of_organ.get(GENERAL)
        return Routed(said, said.under or general or last or UNROUTED, "macro")
    if said.header:
        return Routed(said, said.header, "header")
    if said.under in template.header_only and said.under:
        return Routed(said, said.under, "header")
    by_mention = [
        (mention, section_of(mention.organ, template, lexicon))
        for mention in said.reading.mentions
        if mention.organ != GENERAL
    ]
    spans = _spanned(by_mention)
    if section := _first(by_mention):
        return Routed(said, section, "finding", spans)
    for organ in said.reading.organs:
        if section := section_of(organ, template, lexicon):
            return Routed(said, section, "organ")
    if section := by_keyword(said.text, template):
        return Routed(said, section, "keyword")
    topics = () if by_mention else said.reading.topics  # what has an organ goes with no other
    if last and (ANAPHOR in topics or _is_vague(said, lexicon)):
        return Routed(said, last, "carry")
    if section := next((each for each in topics if each in template.open_sections), None):
        return Routed(said, section, "topic")
    if last and REMARK in topics:
        return Routed(said, last, "carry")
    if said.under:
        return Routed(said, said.under, "under")
    if general := template.section_of_organ.get(GENERAL):
        return Routed(said, general, "topic" if topics or said.reading.mentions else "general")
    return Routed(said, UNROUTED, "none")


def _is_vague(said: Said, lexicon: Lexicon) -> bool:
    """ "A 3 cm cyst." or "No mass." after a sentence on the liver is most likely in the liver."""
    return any(
        m.organ == GENERAL and (m.present or m.fact.finding in lexicon.wide)
        for m in said.reading.mentions
    )


def _first(by_mention: list[tuple[Mention, str | None]]) -> str | None:
    """The section of the first finding that is there, else of the first one named."""
    routable = [(mention, section) for mention, section in by_mention if section]
    present = [section for mention, section in routable if mention.present]
    named = [section for _, section in routable]
    return next(iter(present or named), None)


def _spanned(by_mention: list[tuple[Mention, str | None]]) -> tuple[str, ...]:
    sections = (section for mention, section in by_mention if section and mention.present)
    found = tuple(dict.fromkeys(sections))
    return found if len(found) > 1 else ()


def by_keyword(text: str, template: Template) -> str | None:
    """The section whose keyword comes first in the text."""
    best: tuple[int, str] | None = None
    for section, pattern in template.keywords:
        match = pattern.search(text)
        if match and (best is None or match.start() < best[0]):
            best = (match.start(), section)
    return best[1] if best else None
