"""Dictated sentences, template defaults and AI findings become one report, each with its origin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from adapter.domain.ai_source import AiMode, AiRuling
from adapter.domain.finding import AiFinding
from adapter.domain.prior import PriorReport
from adapter.domain.report import (
    FieldState,
    Flag,
    Origin,
    Section,
    Severity,
    Source,
    Statement,
    Suggestion,
)
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import COMPARISON
from adapter.mapping.templates import ADDENDUM, Template
from adapter.reporting.ai_modes import AiModes
from adapter.reporting.ai_pairing import Draft, Pairing, draft, pair
from adapter.reporting.comparison import comparison
from adapter.reporting.defaults import Entered, choose, yielding
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import facts
from adapter.reporting.fields import fill
from adapter.reporting.macros import asked, open_sections, undone
from adapter.reporting.route import UNROUTED, Routed, route, section_of
from adapter.reporting.said import Dictation, Header
from adapter.reporting.verdicts import Verdicts

UNREVIEWED = frozenset(("draft", "preliminary"))
_TITLES = {UNROUTED: "Unrouted (review)", ADDENDUM: "Addendum"}


@dataclass(frozen=True, slots=True)
class Merged:
    """The report before its proof.

    `removed`: statements that a person took out; `headers`: names of fields, which are not printed.
    """

    sections: tuple[Section, ...]
    suggestions: tuple[Suggestion, ...]
    flags: tuple[Flag, ...]
    removed: tuple[Statement, ...] = ()
    fields: tuple[FieldState, ...] = ()
    headers: tuple[Header, ...] = ()


def merge(
    dictated: tuple[Dictated, ...],
    dictation: Dictation,
    ai: Iterable[AiFinding],
    template: Template,
    lexicon: Lexicon,
    verdicts: Verdicts,
    status: str,
    prior: PriorReport | None = None,
    rulings: Iterable[AiRuling] = (),
) -> Merged:
    """The steps of the merge in order; everything that was said is in the result."""
    modes = AiModes(rulings, template)
    opened = open_sections(dictation, template, lexicon)
    form = fill(dictation.said, dictated, template, opened, verdicts, lexicon)
    lines = tuple(Routed(each, each.under or UNROUTED, "field") for each in form.lines)
    spoken = route(form.rest, template, lexicon)
    routed, yielded = yielding((*lines, *spoken), template, lexicon)
    said = tuple(each.said for each in routed)
    drafted = _in_order(ai)
    let = {each.id for each in drafted if modes.of(each).is_shown(dictated=bool(dictated))}
    shown = [each for each in drafted if each.id in let or verdicts.accepted(each.id)]
    pairings = pair((draft(each, lexicon) for each in shown), said, lexicon)
    standing = [each.draft for each in pairings if not verdicts.rejected(each.draft.source.id)]
    choice = choose(template, opened, routed, standing, lexicon)

    placed = [*_spoken(routed, dictated), *_entered(choice.entered, template, lexicon)]
    unasked = shown if status in UNREVIEWED else ()
    inline = {each.id for each in unasked if modes.of(each) is AiMode.INLINE}
    placed += _from_ai(pairings, template, lexicon, verdicts, inline)
    compared = comparison(template, prior, {section for section, _ in placed})
    placed += [(COMPARISON, compared)] if compared else []
    kept, removed = _edited(placed, verdicts, lexicon)
    flags = [
        *_conflicts(pairings, verdicts),
        *(_withdrawn(each) for each in shown if each.id not in let),
        *yielded,
        *form.flags,
        *choice.flags,
        *_routing(routed),
        *undone(dictation, template),
        *asked(dictation, [each.draft.source.id for each in pairings], verdicts),
        *(_taken_out(statement) for statement in (*removed, *form.removed)),
    ]
    return Merged(
        sections(kept, template),
        tuple(Suggestion(each.draft.source, _state(each, verdicts)) for each in pairings),
        tuple(flags),
        (*removed, *form.removed),
        form.states,
        form.headers,
    )


def _in_order(ai: Iterable[AiFinding]) -> list[AiFinding]:
    """By id, so that the order of arrival does not matter; a repeated id counts once."""
    ordered = sorted(ai, key=lambda each: (each.id, each.model, each.version, each.text))
    return list({each.id: each for each in reversed(ordered)}.values())[::-1]


Placed = tuple[str, Statement]
"""A statement with the id of its section."""


def _spoken(routed: tuple[Routed, ...], dictated: tuple[Dictated, ...]) -> Iterator[Placed]:
    for said, section in ((each.said, each.section) for each in routed):
        stated = tuple(mention.fact for mention in said.reading.mentions)
        if said.line:
            source, origin = Source(template=said.line), Origin.TEMPLATE
        elif said.macro:
            source, origin = Source(template=said.macro), Origin.TEMPLATE
        else:
            source, origin = dictated[said.dictation].source(said.start, said.end), Origin.DICTATED
        yield section, Statement(said.id, said.text, origin, source, stated, said.parts)


def _entered(
    entered: tuple[Entered, ...], template: Template, lexicon: Lexicon
) -> Iterator[Placed]:
    """Defaults, numbered by their place in the template, so that ids stay when others go."""
    number = {name: n for n, (_, name, _) in enumerate(template.defaults, 1)}
    for each in entered:
        source = Source(template=each.name)
        stated = facts(each.text, lexicon)
        id = f"t{number[each.name]}"
        yield each.section, Statement(id, each.text, Origin.TEMPLATE, source, stated)


def _from_ai(
    pairings: tuple[Pairing, ...],
    template: Template,
    lexicon: Lexicon,
    verdicts: Verdicts,
    inline: Collection[str],
) -> Iterator[Placed]:
    """Accepted AI findings, and unreviewed ones whose mode is `inline`: these ids."""
    for each in pairings:
        finding = each.draft.source
        decision = verdicts.accepted(finding.id)
        edit = decision if decision and verdicts.edit(finding.id) else None
        enters = finding.id in inline and each.draft.present and not each.agreed
        if decision is None and (not enters or verdicts.rejected(finding.id)):
            continue
        text = edit.text if edit else finding.text
        origin = Origin.EDITED if edit else Origin.AI
        source = Source(ai=finding.id, person=decision.person if decision else None)
        section = section_of(each.draft.organ, template, lexicon) or UNROUTED
        if text.strip():
            stated = facts(text, lexicon)
            yield section, Statement(f"ai-{finding.id}", text, origin, source, stated)


def _edited(
    placed: list[Placed], verdicts: Verdicts, lexicon: Lexicon
) -> tuple[list[Placed], tuple[Statement, ...]]:
    """Statements with their edits; those edited to nothing are taken out."""
    kept: list[Placed] = []
    removed: list[Statement] = []
    for section, statement in placed:
        edit = verdicts.edit(statement.id)
        if edit is None or not edit.person:
            kept.append((section, statement))
            continue
        source = replace(statement.source, person=edit.person)
        stated = facts(edit.text, lexicon)
        parts = tuple(replace(part, text="") for part in statement.parts if part.source.chars)
        changed = Statement(statement.id, edit.text, Origin.EDITED, source, stated, parts)
        if edit.text.strip():
            kept.append((section, changed))
        else:
            removed.append(changed)
    return kept, tuple(removed)


def sections(placed: Iterable[Placed], template: Template) -> tuple[Section, ...]:
    """Statements by section in the template's order: fields, dictated, defaults, then AI."""
    filled: dict[str, list[Statement]] = {}
    for section, statement in placed:
        filled.setdefault(section, []).append(statement)
    found = [
        Section(rule.id, rule.title, tuple(filled.get(rule.id, ())))
        for rule in template.table.sections
        if rule.id in filled or rule.required or not rule.omit_if_empty
    ]
    known = {rule.id for rule in template.table.sections}
    found += [
        Section(id, title, tuple(filled[id]))
        for id, title in _TITLES.items()
        if id in filled and id not in known
    ]
    return tuple(found)


