"""AI findings in the report that nobody's words and no image support."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Said, Sheet, mentions
from adapter.reporting.facts import Mention


def ai_unsupported(sheet: Sheet) -> Iterator[Found]:
    """An accepted AI finding that the dictation denies, or that has neither words nor evidence."""
    accepted = {
        each.finding.id: each.finding for each in sheet.suggestions if each.state == "accepted"
    }
    if not accepted:
        return
    spoken = list(mentions(tuple(line for line in sheet.body if line.ai is None)))
    for line in sheet.body:
        finding = accepted.pop(line.ai, None) if line.ai else None
        if finding is None:
            continue
        kin = [each for each in spoken if _is_kin(each, line.reading.mentions, sheet)]
        if any(each.mention.fact.negated and not each.mention.limited for each in kin):
            message = "accepted from the AI, but the dictation denies it; correct one of them"
            yield Found("ai_unsupported", message, line)
        elif not finding.evidence and not any(each.mention.present for each in kin):
            message = (
                "accepted from the AI without evidence on an image and without a dictated "
                "word; look again"
            )
            yield Found("ai_unsupported", message, line)


def _is_kin(said: Said, named: tuple[Mention, ...], sheet: Sheet) -> bool:
    """Whether a dictated mention is of a finding that the AI names, on no other side."""
    fact = said.mention.fact
    return any(
        sheet.lexicon.related(fact.finding, each.fact.finding)
        and not (fact.side and each.fact.side and fact.side is not each.fact.side)
        for each in named
    )
