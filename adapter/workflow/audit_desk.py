"""What an auditor does with the trail: search it, prove it, tell to whom data of a patient went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapter.audit.disclosures import Disclosure, disclosures, named_by
from adapter.audit.heads import Heads, read_heads
from adapter.audit.keys import AuditKeys
from adapter.audit.verify import Verdict, verify
from adapter.domain.audit import AuditRow, Verb
from adapter.store import audit
from adapter.store.audit import Wanted
from adapter.store.database import Database


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Of one house; `heads`: the file of the anchor. Each use stands in the trail itself."""

    database: Database
    keys: AuditKeys
    heads: Path

    def listed(self, wanted: Wanted, patient: str, limit: int, offset: int) -> list[AuditRow]:
        """Rows, newest first; `patient`: a number, of any issuer, also one that was merged."""
        with self.database.read() as tx:
            if patient:
                pseudonyms, accessions = named_by(tx, self.keys, patient, None)
                wanted = replace(wanted, about=(frozenset(pseudonyms), frozenset(accessions)))
            found = audit.listed(tx, wanted, limit, offset)
        self._used("search", wanted.accession or (_any_of(found) if patient else ""))
        return found

    def verified(self) -> tuple[Verdict, list[Heads]]:
        """What is wrong with the trail, and the anchors it was held to; reads all of it."""
        anchors = [read_heads(self.heads, self.keys)] if self.heads.exists() else []
        with self.database.read() as tx:
            verdict = verify(tx, self.keys, anchors)
        self._used("verify")
        return verdict, anchors

    def disclosures(self, number: str, issuer: str | None, *, people: bool) -> list[Disclosure]:
        """To whom data of a patient went; `people`: also what persons of the house looked at."""
        with self.database.read() as tx:
            found = disclosures(tx, self.keys, number, issuer, people=people)
        self._used("disclosures", _any_of(found))
        return found

    def _used(self, how: str, accession: str = "") -> None:
        """`accession`: by which the row names the study or the patient that was asked about."""
        with self.database.write() as tx:
            audit.tell(tx, Verb.AUDIT_LOG_USED, accession, f"audit {how}")


def _any_of(found: Sequence[AuditRow | Disclosure]) -> str:
    return next((each.accession for each in found if each.accession), "")
