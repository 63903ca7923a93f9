"""AI draft findings beside the dictated ones: which agree, which conflict, which nobody said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from adapter.domain.finding import AiFinding, Fact
from adapter.domain.order import Side
from adapter.domain.report import Flag, Severity
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts import Mention, Reading, read_often

_SIZE_MM = 2.0
_SIZE_SHARE = 0.2


class Sentence(Protocol):
    """A sentence that somebody said or signed, with its reading."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def reading(self) -> Reading: ...  # noqa: D102


class Draft(NamedTuple):
    """An AI finding with its lexicon entry: given by the model, by its code, or by its text."""

    source: AiFinding
    finding: str | None
    organ: str
    present: bool
    side: Side | None
    level: str | None
    size_mm: tuple[float, ...]
    uncertain: bool = False  # by its text

    def urgency(self, lexicon: Lexicon) -> str:
        """ACR category of the finding."""
        known = lexicon.findings.get(self.finding or "")
        return known.urgency if known else "routine"


class Pairing(NamedTuple):
    """An AI finding with the dictated fact it answers to, if any, and what to look at."""

    draft: Draft
    agreed: bool
    flags: tuple[Flag, ...]
    fact: Fact | None = None


class _Candidate(NamedTuple):
    said: Sentence
    mention: Mention


def draft(finding: AiFinding, lexicon: Lexicon) -> Draft:
    """What the model says, in the lexicon's words."""
    mentions = read_often(finding.text, lexicon).mentions
    name = _known(finding, lexicon)
    of_name = [m for m in mentions if name and lexicon.related(m.fact.finding, name)]
    lead = next(iter(of_name or mentions), None)
    fact = lead.fact if lead else None
    if name is None and fact:
        name = fact.finding
    by_text = finding.finding is None and finding.code is None
    organ = lexicon.findings[name].organ if name else "general"
    return Draft(
        source=finding,
        finding=name,
        organ=lead.organ if lead and organ == "general" else organ,
        present=finding.present and not (by_text and fact is not None and fact.negated),
        side=finding.side or (fact.side if fact else None),
        level=finding.level or (fact.level if fact else None),
        size_mm=finding.size_mm or (fact.size_mm if fact else ()),
        uncertain=fact is not None and fact.uncertain,
    )


def _known(finding: AiFinding, lexicon: Lexicon) -> str | None:
    for name in (finding.finding, finding.code):
        if name and name.lower() in lexicon.by_code:
            return lexicon.by_code[name.lower()]
    for name in (finding.finding, finding.code):
        mentions = read_often(name, lexicon).mentions if name else ()
        if mentions:
            return mentions[0].fact.finding
    return None


def pair(
    drafts: Iterable[Draft], said: Sequence[Sentence], lexicon: Lexicon
) -> tuple[Pairing, ...]:
    """Each AI finding against all that was dictated."""
    spoken = [
        _Candidate(each, mention)
        for each in said
        for mention in each.reading.mentions
        if not (mention.fact.family or mention.fact.historical)
    ]
    return tuple(_paired(each, spoken, said, lexicon) for each in drafts)


def _paired(
    ai: Draft, spoken: list[_Candidate], said: Sequence[Sentence], lexicon: Lexicon
) -> Pairing:
    name = ai.finding
    if name is None:
        return _alone(ai, lexicon)
    related = [c for c in spoken if lexicon.related(c.mention.fact.finding, name)]
    affirmed = [c for c in related if not c.mention.fact.negated]
    wide = lexicon.ancestors[name]  # a "no …" denies what is as wide, or wider
    denied = [c for c in related if c.mention.fact.negated and c.mention.fact.finding in wide]
    denied = [c for c in denied if _fits(c.mention.fact, ai)]
    if not ai.present:
        return _absent(ai, affirmed, denied)
    fitting = [c for c in _explicit(affirmed, ai) if _fits(c.mention.fact, ai)]
    if fitting:
        best = min(fitting, key=lambda c: _distance(c.mention.fact, ai))
        return Pairing(ai, True, tuple(_differences(best, ai)), best.mention.fact)
    if denied:
        return Pairing(ai, False, (_negation(denied[0], ai),))
    if affirmed:
        chosen = next((c for c in affirmed if not _fits(c.mention.fact, ai)), affirmed[0])
        return Pairing(ai, False, tuple(_misfit(chosen, ai, name)), chosen.mention.fact)
    normal = next((each for each in said if ai.organ in each.reading.normal), None)
    if normal:
        return Pairing(ai, False, (_called_normal(normal, ai, lexicon),))
    return _alone(ai, lexicon)


