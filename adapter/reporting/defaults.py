"""Template defaults: which may enter, and which a dictated or AI mention withdraws."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from adapter.domain.order import Side
from adapter.domain.report import Flag, Severity
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import Default
from adapter.mapping.templates import Template
from adapter.reporting.ai_pairing import Draft
from adapter.reporting.facts import Mention
from adapter.reporting.route import GENERAL, UNROUTED, Routed
from adapter.reporting.said import Said


class Entered(NamedTuple):
    """A default in the report: its section, its statement id in the template, its text."""

    section: str
    name: str
    text: str


class Choice(NamedTuple):
    """Defaults that enter, and what is to be said of those that do not."""

    entered: tuple[Entered, ...]
    flags: tuple[Flag, ...]


class _Touch(NamedTuple):
    """A dictated sentence that speaks of a default; the mention is None when only its words do."""

    said: Said
    mention: Mention | None


def choose(
    template: Template,
    open_sections: frozenset[str],
    routed: tuple[Routed, ...],
    drafts: Iterable[Draft],
    lexicon: Lexicon,
) -> Choice:
    """The defaults of the open sections that nothing contradicts. A mention beats a default."""
    entered: list[Entered] = []
    flags: list[Flag] = []
    index = _Index(routed, template, lexicon)
    seen = [each for each in drafts if each.present]
    for section, name, default in template.defaults:
        if section not in open_sections:
            continue
        touches = index.touches(section, default, template.supersede.get(name))
        if touches:
            flags += _withdrawn(name, default, touches)
            continue
        by = next((each for each in seen if _touched_by(each, default, lexicon)), None)
        if by:
            message = f"not entered, as the AI sees otherwise: {default.text!r}"
            flags.append(
                Flag("default_withheld_ai", Severity.WARN, message, ai=by.source.id, default=name)
            )
            continue
        entered.append(Entered(section, name, default.text))
    return Choice(tuple(entered), tuple(flags))


def yielding(
    routed: tuple[Routed, ...], template: Template, lexicon: Lexicon
) -> tuple[tuple[Routed, ...], tuple[Flag, ...]]:
    """Without the normal sentences of macros of which dictation speaks; they yield as defaults."""
    if not any(each.said.macro for each in routed):
        return routed, ()
    index = _Index(tuple(each for each in routed if not each.said.macro), template, lexicon)
    kept: list[Routed] = []
    flags: list[Flag] = []
    for each in routed:
        normal = _as_default(each.said)
        touches = index.touches(each.section, normal, None) if normal else []
        if normal and touches:
            flags += _withdrawn(each.said.macro, normal, touches)
        else:
            kept.append(each)
    return tuple(kept), tuple(flags)


def _as_default(said: Said) -> Default | None:
    """A sentence of a macro that states nothing but a normal; None for all others."""
    if not said.macro or any(mention.present for mention in said.reading.mentions):
        return None
    absent = {mention.fact.finding for mention in said.reading.mentions} | said.reading.normal
    return Default(id="macro", text=said.text, absent=tuple(sorted(absent))) if absent else None


class _Index:
    """Dictated sentences by the keys of findings and organs that they touch."""

    def __init__(self, routed: tuple[Routed, ...], template: Template, lexicon: Lexicon) -> None:
        general = template.section_of_organ.get(GENERAL, UNROUTED)
        self._placeless = template.header_only | {general, UNROUTED}
        self._said = [each.said for each in routed if not each.said.reading.family]
        self._by_key: dict[str, list[_Touch]] = {}
        self._unresolved: dict[str, _Touch] = {}
        self._anywhere: dict[str, _Touch] = {}
        self._lexicon = lexicon
        for section, said in ((each.section, each.said) for each in routed):
            for mention in said.reading.mentions:
                if not mention.fact.family:
                    self._add(section, _Touch(said, mention))
            if not said.reading.family:
                for organ in said.reading.organs:
                    self._by_key.setdefault(organ, []).append(_Touch(said, None))

    def _add(self, section: str, touch: _Touch) -> None:
        mention = touch.mention
        if mention is None:
            return
        for key in self._lexicon.touched(mention.fact.finding, mention.organ):
            self._by_key.setdefault(key, []).append(touch)
        if mention.organ == GENERAL and mention.present:
            self._unresolved.setdefault(section, touch)
            if section in self._placeless and not mention.fact.uncertain:
                for key in self._lexicon.reach.get(mention.fact.finding, ()):
                    self._anywhere.setdefault(key, touch)

    def touches(
        self, section: str, default: Default, pattern: re.Pattern[str] | None
    ) -> list[_Touch]:
        """All that was said of what the default asserts."""
        found = [touch for key in default.absent for touch in self._by_key.get(key, ())]
        for key in default.absent:
            for wider in self._lexicon.ancestors.get(key, frozenset()) - {key}:
                found += [t for t in self._by_key.get(wider, ()) if _is(t, wider)]
        found += [self._anywhere[key] for key in default.absent if key in self._anywhere]
        if section in self._unresolved:
            found.append(self._unresolved[section])
        if pattern and not found:
            found += [_Touch(said, None) for said in self._said if pattern.search(said.text)][:1]
        return found


def _is(touch: _Touch, finding: str) -> bool:
    """Whether the mention is that wider finding itself, with an organ of its own or named."""
    mention = touch.mention
    return mention is not None and mention.fact.finding == finding and mention.organ != GENERAL


def _touched_by(ai: Draft, default: Default, lexicon: Lexicon) -> bool:
    if ai.finding is None:
        return False
    keys = lexicon.touched(ai.finding, ai.organ)
    return any(
        key in keys or ai.finding in lexicon.ancestors.get(key, ()) for key in default.absent
    )


def _withdrawn(name: str, default: Default, touches: list[_Touch]) -> Iterable[Flag]:
    present = next((t for t in touches if t.mention and t.mention.present), None)
    named = next((t for t in touches if t.mention), None)
    if present:
        code, by = "default_contradicted", present
    elif named:
        code, by = "default_superseded", named
    else:
        code, by = "default_superseded_by_text", touches[0]
    message = f"not entered, as dictated otherwise: {default.text!r}"
    yield Flag(code, Severity.INFO, message, by.said.id, default=name)
    side = None if present or default.sides == "none" else _only_side(touches)
    if side:
        other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        text = f"nothing is said of the {other.value}, as {default.text!r} was not entered"
        yield Flag("other_side_unstated", Severity.WARN, text, by.said.id, default=name)


def _only_side(touches: list[_Touch]) -> Side | None:
    """The one side to which all that was said is limited."""
    sides = {touch.mention.fact.side for touch in touches if touch.mention}
    only = sides.pop() if len(sides) == 1 else None
    return only if only in (Side.LEFT, Side.RIGHT) else None
