"""Metric families from rows of (values of the labels, value)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Rows = Iterable[tuple[Sequence[str], float]]


def gauge(name: str, what: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A value that goes up and down."""
    return _filled(GaugeMetricFamily(name, what, labels=labels), rows)


def counter(name: str, what: str, labels: Sequence[str], rows: Rows) -> Metric:
    """A count since the start; Prometheus sees `name`_total."""
    return _filled(CounterMetricFamily(name, what, labels=labels), rows)


def by(name: str, what: str, label: str, counts: Mapping[str, float]) -> Metric:
    """A gauge with one label."""
    rows = (([value], count) for value, count in sorted(counts.items()))
    return gauge(name, f"{what} by {label}", [label], rows)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, rows: Rows) -> Metric:
    for values, value in rows:
        family.add_metric(values, value)
    return family
