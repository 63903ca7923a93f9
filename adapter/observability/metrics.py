"""Prometheus metrics, counted from the tables at each scrape; no accession, no patient data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.domain.ai_ledger import Fate
from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.observability.families import by, counter, gauge
from adapter.ports import Clock
from adapter.store import (
    ai_alerts,
    ai_daily,
    alerts,
    broken_glass,
    deliveries,
    dictations,
    links,
    messages,
    model_calls,
    owed_answers,
    pauses,
    studies,
)
from adapter.store.database import Database
from adapter.store.disk import Disk

_NOTICEABLE_S = 0.05
_SHARE = 99  # times as long as the counting took, its result serves
_AI_DAYS = timedelta(days=30)


class TableMetrics(Collector):
    """What the tables hold and how long the oldest of each queue has waited.

    Counting takes longer the more is stored; where it is noticeable, the last counts serve until
    no more than a hundredth of the time goes into counting.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._last: list[Metric] = []
        self._serves_until = 0.0

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not read the tables to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All gauges."""
        began = self._seconds()
        if not self._last or began >= self._serves_until:
            self._last = list(self._counted())
            done = self._seconds()
            noticeable = done - began > _NOTICEABLE_S
            self._serves_until = done + _SHARE * (done - began) if noticeable else done
        yield from self._last

    def _counted(self) -> Iterator[Metric]:
        """From one read of the tables."""
        with self._database.read() as tx:
            yield by("readout_messages", "Messages received", "state", messages.count_by_state(tx))
            yield by("readout_studies", "Studies", "report_status", studies.count_by_status(tx))
            yield by("readout_dictations", "Dictations", "state", dictations.count_by_state(tx))
            yield _deliveries(tx)
            yield _pauses(tx)
            yield _links(tx)
            yield _alerts(tx)
            yield _outgoing(tx)
            owed = owed_answers.count_by_listener(tx)
            yield by("readout_answers_owed", "Application ACKs not given yet", "listener", owed)
            yield _glass(tx)
            yield from self._waits(tx)

    def _waits(self, tx: sa.Connection) -> Iterator[Metric]:
        waits = {
            "intake": self._age(messages.oldest_waiting(tx)),
            "transcribe": self._age(dictations.oldest_untranscribed(tx)),
        }
        yield by("readout_queue_wait_seconds", "Age of the oldest entry", "queue", waits)
        owed = {name: self._age(since) for name, since in deliveries.oldest_pending(tx).items()}
        what = "Age of the oldest pending delivery"
        yield by("readout_delivery_wait_seconds", what, "destination", owed)

    def _age(self, since: str | None) -> float:
        if since is None:
            return 0.0
        return max(0.0, (self._clock.now() - datetime.fromisoformat(since)).total_seconds())


class AiMetrics(Collector):
    """AI models against the reports of the last 30 days, from sums that are kept by day."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not read the tables to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Fates, agreement, misses and drift by model, version and mode."""
        today = self._clock.now().date()
        since, end = today - _AI_DAYS, today + timedelta(days=1)
        with self._database.read() as tx:
            found = ai_daily.sums(tx, since.isoformat(), end.isoformat(), (ai_daily.ALL,))
            drifting = ai_alerts.standing(tx)
        names = ("model", "version", "mode")
        fates = (([*s.series, fate.value], getattr(s, fate)) for s in found for fate in Fate)
        what = "AI findings of 30 days by their fate in the signed report"
        yield gauge("readout_ai_findings", what, (*names, "fate"), fates)
        shares = ((s.series, s.concordant / s.settled) for s in found if s.settled)
        what = "Share of 30 days' settled AI findings that the report agrees with"
        yield gauge("readout_ai_agreement", what, names, shares)
        stated = (
            (s.series, s.miss / (s.miss + s.confirmed)) for s in found if s.miss + s.confirmed
        )
        what = "Share of findings of 30 days' reports, within its scope, that the model missed"
        yield gauge("readout_ai_missed", what, names, stated)
        what = "1 where a model's agreement is worse or better than its baseline"
        rows = (([*series, way], 1.0) for series, way in sorted(drifting.items()))
        yield gauge("readout_ai_drift", what, (*names, "way"), rows)


@dataclass(frozen=True, slots=True)
class NodeState:
    """What a node knows of itself, asked at each scrape.

    `checks`: by name whether this part of it works; `audit`: what is wrong with the audit trail,
    empty where nothing is; `disks` that hold what was taken; `unmoved`: recordings that wait for
    their bucket; `resting`: by model call whether it counts as down; `ai_modes`: of AI sources.
    """

    feeds: Callable[[], Sequence[FeedState]] = tuple
    certificates: Callable[[], Sequence[CertificateExpiry]] = tuple
    handshakes: Callable[[], Sequence[FailedHandshakes]] = tuple
    checks: Callable[[], Mapping[str, bool]] = dict
    audit: Callable[[], Mapping[str, str]] = dict
    disks: Sequence[Disk] = ()
    unmoved: Callable[[], int] = int
    resting: Callable[[], Mapping[str, bool]] = dict
    ai_modes: Callable[[], Mapping[str, str]] = dict


