"""Flags get ids that outlast versions, so that what a person put aside stays aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.identifiers import sha256_hex
from adapter.domain.report import Dismissal, Flag, Section
from adapter.reporting.verdicts import Verdicts

_ID_LENGTH = 12


def with_dismissals(
    flags: Iterable[Flag], sections: Iterable[Section], decisions: Iterable[Decision]
) -> tuple[Flag, ...]:
    """The flags with their ids, and with who put them aside."""
    texts = {each.id: each.text for section in sections for each in section.statements}
    verdicts = Verdicts(decisions)
    return tuple(_settled(flag, _id(flag, texts), verdicts) for flag in flags)


def _id(flag: Flag, texts: dict[str, str]) -> str:
    """Made of the words that the flag is about: when they change, it is another flag."""
    about = texts.get(flag.statement or "", flag.message)
    parts = (flag.code, about, flag.chars or "", flag.ai or "", flag.default or "")
    return "f-" + sha256_hex("\x1f".join(map(str, parts)).encode())[:_ID_LENGTH]


def _settled(flag: Flag, id: str, verdicts: Verdicts) -> Flag:
    last = verdicts.last(id)
    if last is None or last.kind is not DecisionKind.DISMISS or not last.person:
        return replace(flag, id=id)
    return replace(flag, id=id, dismissed=Dismissal(last.person, last.at, last.text))
