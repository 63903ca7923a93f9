"""Prometheus metrics, counted from the tables at each scrape; no accession, no patient data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.domain.ai_ledger import Fate
from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.ports import Clock
from adapter.store import (
    ai_alerts,
    ai_daily,
    alerts,
    deliveries,
    dicom_sources,
    dictations,
    fhir_sources,
    messages,
    model_calls,
    owed_answers,
    pauses,
    studies,
)
from adapter.store.database import Database

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
            yield _by("readout_messages", "Messages received", "state", messages.count_by_state(tx))
            yield _by("readout_studies", "Studies", "report_status", studies.count_by_status(tx))
            yield _by("readout_dictations", "Dictations", "state", dictations.count_by_state(tx))
            yield _deliveries(tx)
            yield _pauses(tx)
            yield _sources(tx)
            yield _archives(tx)
            yield _alerts(tx)
            yield _outgoing(tx)
            owed = owed_answers.count_by_listener(tx)
            yield _by("readout_answers_owed", "Application ACKs not given yet", "listener", owed)
            yield from self._waits(tx)

    def _waits(self, tx: sa.Connection) -> Iterator[Metric]:
        wait = GaugeMetricFamily(
            "readout_queue_wait_seconds", "Age of the oldest entry of a queue", labels=["queue"]
        )
        wait.add_metric(["intake"], self._age(messages.oldest_waiting(tx)))
        wait.add_metric(["transcribe"], self._age(dictations.oldest_untranscribed(tx)))
        yield wait
        owed = GaugeMetricFamily(
            "readout_delivery_wait_seconds",
            "Age of the oldest pending delivery of a destination",
            labels=["destination"],
        )
        for destination, issued_at in deliveries.oldest_pending(tx).items():
            owed.add_metric([destination], self._age(issued_at))
        yield owed

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
        yield _gauge("readout_ai_findings", what, (*names, "fate"), fates)
        shares = ((s.series, s.concordant / s.settled) for s in found if s.settled)
        what = "Share of 30 days' settled AI findings that the report agrees with"
        yield _gauge("readout_ai_agreement", what, names, shares)
        stated = (
            (s.series, s.miss / (s.miss + s.confirmed)) for s in found if s.miss + s.confirmed
        )
        what = "Share of findings of 30 days' reports, within its scope, that the model missed"
        yield _gauge("readout_ai_missed", what, names, stated)
        what = "1 where a model's agreement is worse or better than its baseline"
        rows = (([*series, way], 1.0) for series, way in sorted(drifting.items()))
        yield _gauge("readout_ai_drift", what, (*names, "way"), rows)


class FeedMetrics(Collector):
    """How long the senders that are expected to speak have been silent."""

    def __init__(self, feeds: Callable[[], Sequence[FeedState]]) -> None:
        self._feeds = feeds

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not ask to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Seconds of silence, and whether they are too many."""
        names = ["listener", "sender"]
        since = GaugeMetricFamily(
            "readout_feed_silence_seconds", "Time since a feed last spoke", labels=names
        )
        silent = GaugeMetricFamily(
            "readout_feed_silent", "1 where a feed is silent for too long", labels=names
        )
        for each in self._feeds():
            since.add_metric([each.listener, each.sender], each.silent_seconds)
            silent.add_metric([each.listener, each.sender], float(each.silent))
        yield from (since, silent)


class LinkMetrics(Collector):
    """How long certificates are still valid, and what came of TLS handshakes."""

    def __init__(
        self,
        certificates: Callable[[], Sequence[CertificateExpiry]],
        handshakes: Callable[[], Sequence[FailedHandshakes]],
    ) -> None:
        self._certificates, self._handshakes = certificates, handshakes

    def describe(self) -> list[Metric]:
        """Nothing: the registry need not ask to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Seconds until the end, whether it is near, and failures by reason."""
        names = ["owner", "file"]
        left = GaugeMetricFamily(
            "readout_certificate_valid_seconds", "Time until a certificate ends", labels=names
        )
        soon = GaugeMetricFamily(
            "readout_certificate_ends_soon", "1 where a certificate is to be renewed", labels=names
        )
        for each in self._certificates():
            left.add_metric([each.owner, each.file], each.seconds_left)
            soon.add_metric([each.owner, each.file], float(each.soon))
        failed = CounterMetricFamily(
            "readout_tls_handshakes_failed",
            "TLS handshakes that came to nothing",
            labels=["owner", "reason"],
        )
        for other in self._handshakes():
            failed.add_metric([other.owner, other.reason], other.count)
        yield from (left, soon, failed)


def make_registry(
    database: Database,
    clock: Clock,
    feeds: Callable[[], Sequence[FeedState]] = tuple,
    certificates: Callable[[], Sequence[CertificateExpiry]] = tuple,
    handshakes: Callable[[], Sequence[FailedHandshakes]] = tuple,
) -> CollectorRegistry:
    """The metrics of one node: its tables, its feeds and links, and its process."""
    registry = CollectorRegistry()
    registry.register(TableMetrics(database, clock))
    registry.register(AiMetrics(database, clock))
    registry.register(FeedMetrics(feeds))
    registry.register(LinkMetrics(certificates, handshakes))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _gauge(
    name: str, what: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    """A gauge of (values of its labels, value)."""
    family = GaugeMetricFamily(name, what, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _by(name: str, what: str, label: str, counts: dict[str, int]) -> Metric:
    rows = (([value], count) for value, count in sorted(counts.items()))
    return _gauge(name, f"{what} by {label}", [label], rows)


def _deliveries(tx: sa.Connection) -> Metric:
    rows = sorted(deliveries.count_by_state(tx).items())
    what = "Deliveries by destination and state"
    return _gauge("readout_deliveries", what, ["destination", "state"], rows)


def _pauses(tx: sa.Connection) -> Metric:
    rows = (([destination], 1.0) for destination in pauses.listed(tx))
    what = "1 where somebody let a destination wait"
    return _gauge("readout_destination_paused", what, ["destination"], rows)


def _sources(tx: sa.Connection) -> Metric:
    rows = (([each.name], float(bool(each.problem))) for each in fhir_sources.states(tx))
    what = "1 where the last search of a FHIR server for orders failed"
    return _gauge("readout_fhir_source_fails", what, ["source"], rows)


def _archives(tx: sa.Connection) -> Metric:
    rows = (([each.name], float(bool(each.problem))) for each in dicom_sources.states(tx))
    what = "1 where an archive could not be asked for structured reports"
    return _gauge("readout_dicom_source_fails", what, ["source"], rows)


def _alerts(tx: sa.Connection) -> Metric:
    rows = sorted(alerts.count_by_state(tx).items())
    what = "Flags of quality checks by their fate"
    return _gauge("readout_alerts", what, ["check", "state"], rows)


def _outgoing(tx: sa.Connection) -> Metric:
    rows = sorted(model_calls.count_by_state(tx).items())
    what = "Payloads for models by call and state; stopped: an identifier was found, nothing left"
    return _gauge("readout_outgoing_payloads", what, ["call", "state"], rows)