class NodeMetrics(Collector):
    """Whether a node works, its room, its audit trail; the silence of feeds; its links' TLS."""

    def __init__(self, state: NodeState) -> None:
        self._state = state

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not ask to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        state = self._state
        works = {name: float(good) for name, good in state.checks().items()}
        yield by("readout_works", "1 where a part of the node works", "check", works)
        troubles = {name: float(bool(trouble)) for name, trouble in state.audit().items()}
        yield by("readout_audit_trouble", "1 where the audit trail is not whole", "what", troubles)
        yield from _disks(state.disks)
        unmoved = [((), float(state.unmoved()))]
        what = "Recordings on this node that are not in the audio store yet"
        yield gauge("readout_audio_unmoved", what, (), unmoved)
        rests = {name: float(down) for name, down in state.resting().items()}
        what = "1 where a model failed too often in a row, and rests between tries"
        yield by("readout_model_rests", what, "call", rests)
        modes = ((pair, 1.0) for pair in sorted(state.ai_modes().items()))
        what = "1: what the findings of an AI source may do, by its file and what people have set"
        yield gauge("readout_ai_source_mode", what, ["source", "mode"], modes)
        yield from _feeds(state.feeds())
        yield from _certificates(state.certificates())
        failed = (([each.owner, each.reason], each.count) for each in state.handshakes())
        what = "TLS handshakes that came to nothing"
        yield counter("readout_tls_handshakes_failed", what, ["owner", "reason"], failed)


def make_registry(
    database: Database, clock: Clock, state: NodeState | None = None
) -> CollectorRegistry:
    """The metrics of one node: its tables, what it knows of itself, and its process."""
    registry = CollectorRegistry()
    registry.register(TableMetrics(database, clock))
    registry.register(AiMetrics(database, clock))
    registry.register(NodeMetrics(state or NodeState()))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _disks(disks: Sequence[Disk]) -> Iterator[Metric]:
    """Bytes that are free, whether they are too few, and whether nothing can be written."""
    free = {each.name: float(each.free_bytes()) for each in disks}
    yield by("readout_disk_free_bytes", "Room left on a disk", "disk", free)
    low = {each.name: float(each.is_low) for each in disks}
    yield by("readout_disk_low", "1 where a disk has too little room", "disk", low)
    full = {each.name: float(bool(each.trouble())) for each in disks}
    yield by("readout_disk_full", "1 where a disk takes nothing more", "disk", full)


def _feeds(states: Sequence[FeedState]) -> Iterator[Metric]:
    """How long the senders that are expected to speak have been silent."""
    names = ["listener", "sender"]
    since = (([each.listener, each.sender], each.silent_seconds) for each in states)
    yield gauge("readout_feed_silence_seconds", "Time since a feed last spoke", names, since)
    silent = (([each.listener, each.sender], float(each.silent)) for each in states)
    yield gauge("readout_feed_silent", "1 where a feed is silent for too long", names, silent)


def _certificates(states: Sequence[CertificateExpiry]) -> Iterator[Metric]:
    names = ["owner", "file"]
    left = (([each.owner, each.file], each.seconds_left) for each in states)
    yield gauge("readout_certificate_valid_seconds", "Time until a certificate ends", names, left)
    soon = (([each.owner, each.file], float(each.soon)) for each in states)
    what = "1 where a certificate is to be renewed"
    yield gauge("readout_certificate_ends_soon", what, names, soon)


def _deliveries(tx: sa.Connection) -> Metric:
    rows = sorted(deliveries.count_by_state(tx).items())
    what = "Deliveries by destination and state"
    return gauge("readout_deliveries", what, ["destination", "state"], rows)


def _glass(tx: sa.Connection) -> Metric:
    what = "How often glass was broken for a restricted study"
    return CounterMetricFamily("readout_glass_broken", what, broken_glass.count(tx))


def _pauses(tx: sa.Connection) -> Metric:
    rows = (([destination], 1.0) for destination in pauses.listed(tx))
    what = "1 where somebody let a destination wait"
    return gauge("readout_destination_paused", what, ["destination"], rows)


def _links(tx: sa.Connection) -> Metric:
    rows = (([each.kind, each.name], float(bool(each.away_since))) for each in links.listed(tx))
    what = "1 where an archive, FHIR server, issuer or audio store did not answer the last try"
    return gauge("readout_link_away", what, ["kind", "name"], rows)


def _alerts(tx: sa.Connection) -> Metric:
    rows = sorted(alerts.count_by_state(tx).items())
    what = "Flags of quality checks by their fate"
    return gauge("readout_alerts", what, ["check", "state"], rows)


def _outgoing(tx: sa.Connection) -> Metric:
    rows = sorted(model_calls.count_by_state(tx).items())
    what = "Payloads for models by call and state; stopped: an identifier was found, nothing left"
    return gauge("readout_outgoing_payloads", what, ["call", "state"], rows)
