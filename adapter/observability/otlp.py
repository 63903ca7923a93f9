"""Traces to an OpenTelemetry receiver: OTLP over HTTP, protobuf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from adapter import __version__
from adapter.observability.traces import Step, Told, Traces, root_id, trace_id

_ANSWER_S = 3.0  # of the receiver; at the end the service waits no longer than twice
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)

Named = Callable[[str], str]
"""A keyed hash of an accession, at least 192 bits in hex, the same on every node."""


class OtlpTraces(Traces):
    """`url` of the receiver, with its path; a receiver that is away loses spans, and no work."""

    def __init__(self, url: str, node: str, named: Named) -> None:
        told = {"service.name": "readout", "service.version": __version__}
        self._named, ids = named, _Ids()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({**told, "service.instance.id": node}),
            id_generator=ids,
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(url, timeout=_ANSWER_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer, self._root = self._provider.get_tracer("readout", __version__), ids.root

    def begin(self, accession: str) -> None:
        """The root is a moment: whatever ends last, it has ended before."""
        was = self._root.set(self._context(accession))
        try:
            self._tracer.start_span("study", Context()).end()
        finally:
            self._root.reset(was)

    @contextmanager
    def step(self, name: str, accession: str, /, **told: Told) -> Iterator[Step]:
        """Below the root of the study, whichever process made it."""
        parent = trace.NonRecordingSpan(self._context(accession))
        with self._span(name, parent) as step:
            for each, value in told.items():
                step.tell(each, value)
            yield step

    def close(self) -> None:
        """What the receiver does not take now is lost."""
        self._provider.shutdown()

    @contextmanager
    def _span(self, name: str, parent: trace.Span) -> Iterator[Step]:
        span = self._tracer.start_span(name, trace.set_span_in_context(parent, Context()))
        try:
            yield _OtlpStep(span, self._span)
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(trace.StatusCode.ERROR)
            raise
        finally:
            span.end()

    def _context(self, accession: str) -> trace.SpanContext:
        """Of the root of a study: told by its key, so that nothing of it need be kept."""
        name = self._named(accession)
        ids = int(trace_id(name), 16), int(root_id(name), 16)
        return trace.SpanContext(*ids, is_remote=True, trace_flags=_SAMPLED)


class _OtlpStep(Step):
    def __init__(
        self,
        span: trace.Span,
        within: Callable[[str, trace.Span], AbstractContextManager[Step]],
    ) -> None:
        self._span, self._within = span, within

    def tell(self, name: str, value: Told) -> None:
        self._span.set_attribute(f"readout.{name}", value)

    def part(self, name: str, /) -> AbstractContextManager[Step]:
        return self._within(name, self._span)


class _Ids(RandomIdGenerator):
    """Random, but of the root of a study."""

    def __init__(self) -> None:
        self.root: ContextVar[trace.SpanContext | None] = ContextVar("root", default=None)

    def generate_trace_id(self) -> int:
        root = self.root.get()
        return super().generate_trace_id() if root is None else root.trace_id

    def generate_span_id(self) -> int:
        root = self.root.get()
        return super().generate_span_id() if root is None else root.span_id
