"""What people do with a destination: let it wait, let it go on, send again what it refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.delivery import DeliveryState
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, NotFound, TryAgain
from adapter.store import audit, deliveries, pauses, studies
from adapter.store.pauses import Pause
from adapter.workflow.study_flow import DELIVER, HOUSE, House


@dataclass(frozen=True, slots=True)
class DestinationState:
    """A destination and its queue; `known` is False where no mapping file names it any more."""

    name: str
    protocol: str
    known: bool
    pause: Pause | None
    pending: int
    held: int
    acknowledged: int
    oldest_pending_at: str


class Destinations:
    """The desk from which destinations are worked. Every act is in the history with its person."""

    def __init__(self, house: House) -> None:
        self._house = house

    def listed(self) -> list[DestinationState]:
        """Every destination of the mapping files, and those that are still owed something."""
        with self._house.database.read() as tx:
            counts = deliveries.count_by_state(tx)
            oldest = deliveries.oldest_pending(tx)
            paused = pauses.listed(tx)
        names = {*self._house.routes, *paused, *(name for name, _ in counts)}
        return [self._state(name, counts, oldest, paused) for name in sorted(names)]

    def history(self, name: str) -> list[tuple[str, str, str]]:
        """(at, event, detail) of what people did with a destination; raises NotFound."""
        self._check(name)
        with self._house.database.read() as tx:
            events = studies.events(tx, HOUSE)
        return [each for each in events if each[2].startswith(f"{name} ")]

    def pause(self, name: str, person: Practitioner, reason: str) -> None:
        """Send nothing more, beyond what is on its way; raises NotFound, or Conflict if paused."""
        self._check(name)
        with self._house.database.write() as tx:
            if not pauses.add(tx, Pause(name, self._house.now(), person.id, reason)):
                raise Conflict(f"destination {name} is paused already", code="paused")
            self._note(tx, name, "paused", f"by {person.id}: {reason}".rstrip(": "))

    def resume(self, name: str, person: Practitioner) -> None:
        """Send what has been waiting, at once; raises Conflict where it is not paused."""
        with self._house.database.write() as tx:
            if not pauses.remove(tx, name):
                raise Conflict(f"destination {name} is not paused", code="not-paused")
            deliveries.hurry(tx, name)
            self._note(tx, name, "resumed", f"by {person.id}")
            self._ask(tx, name, "resume")

    async def test(self, name: str, person: Practitioner) -> tuple[bool, str]:
        """Connect without sending a report: whether somebody answers, and who or why not."""
        self._check(name)
        try:
            answered, told = True, await self._house.routes[name].link.reach()
        except TryAgain as error:
            answered, told = False, str(error)
        await asyncio.to_thread(self._note_test, name, person, answered)
        return answered, told

    def _note_test(self, name: str, person: Practitioner, answered: bool) -> None:
        with self._house.database.write() as tx:
            self._note(tx, name, "tested", f"by {person.id}: {'ok' if answered else 'no answer'}")

    def resend(self, name: str, person: Practitioner) -> int:
        """Put every held delivery back in its place, the same bytes; how many they were."""
        self._check(name)
        with self._house.database.write() as tx:
            held = deliveries.release_all(tx, name)
            for each in held:
                detail = f"{each.delivery.kind} {each.delivery.control_id} to {name} by {person.id}"
                studies.note(
                    tx,
                    each.delivery.accession,
                    self._house.now(),
                    "delivery resend asked for",
                    detail,
                )
                what, where = f"{each.delivery.control_id} to {name}", each.delivery.accession
                audit.tell(tx, Verb.RESEND, where, what, person=person.id)
            if held:
                self._note(tx, name, "resend asked for", f"{len(held)} held, by {person.id}")
                self._ask(tx, name, "resend")
        return len(held)

    def _check(self, name: str) -> None:
        if name not in self._house.routes:
            raise NotFound(f"no mapping file names a destination {name}", code="not-found")

    def _ask(self, tx: sa.Connection, name: str, why: str) -> None:
        moment = int(self._house.clock.now().timestamp() * 1e6)
        self._house.jobs.put(tx, DELIVER, f"{name}/{why}-{moment}/0", lane=name)

    def _note(self, tx: sa.Connection, name: str, event: str, detail: str) -> None:
        studies.note(tx, HOUSE, self._house.now(), f"destination {event}", f"{name} {detail}")
        audit.tell(tx, Verb.CONFIGURE, "", f"destination {name} {event}", detail)

    def _state(
        self,
        name: str,
        counts: dict[tuple[str, str], int],
        oldest: dict[str, str],
        paused: dict[str, Pause],
    ) -> DestinationState:
        route = self._house.routes.get(name)
        pending, held, done = (
            counts.get((name, state), 0)
            for state in (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.ACKNOWLEDGED)
        )
        return DestinationState(
            name=name,
            protocol=route.profile.protocol if route else "",
            known=route is not None,
            pause=paused.get(name),
            pending=pending,
            held=held,
            acknowledged=done,
            oldest_pending_at=oldest.get(name, ""),
        )
