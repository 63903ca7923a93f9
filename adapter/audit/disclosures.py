"""To whom data of one patient went: the accounting of disclosures (45 CFR 164.528)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from adapter.audit.keys import AuditKeys
from adapter.domain.audit import AgentKind, AuditRow, Outcome, Verb
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus
from adapter.store import audit, patients, studies

_LEFT = (Verb.SEND, Verb.EXPORT)
_SHOWN = (Verb.READ, Verb.QUERY, Verb.REPLAY, Verb.RESEND, Verb.BREAK_GLASS)


class Disclosure(NamedTuple):
    """When, to whom, of which study, what, and why."""

    at: str
    to: str
    address: str
    accession: str
    what: str
    why: str


def disclosures(
    tx: sa.Connection, keys: AuditKeys, number: str, issuer: str | None, *, people: bool = False
) -> list[Disclosure]:
    """What left of a patient's studies, or was read by programs; oldest first.

    `issuer` None: of every issuer that has given this number; `people`: what persons of the house
    looked at, too. Numbers that were merged into this one count.
    """
    pseudonyms, accessions = named_by(tx, keys, number, issuer)
    rows = audit.of_patient(tx, pseudonyms, accessions, (*_LEFT, *_SHOWN))
    return [_disclosure(each) for each in rows if _counts(each, _LEFT, people)]


def named_by(
    tx: sa.Connection, keys: AuditKeys, number: str, issuer: str | None
) -> tuple[set[str], list[Accession]]:
    """(pseudonyms, accessions) of a patient, under numbers that were merged into this one too."""
    issuers = studies.issuers_of(tx, number) | {""} if issuer is None else {issuer}
    known = {
        key
        for each in issuers
        for key in patients.keys_of(tx, Patient(mrn=Phi(number), issuer=each))
    }
    accessions = [
        each.order.accession for each in studies.of_keys(tx, sorted(known), tuple(ReportStatus))
    ]
    pseudonyms = {hidden for key in known for hidden in keys.pseudonyms(key)}
    return pseudonyms, accessions


def _counts(row: AuditRow, left: Iterable[Verb], people: bool) -> bool:
    if row.outcome != Outcome.SUCCESS:
        return False
    return row.verb in tuple(left) or people or row.kind == AgentKind.PROGRAM


def _disclosure(row: AuditRow) -> Disclosure:
    """A delivery goes to its destination, anything else to who asked for it."""
    sent = row.verb == Verb.SEND
    to = row.object.rpartition(" to ")[2] if sent else row.person or row.name or row.agent
    return Disclosure(
        row.at, to, row.address, row.accession, f"{row.verb} {row.object}", row.detail
    )
