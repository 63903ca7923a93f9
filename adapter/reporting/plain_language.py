"""A signed report in plain words: a sentence for each fact; what yields none is left as it is.

Nothing is said that the report does not state: where a fact holds less than its sentence (a denial
of a part, of something new, of something general; advice), the sentence stays as the report has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.domain.finding import Fact
from adapter.domain.report import Report, Statement
from adapter.domain.summary import PlainSentence, Quote, Summary
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.plain_words import Forms, PlainWords
from adapter.reporting.facts import Reading, read_often
from adapter.reporting.reading_level import grade
from adapter.reporting.sentences import split

_GENERAL = "general"  # the organ of findings that name no place


def summarize(report: Report, words: PlainWords, lexicon: Lexicon) -> Summary:
    """The summary of a signed report; the caller looks whether it is signed."""
    statements = list(_told(report, words))
    affirmed = [fact for each, _ in statements for fact in each.facts if _affirmed(fact)]
    sentences: dict[str, PlainSentence] = {}
    quotes: list[Quote] = []
    for statement, plain in statements:
        if not plain or not _tellable(statement, affirmed, words, lexicon):
            quotes.append(Quote(statement.id, statement.text))
            continue
        for fact in statement.facts:
            _add(sentences, _sentence(fact, words), fact, statement.id)
    told = tuple(sentences.values())
    known = {each.fact.finding for each in told}
    own = (words.intro, *sentences, words.closing)
    return Summary(
        title=words.title,
        intro=words.intro,
        sentences=told,
        words_title=words.words_title,
        words=tuple((w.name, w.is_) for id_, w in words.findings.items() if id_ in known and w.is_),
        ask=words.ask,
        quotes=tuple(quotes),
        closing=words.closing,
        grade=grade(
            (text[a:b] for text in own for a, b in split(text)), words.syllables, words.formula
        ),
    )


def form_of(fact: Fact, forms: Forms) -> str | None:
    """The sentence that a fact asks for; None: none of ours says the same."""
    if fact.historical or fact.family:
        lead = forms.family if fact.family else forms.past
        return None if fact.negated or fact.uncertain or fact.time else lead
    if fact.time == "resolved":
        return forms.gone if fact.negated and not (fact.uncertain or fact.size_mm) else None
    if fact.negated:
        bare = not (fact.size_mm or fact.prior_size_mm or fact.time or fact.count)
        return (forms.uncertain_absent if fact.uncertain else forms.absent) if bare else None
    return forms.uncertain if fact.uncertain else forms.present


def _told(report: Report, words: PlainWords) -> Iterator[tuple[Statement, bool]]:
    """Statements that tell a result, and whether their section may be put into other words."""
    for section in report.sections:
        if section.id not in words.skip_sections:
            plain = section.id not in words.leave_sections
            yield from ((each, plain) for each in section.statements)


def _tellable(
    statement: Statement, affirmed: Iterable[Fact], words: PlainWords, lexicon: Lexicon
) -> bool:
    """Whether our sentences say no more than the statement, about each of its facts."""
    facts, text = statement.facts, statement.text
    if not facts or words.leaving.search(text):
        return False
    if any(form_of(each, words.forms) is None for each in facts):
        return False
    denied = [each for each in facts if each.negated and each.time != "resolved"]
    if not denied:
        return True
    readings = [read_often(text[a:b], lexicon) for a, b in split(text)]
    if words.limiting.search(text) or any(map(_is_limited, readings)):
        return False
    return not any(
        not _is_named(each, lexicon) or _affirmed_elsewhere(each, affirmed, lexicon)
        for each in denied
    )


def _is_limited(reading: Reading) -> bool:
    """ "No acute …" leaves room for others, "otherwise no …" too."""
    return not reading.whole or any(each.limited for each in reading.mentions)


def _is_named(fact: Fact, lexicon: Lexicon) -> bool:
    """Whether its own words stand there: "no mass" of a liver denies no other lesion."""
    known = lexicon.findings.get(fact.finding)
    if known is None or known.organ == _GENERAL:
        return False
    return fact.text.lower().startswith(known.synonyms)


def _affirmed(fact: Fact) -> bool:
    return not (fact.negated or fact.historical or fact.family)


def _affirmed_elsewhere(fact: Fact, affirmed: Iterable[Fact], lexicon: Lexicon) -> bool:
    """Whether the report speaks of one that is there: then which is denied, its own words tell."""
    return any(lexicon.related(fact.finding, each.finding) for each in affirmed)


def _sentence(fact: Fact, words: PlainWords) -> str:
    form = form_of(fact, words.forms) or ""
    known = words.findings.get(fact.finding)
    name = known.name if known else words.quoted.replace("{text}", fact.text)
    return form.replace("{what}", ", ".join((name, *_details(fact, words))))


def _details(fact: Fact, words: PlainWords) -> Iterator[str]:
    told = words.details
    if fact.count:
        yield told.count.replace("{count}", str(fact.count))
    if fact.side:
        yield told.side[fact.side]
    if fact.level:
        yield told.level.replace("{level}", fact.level)
    if fact.size_mm:
        yield told.size.replace("{size}", _size(fact.size_mm, told.by))
    if fact.prior_size_mm:
        yield told.prior_size.replace("{size}", _size(fact.prior_size_mm, told.by))
    if fact.time and fact.time in told.course:
        yield told.course[fact.time]


def _size(millimetres: tuple[float, ...], by: str) -> str:
    return f" {by} ".join(f"{each:g}" for each in millimetres) + " mm"


def _add(sentences: dict[str, PlainSentence], text: str, fact: Fact, statement: str) -> None:
    """The same sentence once, with all statements that it comes from."""
    before = sentences.get(text)
    if before is None:
        sentences[text] = PlainSentence(text, fact, (statement,))
    elif statement not in before.statements:
        sentences[text] = replace(before, statements=(*before.statements, statement))
