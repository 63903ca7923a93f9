"""Who may see which study, and breaking glass: one that is restricted opened for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from adapter.acting import acting
from adapter.domain.access import EVERYTHING, Sight
from adapter.domain.audit import Verb
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, Rejected
from adapter.mapping.access import AccessRules
from adapter.ports import Clock
from adapter.store import audit, broken_glass, sight, studies
from adapter.store.broken_glass import BrokenGlass
from adapter.store.database import Database
from adapter.workflow.study_flow import iso

EVENT = "glass broken"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StudyAccess:
    """The rules of one house; `minutes`: how long a study stays open once glass is broken."""

    database: Database
    clock: Clock
    rules: AccessRules = field(default_factory=AccessRules)
    minutes: float = 60.0

    def labels_by(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """Labels that a login gives by its claims, for its session to keep."""
        return tuple(sorted(self.rules.by_claims(claims)))

    def sight_of(self, labels: frozenset[str], person: str = "") -> Sight:
        """Which studies somebody may be shown who may see these labels."""
        if not self.rules.are_there:
            return EVERYTHING
        opened = self.standing(person) if person else []
        return self.rules.sight(labels, {each.accession: each.until for each in opened})

    def standing(self, person: str) -> list[BrokenGlass]:
        """What this person has opened and still sees."""
        if not self.rules.are_there:
            return []
        with self.database.read() as tx:
            return broken_glass.standing(tx, person, iso(self.clock.now()))

    def offers(self, tx: sa.Connection, accession: str) -> bool:
        """Whether a study is there that the caller sees only by breaking glass."""
        labels = sight.labels_of(tx, accession)
        if labels is None or sight.may_see(tx, accession):
            return False
        return self.rules.may_be_opened(self._beyond(labels))

    def open(self, person: Practitioner, accession: str, reason: str, detail: str) -> BrokenGlass:
        """Open a study for the caller, who is this person, from now on.

        Raises NotFound where there is none or the rules do not allow it, Conflict where it can be
        seen without, Rejected for a reason that is not listed.
        """
        if reason not in self.rules.break_glass_reasons:
            raise Rejected("choose one of the reasons", location="/reason", code="reason")
        now = self.clock.now()
        until = iso(now + timedelta(minutes=self.minutes))
        made = BrokenGlass(person.id, accession, reason, detail, iso(now), until)
        with self.database.write() as tx:
            labels = sight.labels_of(tx, accession)
            if labels is None:
                raise sight.no_study(accession)
            if sight.may_see(tx, accession):
                raise Conflict("you can open this study already", code="open")
            if not self.rules.may_be_opened(self._beyond(labels)):
                raise sight.no_study(accession)
            broken_glass.add(tx, made)
            why = f"{reason}: {detail} (until {until})" if detail else f"{reason} (until {until})"
            studies.note(tx, accession, made.at, EVENT, f"by {person.id}, {reason}")
            audit.tell(tx, Verb.BREAK_GLASS, accession, "study", why, person=person.id)
        return made

    def close(self, person: Practitioner, accession: str) -> None:
        """End it before its time; nothing where it is not open."""
        now = iso(self.clock.now())
        with self.database.write() as tx:
            if broken_glass.end(tx, person.id, accession, now):
                audit.tell(tx, Verb.MEND_GLASS, accession, "study", person=person.id)

    def relabel(self) -> tuple[int, int]:
        """Give every study the labels of the rules as they are now; (studies, changed ones)."""
        seen, changed, after = 0, 0, ""
        while True:
            with self.database.write() as tx:
                group = sight.labelled(tx, after, _AT_ONCE)
                told: dict[str, tuple[str, ...]] = {
                    order.accession: labels
                    for order, known in group
                    if (labels := self.rules.labels_of(order)) != known
                }
                sight.relabel(tx, told)
                seen, changed = seen + len(group), changed + len(told)
                if len(group) < _AT_ONCE:
                    what = f"access labels: {changed} of {seen} studies changed"
                    audit.tell(tx, Verb.CONFIGURE, "", what)
                    return seen, changed
            after = group[-1][0].accession

    @staticmethod
    def _beyond(labels: tuple[str, ...]) -> set[str]:
        """Those of the labels that hide a study from the caller."""
        return set(labels) - (acting().sight.labels or set())
