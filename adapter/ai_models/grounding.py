"""Whether a drafted sentence says what its sources say, and no more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapter.domain.finding import Fact
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts import facts
from adapter.reporting.sentences import split

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SIZE_MM = 0.5


class Drafted(NamedTuple):
    """A sentence of the answer with the ids of its sources."""

    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grounded:
    """The sentences that stand, and how many were refused by reason."""

    kept: tuple[Drafted, ...]
    refused: Mapping[str, int]


def grounded(drafted: Iterable[Drafted], sources: Mapping[str, str], lexicon: Lexicon) -> Grounded:
    """Each sentence against the texts of the sources that it names."""
    kept: list[Drafted] = []
    refused: Counter[str] = Counter()
    for each in drafted:
        reason = ungrounded(each, sources, lexicon)
        if reason:
            refused[reason] += 1
        else:
            kept.append(each)
    return Grounded(tuple(kept), refused)


def ungrounded(drafted: Drafted, sources: Mapping[str, str], lexicon: Lexicon) -> str:
    """Why a sentence may not stand; "" where it may.

    Its sources must be known; each finding must be one of theirs, as sure, on the same side and
    level, with the same size and course; each number must stand in them.
    """
    if not drafted.text.strip():
        return "empty"
    if len(split(drafted.text)) > 1:
        return "more than one sentence"
    if not drafted.sources or any(each not in sources for each in drafted.sources):
        return "unknown source"
    told = [sources[each] for each in dict.fromkeys(drafted.sources)]
    numbers = {number for text in told for number in _NUMBER.findall(text)}
    if not numbers.issuperset(_NUMBER.findall(drafted.text)):
        return "number without source"
    known = [fact for text in told for fact in facts(text, lexicon)]
    claimed = facts(drafted.text, lexicon)
    if not claimed:
        return "" if _is_verbatim(drafted.text, told) else "states nothing that can be checked"
    reasons = (_unsupported(each, known, lexicon) for each in claimed)
    return next(filter(None, reasons), "")


def _unsupported(claim: Fact, known: Sequence[Fact], lexicon: Lexicon) -> str:
    """Why no fact of the sources carries the claim; the nearest one tells."""
    same = [fact for fact in known if _is_named(claim, fact, lexicon)]
    if not same:
        return "finding without source"
    reasons = [_differs(claim, fact) for fact in same]
    return "" if "" in reasons else reasons[0]


def _is_named(claim: Fact, fact: Fact, lexicon: Lexicon) -> bool:
    """The same finding, or for what is there a wider word for it; of what is not, a narrower."""
    if claim.finding == fact.finding:
        return True
    wide, narrow = (claim, fact) if not claim.negated else (fact, claim)
    return wide.finding in lexicon.ancestors.get(narrow.finding, ())


def _differs(claim: Fact, fact: Fact) -> str:
    if claim.negated != fact.negated:
        return "negation"
    if fact.uncertain and not claim.uncertain:
        return "surer than its source"
    if (claim.historical, claim.family) != (fact.historical, fact.family):
        return "of another time or person"
    if claim.side is not None and claim.side != fact.side:
        return "side"
    if claim.level is not None and claim.level != fact.level:
        return "level"
    if claim.time is not None and claim.time != fact.time:
        return "course"
    if claim.count is not None and claim.count != fact.count:
        return "count"
    sizes = ((claim.size_mm, fact.size_mm), (claim.prior_size_mm, fact.prior_size_mm))
    return "" if all(_is_size(*each) for each in sizes) else "size"


def _is_size(claimed: tuple[float, ...], known: tuple[float, ...]) -> bool:
    """Every measure that is claimed is known."""
    return all(any(abs(one - other) <= _SIZE_MM for other in known) for one in claimed)


def _is_verbatim(text: str, told: Iterable[str]) -> bool:
    wanted = _signs(text)
    return any(wanted in _signs(each) for each in told)


def _signs(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
