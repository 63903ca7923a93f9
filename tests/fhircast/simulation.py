"""A hub, a viewer and our workspace over a network that loses, doubles, delays and reorders.

Time is the simulation's; what decides is the real hub, the real follower and the real workflow on a
real database, with real live dictation (audio only).
"""

from __future__ import annotations

import asyncio
import heapq
import json
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.fhircast.context import Effect, Fetch, Follow, OutOfStep, Post, Refused, Shared
from adapter.fhircast.event import Event
from adapter.fhircast.findings import is_ours
from adapter.fhircast.follower import Follower, Rules
from adapter.fhircast.frames import read_frame
from adapter.fhircast.hub import Busy, Deliver, Hub, Output
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import contexts, dictations
from adapter.store.database import Database
from adapter.store.live_audio import LiveAudio
from adapter.workflow.contexts import Contexts
from adapter.workflow.live_dictation import LiveDictations
from adapter.workflow.live_session import LiveSession
from tests.fakes.house import Workflow
from tests.fhircast.samples import at, closing, observation, opening, put, update

STUDIES = 12
SEAT = Seat("h", "t")
EPISODE = 25
QUIET_S = 25.0


class World:
    """Everything, driven by a heap of what happens next."""

    def __init__(self, folder: Path, database: Database, seed: int, policy: str) -> None:
        self.random = Random(seed)
        self.bad = True  # whether the network is
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.time = 0.0
        self.changes = 0
        self.flow = Workflow(database, folder)
        self.loop = asyncio.new_event_loop()
        audio = LiveAudio(folder / "live", 16_000)
        self.live = LiveDictations(self.flow.house, self.flow.dictations, audio, None)
        profile = FhircastHub.model_validate(
            {"name": "h", "url": "http://h", "while_dictating": policy}
        )
        self.contexts = Contexts(self.flow.house, {"h": profile}, self.live.speaking)
        self.hub = Hub()
        # no look now and then: events and doubts alone have to do
        self.follower = Follower(Rules(is_ours=is_ours, refetch_after=0.0))
        self.endpoint = ""
        self.session: tuple[LiveSession, int] | None = None
        self.shown_wrongly: list[str] = []
        self.disagreements: list[str] = []
        for number in range(STUDIES):
            patient = Patient(Phi(f"SYN{number}"), "SYN")
            self.flow.order(f"A{number}", patient=patient, study_uid=f"1.2.3.{number}")
        with database.write() as tx:
            contexts.join(tx, *SEAT, "node-1", "", "2026-01-01T00:00:00.000+00:00")
        self.connect()
        self.every(0.5, lambda: self.do(self.follower.tick))
        self.every(0.5, lambda: self.put(self.hub.tick(self.now)))
        self.every(1.0, self.look)

    @property
    def now(self) -> datetime:
        return at(self.time)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (self.time + seconds, next(self._order), action))

    def every(self, seconds: float, action: Callable[[], None]) -> None:
        def again() -> None:
            action()
            self.later(seconds, again)

        self.later(seconds, again)

    def run(self, until: float) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.time, _, action = heapq.heappop(self._heap)
            action()
        self.time = until

    def chance(self, share: float) -> bool:
        return self.bad and self.random.random() < share

    def delay(self) -> float:
        return self.random.uniform(0.0, 1.5) if self.bad else 0.01

    # --- the network

    def connect(self) -> None:
        if self.chance(0.2):  # the hub does not answer
            self.later(1.0, self.connect)
            return
        events = "DiagnosticReport-open,DiagnosticReport-close,DiagnosticReport-update,SyncError"
        form = {"hub.mode": "subscribe", "hub.topic": "t", "hub.events": events}
        try:
            self.endpoint, _ = self.hub.subscribe(form, self.now)
        except Busy:
            self.later(1.0, self.connect)
            return
        self.put(self.hub.connected(self.endpoint, self.now))
        self.do(self.follower.joined)

    def disconnect(self) -> None:
        if self.endpoint:
            endpoint, self.endpoint = self.endpoint, ""
            self.put(self.hub.closed(endpoint, 1006, self.now))
            self.later(self.random.uniform(0.1, 5.0), self.connect)

    def put(self, outputs: list[Output]) -> None:
        """What the hub sends to us, as the network delivers it."""
        for each in outputs:
            if each.endpoint != self.endpoint:
                continue
            if not isinstance(each, Deliver):
                self.disconnect()
                continue
            for _ in range(2 if self.chance(0.15) else 1):
                self.later(self.delay(), self._arrives(each))

    def _arrives(self, each: Deliver) -> Callable[[], None]:
        def arrive() -> None:
            if each.endpoint != self.endpoint:
                return  # that connection has gone, and what was under way with it
            frame = read_frame(each.text, {})
            if isinstance(frame, Event):
                status = self.do(lambda now: self.follower.receive(frame, now))
                text = json.dumps({"id": frame.id, "status": status})
                self.later(self.delay(), lambda: self._ack(each.endpoint, text))

        return arrive

    def _ack(self, endpoint: str, text: str) -> None:
        self.put(self.hub.received(endpoint, text, self.now))

    def post(self, event: Event) -> None:
        """Our event on its way to the hub, and its answer back."""
        event = replace(event, topic="t")

        def reach() -> None:
            status: int | None = 202
            if self.chance(0.1):
                status = None
            else:
                try:
                    self.put(self.hub.publish(event, self.now))
                except Rejected as error:
                    status = error.http_status
            if self.chance(0.1):
                status = None  # it was taken, but the answer is lost
            told = status
            self.later(
                self.delay(),
                lambda: self._do(lambda now: self.follower.answered(event.id, told, now)),
            )

        self.later(self.delay(), reach)

    def fetch(self, number: int) -> None:
        def reach() -> None:
            answer: Any = None if self.chance(0.1) else self.hub.current("t")
            self.later(
                self.delay(),
                lambda: self._do(lambda now: self.follower.fetched(answer, number, now)),
            )

        self.later(self.delay(), reach)

    # --- our side

    def _do(self, change: Callable[[datetime], list[Effect]]) -> None:
        self.do(change)

    def do(self, change: Callable[[datetime], list[Effect]]) -> int:
        status = 200
        for effect in change(self.now):
            if isinstance(effect, Follow):
                status = self.follow(effect)
            elif isinstance(effect, Post):
                self.post(effect.event)
            elif isinstance(effect, Fetch):
                self.fetch(effect.number)
            elif isinstance(effect, Shared):
                self.contexts.shared(SEAT, effect.context, effect.change)
            elif isinstance(effect, OutOfStep):
                self.contexts.out_of_step(SEAT, effect.about)
            elif isinstance(effect, Refused):
                self.contexts.refused(SEAT, effect.reason)
        return status

    def follow(self, effect: Follow) -> int:
        before, held = self.shown, self.contexts.speaking()
        status = self.contexts.follow(SEAT, effect.context)
        wanted = f"A{effect.context.id[1:]}" if effect.context else ""
        if self.shown not in (wanted, before if before in held else wanted):
            self.shown_wrongly.append(f"{self.shown} for {wanted}")
        return status

    @property
    def shown(self) -> str:
        row = self.contexts.row(SEAT)
        assert row is not None
        return row.accession

    def look(self) -> None:
        if self.contexts.is_waiting(SEAT):
            self.do(self.follower.ask_again)

    def begin_dictation(self) -> None:
        """Into the study that the workspace shows at this moment, as a person does."""
        if self.session is None and self.shown:
            accession = Accession(self.shown)
            self.session = self.loop.run_until_complete(self.live.attach(accession, None, "dr"))

    def say(self) -> None:
        """Samples whose value is the number of the study into which they are spoken."""
        if self.session is not None:
            session, holder = self.session
            pcm = int(session.accession[1:]).to_bytes(2, "little") * 160
            self.loop.run_until_complete(session.append(holder, session.have, pcm))

    def end_dictation(self) -> None:
        if self.session is not None:
            session, _ = self.session
            self.session = None
            self.loop.run_until_complete(self.live.stop(session))

    # --- what happens

    def viewer_changes(self) -> None:
        """Another application, whose clock is not ours, opens, closes or measures."""
        number, skew = self.random.randrange(STUDIES), self.random.uniform(-3, 3)
        self.changes += 1
        roll = self.random.random()
        try:
            if roll < 0.75:
                self.put(self.hub.publish(opening(number, self.time + skew), self.now))
            else:
                self.put(self.hub.publish(closing(number, self.time + skew), self.now))
        except Rejected:
            self.changes -= 1

    def viewer_measures(self) -> None:
        told = self.hub.current("t")
        if told["context"]:
            number = int(told["context"][0]["resource"]["id"][1:])
            measured = put(observation(f"m{self.random.randrange(3)}", f"Nodule of A{number}"))
            event = update(number, told["context.versionId"], measured, seconds=self.time)
            self.put(self.hub.publish(event, self.now))

    def we_change(self) -> None:
        number = self.random.randrange(STUDIES)
        self.changes += 1
        event = opening(number) if self.random.random() < 0.8 else closing(number)
        self.do(lambda now: self.follower.publish(event, now))

    def live_through(self, changes: int) -> None:
        """So many changes of the context; now and then it is quiet, and all must agree."""
        while self.changes < changes:
            self.bad = True
            self._trouble(self.changes + EPISODE)
            if self.random.random() < 0.5:  # what happens while nobody listens is missed
                self.disconnect()
                self.viewer_changes()
            self.bad = False
            self.end_dictation()
            self.run(self.time + QUIET_S)
            if self.shown != self.hub_shows():
                self.disagreements.append(f"{self.shown} for {self.hub_shows()} at {self.time:.0f}")

    def _trouble(self, changes: int) -> None:
        actions = [
            (0.55, self.viewer_changes),
            (0.25, self.we_change),
            (0.10, self.viewer_measures),
            (0.06, self.disconnect),
            (0.12, self.begin_dictation),
            (0.20, self.say),
            (0.12, self.end_dictation),
        ]
        while self.changes < changes:
            self.run(self.time + self.random.expovariate(1.0))
            for share, action in actions:
                if self.random.random() < share:
                    action()

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    # --- what must hold

    def hub_shows(self) -> str:
        elements = self.hub.current("t")["context"]
        return f"A{elements[0]['resource']['id'][1:]}" if elements else ""

    def mixed_dictations(self) -> list[str]:
        """Dictations that hold samples spoken into another study."""
        wrong, seen = [], 0
        for number in range(STUDIES):
            with self.flow.database.read() as tx:
                made = dictations.of_study(tx, f"A{number}")
            for each in made:
                body = self.flow.house.audio.path(each.audio_sha256).read_bytes()
                with wave.open(BytesIO(body)) as sound:
                    samples = sound.readframes(sound.getnframes())
                seen += 1
                spoken = {samples[at : at + 2] for at in range(0, len(samples), 2)}
                if spoken != {number.to_bytes(2, "little")}:
                    wrong.append(f"{each.id} of A{number}")
        assert seen > 0
        return wrong
