"""Free text of a model, sentence by sentence: what it states, in the lexicon's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.domain.finding import AiFinding, Fact
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts import read
from adapter.reporting.sentences import split

_LONGEST_ID = 100


def read_texts(findings: Iterable[AiFinding], lexicon: Lexicon) -> tuple[AiFinding, ...]:
    """Findings that have neither lexicon id nor code become one for each fact of their text.

    A sentence that yields no fact stays as it is: a suggestion without a finding.
    """
    return tuple(part for each in findings for part in _parts(each, lexicon))


def _parts(finding: AiFinding, lexicon: Lexicon) -> list[AiFinding]:
    if finding.finding or finding.code:
        return [finding]
    parts = [
        part for start, end in split(finding.text) for part in _stated(finding, start, end, lexicon)
    ]
    if len(parts) < 2:
        return parts or [finding]
    numbers = enumerate(parts, 1)
    return [replace(part, id=f"{part.id[: _LONGEST_ID - 6]}.{number}") for number, part in numbers]


def _stated(finding: AiFinding, start: int, end: int, lexicon: Lexicon) -> Iterator[AiFinding]:
    sentence = replace(finding, text=finding.text[start:end])
    found = [each.fact for each in read(sentence.text, lexicon).mentions]
    now = [fact for fact in found if not (fact.historical or fact.family)]
    yield from (_of_fact(sentence, fact) for fact in now)
    if not now:
        yield sentence


def _of_fact(sentence: AiFinding, fact: Fact) -> AiFinding:
    """What the sentence tells beside its words stands; the words tell the rest."""
    return replace(
        sentence,
        finding=fact.finding,
        present=sentence.present and not fact.negated,
        side=sentence.side or fact.side,
        level=sentence.level or fact.level,
        size_mm=sentence.size_mm or fact.size_mm,
    )
