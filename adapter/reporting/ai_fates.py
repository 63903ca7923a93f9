"""The fate of each AI finding against the signed report, and what the models missed.

The definitions, with their reasons, stand in deploy/ai_ledger.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from adapter.domain.ai_ledger import Fate, How, Judgement
from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.finding import SHARED, AiFinding, Fact
from adapter.domain.order import Side
from adapter.domain.report import Origin, Report, Statement
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.ai_pairing import Draft, Pairing, draft, pair
from adapter.reporting.checks.sheet import FRAME
from adapter.reporting.facts import Reading, read_often
from adapter.reporting.sentences import split
from adapter.reporting.verdicts import Verdicts

ModelVersion = tuple[str, str]
Scope = Mapping[ModelVersion, frozenset[str]]
"""Findings (lexicon ids) that each version of a model has told so far, present or absent."""

_NOT_STATED = FRAME - {"recommendation"}
_DIFFERS = {
    "negation_conflict": How.NEGATION,
    "laterality_conflict": How.SIDE,
    "level_conflict": How.LEVEL,
    "size_conflict": How.SIZE,
    "certainty_conflict": How.CERTAINTY,
}
_GRAVEST = tuple(How)


class Stated(NamedTuple):
    """A sentence of the signed report."""

    id: str
    text: str
    reading: Reading


class _Signed(NamedTuple):
    """The report: sentences in words of its own, and statements that are a model's, by finding."""

    own: tuple[Stated, ...]
    taken: Mapping[str, Statement]
    elsewhere: bool


def judge(
    findings: Iterable[AiFinding],
    decisions: Iterable[Decision],
    report: Report,
    seen: Scope,
    lexicon: Lexicon,
) -> tuple[Judgement, ...]:
    """The fate of each finding, then what each model missed; findings that people shared are none.

    `seen`: what each model told in other studies; what it tells in this one counts, too.
    """
    signed, verdicts = _signed(report, lexicon), Verdicts(decisions)
    drafts = [draft(each, lexicon) for each in findings if not each.model.startswith(SHARED)]
    pairings = pair(drafts, signed.own, lexicon)
    told = (_fate(each, signed, verdicts, lexicon) for each in pairings)
    return (*told, *_missed(drafts, signed.own, seen, lexicon))


def labels(judged: Iterable[Judgement]) -> dict[ModelVersion, frozenset[str]]:
    """What each model told here: its part of the scope."""
    found: dict[ModelVersion, set[str]] = {}
    for each in judged:
        if each.finding and each.fate is not Fate.MISSED:
            found.setdefault((each.model, each.version), set()).add(each.finding)
    return {model: frozenset(names) for model, names in found.items()}


def _signed(report: Report, lexicon: Lexicon) -> _Signed:
    own: list[Stated] = []
    taken: dict[str, Statement] = {}
    elsewhere = False
    for section in report.sections:
        for each in section.statements:
            elsewhere = elsewhere or each.origin is Origin.ELSEWHERE
            if each.source.ai:
                taken[each.source.ai] = each
            elif section.id not in _NOT_STATED:
                own += _sentences(each, lexicon)
    return _Signed(tuple(own), taken, elsewhere)


def _sentences(statement: Statement, lexicon: Lexicon) -> Iterator[Stated]:
    for start, end in split(statement.text):
        text = statement.text[start:end]
        yield Stated(statement.id, text, read_often(text, lexicon))


def _fate(paired: Pairing, signed: _Signed, verdicts: Verdicts, lexicon: Lexicon) -> Judgement:
    source, name = paired.draft.source, paired.draft.finding or ""
    last = verdicts.last(source.id)
    fate, how = _became(paired, signed, verdicts, lexicon)
    return Judgement(
        id=source.id,
        model=source.model,
        version=source.version,
        finding=name,
        present=paired.draft.present,
        fate=fate,
        how=how,
        decision=last.kind.value if last else "",
        probability=source.probability,
    )


def _became(
    paired: Pairing, signed: _Signed, verdicts: Verdicts, lexicon: Lexicon
) -> tuple[Fate, How | None]:
    """A decision is told first, then what the report says in words of its own.

    A sentence that was turned down because its words stand there already is no disagreement.
    """
    finding = paired.draft.source.id
    how = _how(paired)
    if verdicts.rejected(finding):
        return Fate.AGREED if paired.agreed and how is None else Fate.REJECTED, how
    placed, decision = signed.taken.get(finding), verdicts.accepted(finding)
    if placed is not None:
        if placed.origin is Origin.AI:
            return Fate.ACCEPTED, None
        return Fate.EDITED, _changed(paired.draft, placed, lexicon)
    if decision and not signed.elsewhere:
        return Fate.REJECTED, how  # taken out again
    if how is not None:
        return Fate.CONTRADICTED, how
    if not paired.agreed:
        return Fate.IGNORED, None
    return _taken_elsewhere(decision) if decision else Fate.AGREED, None


def _taken_elsewhere(decision: Decision) -> Fate:
    """The text came back from another system, which had the accepted sentence from here."""
    return Fate.EDITED if decision.kind is DecisionKind.EDIT else Fate.ACCEPTED


def _how(paired: Pairing) -> How | None:
    """The gravest difference; that the report says both sides does not undo one of them."""
    found = {_DIFFERS[flag.code] for flag in paired.flags if flag.code in _DIFFERS}
    both = paired.fact is not None and paired.fact.side is Side.BILATERAL
    if paired.agreed and both:
        found.discard(How.SIDE)
    return min(found, key=_GRAVEST.index, default=None)


def _changed(ai: Draft, placed: Statement, lexicon: Lexicon) -> How | None:
    """What an edit changed of the finding; None: only its words."""
    (paired,) = pair((ai,), tuple(_sentences(placed, lexicon)), lexicon)
    how = _how(paired)
    return how if how or paired.agreed else How.FINDING


def _missed(
    drafts: Sequence[Draft], own: Sequence[Stated], seen: Scope, lexicon: Lexicon
) -> Iterator[Judgement]:
    stated = _narrowest({fact.finding for fact in _affirmed(own)}, lexicon)
    told: dict[ModelVersion, set[str]] = {}
    for each in drafts:
        names = told.setdefault((each.source.model, each.source.version), set())
        names.update(filter(None, (each.finding,)))
    for (model, version), names in sorted(told.items()):
        scope = names | seen.get((model, version), frozenset())
        for finding in stated:
            known = any(lexicon.related(finding, name) for name in names)
            if not known and lexicon.ancestors.get(finding, frozenset()) & scope:
                yield Judgement(f"missed:{finding}", model, version, finding, True, Fate.MISSED)


def _affirmed(own: Sequence[Stated]) -> Iterator[Fact]:
    """What the report states without doubt, now, of this patient."""
    for each in own:
        for mention in each.reading.mentions:
            fact = mention.fact
            if mention.present and not fact.uncertain and fact.time != "resolved":
                yield fact


def _narrowest(findings: set[str], lexicon: Lexicon) -> list[str]:
    """Without those of which another is a kind, by name."""
    wider = {name for each in findings for name in lexicon.ancestors.get(each, ()) if name != each}
    return sorted(findings - wider)