def _state(each: Pairing, verdicts: Verdicts) -> str:
    finding = each.draft.source.id
    if verdicts.rejected(finding):
        return "rejected"
    if verdicts.accepted(finding):
        return "accepted"
    return "agreed" if each.agreed else "proposed"


def _conflicts(pairings: tuple[Pairing, ...], verdicts: Verdicts) -> Iterator[Flag]:
    """A finding that a person has turned down is settled; an accepted one is no longer missing."""
    for each in pairings:
        finding = each.draft.source.id
        if verdicts.rejected(finding):
            continue
        settled = verdicts.accepted(finding) is not None
        yield from (
            flag for flag in each.flags if not (settled and flag.code == "ai_finding_not_dictated")
        )


def _withdrawn(finding: AiFinding) -> Flag:
    """A person accepted it before its source was made stricter: it stays, to be looked at."""
    message = f"{finding.model} is not shown any more; look again at what was accepted of it"
    return Flag("ai_source_withdrawn", Severity.WARN, message, f"ai-{finding.id}", ai=finding.id)


def _routing(routed: tuple[Routed, ...]) -> Iterator[Flag]:
    for each in routed:
        if each.why == "none":
            message = f"no section found for {each.said.text!r}"
            yield Flag("unrouted", Severity.WARN, message, statement=each.said.id)
        elif each.spans:
            message = f"speaks of {' and '.join(each.spans)}; kept whole in {each.section}"
            yield Flag("spans_sections", Severity.INFO, message, statement=each.said.id)


def _taken_out(statement: Statement) -> Flag:
    message = f"{statement.source.person} took it out"
    return Flag("statement_removed", Severity.INFO, message, statement=statement.id)


__all__ = ["Draft", "Merged", "Placed", "merge", "sections"]
