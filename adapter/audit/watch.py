"""Reads the audit trail again and again while the service runs, so that a fault shows by itself."""

from __future__ import annotations

import structlog

from adapter.audit.keys import AuditKeys
from adapter.audit.verify import Fault, verify_next
from adapter.domain.audit import FIRST, Head
from adapter.store import audit
from adapter.store.database import Database

log = structlog.get_logger()

_ROWS = 20_000  # of each chain at each look: about a second of a processor


class TrailWatch:
    """`look` reads on behind where the last one ended, in every chain, and then from its start."""

    def __init__(self, database: Database, keys: AuditKeys, rows: int = _ROWS) -> None:
        self._database, self._keys, self._rows = database, keys, rows
        self._at: dict[str, Head] = {}
        self._found: dict[str, set[Fault]] = {}  # in this round
        self._before: dict[str, set[Fault]] = {}  # in the round before, until this one is done

    @property
    def trouble(self) -> str:
        """What is wrong; empty: nothing that was found."""
        faults = set[Fault]().union(*self._found.values(), *self._before.values())
        if not faults:
            return ""
        return f"the audit trail was changed in {len(faults)} places: run `readout audit verify`"

    def look(self) -> None:
        """Once, some rows of each chain; blocking."""
        known = self.trouble
        with self._database.read() as tx:
            chains = [each.chain for each in audit.heads(tx)]
        for chain in chains:
            self._read_on(chain)
        if self.trouble and self.trouble != known:
            log.error("audit_trail", trouble=self.trouble)

    def _read_on(self, chain: str) -> None:
        last = self._at.get(chain, Head(chain, 0, FIRST))
        with self._database.read() as tx:
            verdict = verify_next(tx, self._keys, last, self._rows)
        self._found.setdefault(chain, set()).update(verdict.faults)
        self._at[chain] = verdict.heads[0]
        if verdict.rows < self._rows:  # its end: the next look begins anew
            self._before[chain] = self._found.pop(chain)
            del self._at[chain]
