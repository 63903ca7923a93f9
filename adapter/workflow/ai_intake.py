"""Results of AI engines as messages: matched to a study of the same patient, or kept for it.

Every protocol translates to AiResult; its findings are written by `ai_results.add_findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.ai_result import AiResult, contradiction
from adapter.domain.event import Event
from adapter.domain.message import MessageState
from adapter.domain.order import OrderStatus
from adapter.domain.study import Study
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.ai_text import read_texts
from adapter.store import awaited, studies
from adapter.store.awaited import Name
from adapter.workflow.ai_results import add_findings
from adapter.workflow.study_flow import House

OTHER_PATIENT = "AI findings of another patient"
_WAITS = "no order of this study is here yet: the findings wait for it"
_EMPTY = "the result holds no findings"


class Hold(NamedTuple):
    """Why a message is not applied now: for good, or until the order of a study comes."""

    state: MessageState  # REFUSED or WAITING
    why: str
    names: tuple[Name, ...] = ()


def with_facts(
    read: Callable[[bytes], Iterable[Event]], lexicon: Callable[[], Lexicon]
) -> Callable[[bytes], Sequence[Event]]:
    """A reader whose free text has been through the facts stage, by the lexicon in force."""

    def read_all(body: bytes) -> Sequence[Event]:
        return [
            replace(each, findings=read_texts(each.findings, lexicon()))
            if isinstance(each, AiResult)
            else each
            for each in read(body)
        ]

    return read_all


def hold(house: House, tx: sa.Connection, events: Sequence[Event], cause: str) -> Hold | None:
    """What keeps a message from being applied; None: nothing.

    Findings of another patient are refused, all of the message, and the study's history says so.
    """
    results = [each for each in events if isinstance(each, AiResult)]
    matched = [(each, _match(tx, each)) for each in results]
    for result, study in matched:
        said = contradiction(study.order.patient, result.patient) if study else ""
        if study and said:
            accession = study.order.accession
            _note_once(house, tx, accession, f"{said} differs; from {result.source}; {cause}")
            why = f"the findings are of another patient than study {accession} ({said} differs)"
            return Hold(MessageState.REFUSED, f"{why}: nothing was taken")
    names = tuple(name for result, study in matched if study is None for name in _names(result))
    return Hold(MessageState.WAITING, _WAITS, names) if names else None


def apply(house: House, tx: sa.Connection, result: AiResult, cause: str) -> str:
    """Write the findings of one result that `hold` lets pass; returns what the log should say."""
    study = _match(tx, result)
    if study is None:
        return _WAITS
    if not result.findings:
        return _EMPTY
    whence = f"by {result.source}; {cause}"
    taken = add_findings(house, tx, study.order.accession, result.findings, whence)
    return "; ".join(each.held for each in taken if each.held)


def _match(tx: sa.Connection, result: AiResult) -> Study | None:
    """The study of the accession, else of the DICOM study UID; one without its order is not here.

    Of several orders of one DICOM study the first whose patient it may be, else the first.
    """
    found = [studies.find(tx, result.accession, lock=True)] if result.accession else []
    known = [each for each in found if each] or studies.of_study_uid(tx, result.study_uid)
    here = [each for each in known if each.order_status is not OrderStatus.TEMPORARY]
    fitting = (each for each in here if not contradiction(each.order.patient, result.patient))
    return next(fitting, here[0] if here else None)


def _names(result: AiResult) -> list[Name]:
    told = {awaited.ACCESSION: result.accession, awaited.STUDY_UID: result.study_uid}
    return [Name(kind, value) for kind, value in told.items() if value]


def _note_once(house: House, tx: sa.Connection, accession: str, detail: str) -> None:
    """An engine that sends it again and again is noted once."""
    if (OTHER_PATIENT, detail) not in [each[1:] for each in studies.events(tx, accession)]:
        studies.note(tx, accession, house.now(), OTHER_PATIENT, detail)
