"""One FIFO a destination: one message in flight, the same bytes until it is acknowledged."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
import structlog

from adapter.clock import backoff
from adapter.domain.audit import Outcome as Ended
from adapter.domain.audit import Verb
from adapter.domain.delivery import Answer, DeliveryState, Outcome
from adapter.domain.people import Practitioner
from adapter.errors import Conflict, TryAgain
from adapter.observability.traces import Step
from adapter.store import audit, deliveries, pauses, studies
from adapter.store.deliveries import OwedDelivery
from adapter.workflow.study_flow import DELIVER, House

log = structlog.get_logger()

_MOST_IN_ONE_JOB = 200


class Deliveries:
    """Sends what is owed. Any deliver job drains its destination's queue from the head."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def deliver(self, key: str) -> None:
        """Job: send the head of a destination's queue until it is empty or the link fails."""
        destination = key.split("/", 1)[0]
        if destination not in self._house.routes:
            log.warning("destination_unknown", destination=destination)
            return
        for _ in range(_MOST_IN_ONE_JOB):
            owed = await asyncio.to_thread(self._head, destination)
            if owed is None:
                return
            early = owed.not_before - self._house.clock.now().timestamp()
            if 0 < early <= self._house.retry_cap:  # later than that: the clock was set back
                if key == retry_key(owed):
                    raise TryAgain("not due yet", after=early)
                return  # the head has its own delayed job, which will drain what waits behind it
            if not await self._send(owed):
                return
        raise TryAgain("more is waiting", after=0.0)

    async def _send(self, owed: OwedDelivery) -> bool:
        """Whether the queue may go on."""
        one = owed.delivery
        told = {"destination": one.destination, "kind": one.kind.value, "attempt": one.attempts + 1}
        with self._house.traces.step("deliver", one.accession, **told) as step:
            return await self._sent(owed, step)

    async def _sent(self, owed: OwedDelivery, step: Step) -> bool:
        link = self._house.routes[owed.delivery.destination].link
        try:
            with step.part("acknowledgement") as part:
                answer = await link.send(owed.delivery)
                part.tell("outcome", answer.outcome.value)
        except TryAgain as error:
            answer = Answer(Outcome.RETRY, "", str(error))
            await asyncio.to_thread(self._retry, owed, answer, error.after)
            return False
        if answer.outcome is Outcome.RETRY:
            await asyncio.to_thread(self._retry, owed, answer, None)
            return False
        await asyncio.to_thread(self._settle, owed, answer)
        return True

    def resend(self, control_id: str, person: Practitioner | None = None) -> None:
        """Put a held delivery back in its place; raises Conflict when it is not held."""
        with self._house.database.write() as tx:
            owed = deliveries.release(tx, control_id)
            if owed.delivery.state is not DeliveryState.HELD:
                raise Conflict(f"the delivery is {owed.delivery.state}, not held", code="not-held")
            self._note(tx, owed, "resend asked for", f"by {person.id}" if person else "")
            asker = person.id if person else ""
            audit.tell(tx, Verb.RESEND, owed.delivery.accession, _named(owed), person=asker)
            lane = owed.delivery.destination
            key = f"{lane}/{owed.id}/release-{owed.delivery.attempts}"
            self._house.jobs.put(tx, DELIVER, key, lane=lane)

    def _head(self, destination: str) -> OwedDelivery | None:
        """The next to send; None where there is none, or where the destination is paused."""
        with self._house.database.read() as tx:
            paused = pauses.of(tx, destination) is not None
            return None if paused else deliveries.head(tx, destination)

    def _settle(self, owed: OwedDelivery, answer: Answer) -> None:
        accepted = answer.outcome is Outcome.ACCEPTED
        state = DeliveryState.ACKNOWLEDGED if accepted else DeliveryState.HELD
        with self._house.database.write() as tx:
            done = deliveries.settle(
                tx,
                owed.id,
                state=state,
                answer=answer.code,
                answer_text=answer.text[:2000],
                answered_at=self._house.now(),
            )
            if done:
                self._note(tx, owed, state.value, f"{answer.code} {answer.text}"[:500].strip())
                ended = Ended.SUCCESS if accepted else Ended.SERIOUS_FAILURE
                where = owed.delivery.accession
                audit.tell(tx, Verb.SEND, where, _named(owed), answer.code, outcome=ended)

    def _retry(self, owed: OwedDelivery, answer: Answer, after: float | None) -> None:
        house = self._house
        attempt = owed.delivery.attempts
        if after is None:
            wait = backoff(attempt, house.retry_base, house.retry_cap)
        else:
            wait = min(after, house.retry_cap)
        log.info("delivery_again", destination=owed.delivery.destination, wait_s=wait)
        with house.database.write() as tx:
            done = deliveries.settle(
                tx,
                owed.id,
                state=DeliveryState.PENDING,
                answer=answer.code,
                answer_text=answer.text[:2000],
                not_before=house.clock.now().timestamp() + wait,
            )
            if done:
                lane = owed.delivery.destination
                key = f"{lane}/{owed.id}/{attempt + 1}"
                house.jobs.put(tx, DELIVER, key, lane=lane, delay=wait)

    def _note(self, tx: sa.Connection, owed: OwedDelivery, event: str, answer: str = "") -> None:
        detail = f"{_named(owed)} {answer}".strip()
        studies.note(tx, owed.delivery.accession, self._house.now(), f"delivery {event}", detail)


def _named(owed: OwedDelivery) -> str:
    one = owed.delivery
    return f"{one.kind} {one.control_id} to {one.destination}"


def retry_key(owed: OwedDelivery) -> str:
    """The key of the delayed job that waits for this head."""
    return f"{owed.delivery.destination}/{owed.id}/{owed.delivery.attempts}"