def _explicit(affirmed: list[_Candidate], ai: Draft) -> list[_Candidate]:
    """Without those that say less of the same finding: "pneumothorax" does not undo "right"."""
    facts = [candidate.mention.fact for candidate in affirmed]
    with_side = {fact.finding for fact in facts if fact.side}
    with_level = {fact.finding for fact in facts if fact.level}
    return [
        candidate
        for candidate, fact in zip(affirmed, facts, strict=True)
        if not (ai.side and not fact.side and fact.finding in with_side)
        and not (ai.level and not fact.level and fact.finding in with_level)
    ]


def _absent(ai: Draft, affirmed: list[_Candidate], denied: list[_Candidate]) -> Pairing:
    exact = [c for c in affirmed if _fits(c.mention.fact, ai)]
    if exact:
        message = f"dictated: {exact[0].said.text!r}; AI sees none: {ai.source.text!r}"
        flag = _flag("negation_conflict", "warn", message, exact[0], ai)
        return Pairing(ai, False, (flag,), exact[0].mention.fact)
    return Pairing(ai, bool(denied), ())


def _fits(fact: Fact, ai: Draft) -> bool:
    return not _other_side(fact.side, ai.side) and not _other_level(fact.level, ai.level)


def _other_side(one: Side | None, other: Side | None) -> bool:
    return None not in (one, other) and Side.BILATERAL not in (one, other) and one != other


def _other_level(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _distance(fact: Fact, ai: Draft) -> tuple[bool, bool, bool, float]:
    """Smaller is nearer: same finding, side, level, size."""
    size = abs(max(fact.size_mm, default=0.0) - max(ai.size_mm, default=0.0))
    return fact.finding != ai.finding, fact.side != ai.side, fact.level != ai.level, size


def _differences(chosen: _Candidate, ai: Draft) -> Iterable[Flag]:
    """What the agreeing sentence and the AI finding do not share."""
    fact = chosen.mention.fact
    if fact.size_mm and ai.size_mm:
        ours, theirs = max(fact.size_mm), max(ai.size_mm)
        if abs(ours - theirs) > max(_SIZE_MM, _SIZE_SHARE * ours):
            message = f"dictated {ours:g} mm, AI {theirs:g} mm"
            yield _flag("size_conflict", "warn", message, chosen, ai)
    if ai.side:
        yield from _side_differs(chosen, ai, ai.side)
    if fact.uncertain and not ai.uncertain:
        yield _flag("certainty_conflict", "info", "dictated with doubt, AI without", chosen, ai)


def _side_differs(chosen: _Candidate, ai: Draft, theirs: Side) -> Iterable[Flag]:
    ours = chosen.mention.fact.side
    if ours is None:
        message = f"AI says {theirs.value}; no side was dictated"
        yield _flag("laterality_not_dictated", "info", message, chosen, ai)
    elif ours is not theirs:  # one of them is both
        message = f"dictated {ours.value}, AI {theirs.value}"
        yield _flag("laterality_conflict", "warn", message, chosen, ai)


def _misfit(chosen: _Candidate, ai: Draft, name: str) -> Iterable[Flag]:
    fact = chosen.mention.fact
    if _other_side(fact.side, ai.side):
        ours, theirs = fact.side, ai.side
        message = f"dictated {_words(fact.finding, ours)}, AI {_words(name, theirs)}"
        yield _flag("laterality_conflict", "alert", message, chosen, ai)
    if _other_level(fact.level, ai.level):
        message = f"dictated {fact.level}, AI {ai.level}"
        yield _flag("level_conflict", "alert", message, chosen, ai)


def _words(finding: str, side: Side | None) -> str:
    """ "right pneumothorax"."""
    name = finding.replace("_", " ")
    return f"{side.value} {name}" if side else name


def _negation(chosen: _Candidate, ai: Draft) -> Flag:
    message = f"dictated: {chosen.said.text!r}; AI: {ai.source.text!r}"
    return _flag("negation_conflict", "alert", message, chosen, ai)


def _called_normal(said: Sentence, ai: Draft, lexicon: Lexicon) -> Flag:
    severity = "warn" if ai.urgency(lexicon) == "routine" else "alert"
    message = f"dictated: {said.text!r}; AI: {ai.source.text!r}"
    return Flag("negation_conflict", Severity(severity), message, said.id, ai.source.id)


def _alone(ai: Draft, lexicon: Lexicon) -> Pairing:
    if not ai.present:
        return Pairing(ai, False, ())
    severity = Severity.ALERT if ai.urgency(lexicon) == "critical" else Severity.WARN
    message = f"nobody dictated what the AI sees: {ai.source.text!r}"
    flag = Flag("ai_finding_not_dictated", severity, message, ai=ai.source.id)
    return Pairing(ai, False, (flag,))


def _flag(code: str, severity: str, message: str, chosen: _Candidate, ai: Draft) -> Flag:
    return Flag(code, Severity(severity), message, chosen.said.id, ai.source.id)
