"""Finds every row of the audit trail that was changed, removed, inserted or put elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import sqlalchemy as sa

from adapter.audit.heads import Heads, lost
from adapter.audit.keys import AuditKeys
from adapter.domain.audit import FIRST, AuditRow, Head
from adapter.store import audit

MOST_FAULTS = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the trail is not as it was written."""

    chain: str
    number: object
    what: str


@dataclass(slots=True)
class Verdict:
    """Every chain with its last row, and what is wrong: at most MOST_FAULTS places."""

    rows: int = 0
    heads: list[Head] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def add(self, faults: Iterable[Fault]) -> None:
        """Keep them, up to the most."""
        self.faults += list(faults)[: MOST_FAULTS - len(self.faults)]


def verify(tx: sa.Connection, keys: AuditKeys, anchors: Iterable[Heads] = ()) -> Verdict:
    """Read the whole trail, and hold it to the anchors."""
    found = Verdict()
    for chain, rows in groupby(audit.every(tx), key=lambda row: row.chain):
        _follow(found, Head(str(chain), 0, FIRST), rows, keys)
    for each in anchors:
        found.add(_anchored(tx, each))
    return found


def verify_next(tx: sa.Connection, keys: AuditKeys, last: Head, limit: int) -> Verdict:
    """Read on in one chain behind a row that was found good; no rows: that was its end."""
    found = Verdict()
    _follow(found, last, audit.following(tx, last.chain, last.number, limit), keys)
    return found


def _follow(found: Verdict, last: Head, rows: Iterable[AuditRow], keys: AuditKeys) -> None:
    chain, number, previous = last
    for row in rows:
        found.rows += 1
        found.add(_faults(row, number + 1, previous, keys))
        number = row.number if isinstance(row.number, int) else number + 1
        previous = row.hash
    found.heads.append(Head(chain, number, previous))


def _faults(row: AuditRow, number: int, previous: str, keys: AuditKeys) -> Iterator[Fault]:
    """What is wrong with one row, after the row before it."""
    chain = row.chain
    if isinstance(row.number, int) and row.number > number:
        last = row.number - 1
        rows = f"row {number} is" if number == last else f"rows {number} to {last} are"
        yield Fault(chain, number, f"{rows} missing")
    elif row.number != number:
        yield Fault(chain, row.number, f"row {row.number} stands where {number} must be")
    elif row.previous != previous:
        yield Fault(chain, number, f"row {number} does not follow the row before it")
    if row.expected_hash() != row.hash:
        yield Fault(chain, row.number, f"row {row.number} was changed")
    good = keys.good(str(row.hash), str(row.seal))
    if not good:
        why = "is not sealed by Readout" if good is False else f"has an unknown seal {_key(row)}"
        yield Fault(chain, row.number, f"row {row.number} {why}")


def _key(row: AuditRow) -> str:
    name = str(row.seal).partition(":")[0]
    return f"({name!r}: put that key into READOUT_AUDIT_KEY_FILE, too)" if name else "(none)"


def _anchored(tx: sa.Connection, told: Heads) -> Iterator[Fault]:
    if not told.good:
        yield Fault("", 0, f"the heads of {told.at} are not sealed by a key that is here")
    for each in lost(tx, told.heads):
        what = f"row {each.number} is not as it was on {told.at}, or gone with what followed"
        yield Fault(each.chain, each.number, what)
