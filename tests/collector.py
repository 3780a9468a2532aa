"""A collector of OpenTelemetry on loopback: it keeps what it is sent, as the protocol's own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclass
class ListeningCollector:
    """What it has been sent, and with which headers. `refusal`: how it answers where it takes nothing."""

    endpoint: str = ""
    refusal: grpc.StatusCode | None = None
    spans: list[Any] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def hear(self, context: Any) -> None:
        """Take a request, or refuse it."""
        self.headers.append(dict(context.invocation_metadata()))
        if self.refusal:
            context.abort(self.refusal, "not for you")

    def span(self, name: str) -> Any:
        """The one of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found


def attributes(of: Any) -> Mapping[str, str]:
    """The attributes of a span or of a metric's point, all of which are texts."""
    return {one.key: one.value.string_value for one in of.attributes}


class _Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, kept: ListeningCollector) -> None:
        self._kept = kept

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol's name
        self._kept.hear(context)
        self._kept.spans += [
            span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        return trace_service_pb2.ExportTraceServiceResponse()


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, kept: ListeningCollector) -> None:
        self._kept = kept

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol's name
        self._kept.hear(context)
        self._kept.metrics += [
            metric
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return metrics_service_pb2.ExportMetricsServiceResponse()


@contextmanager
def listening() -> Iterator[ListeningCollector]:
    """A collector, for as long as one is inside."""
    kept = ListeningCollector()
    server: Any = grpc.server(ThreadPoolExecutor(2))
    add_traces: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add_metrics: Any = metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server
    add_traces(_Traces(kept), server)
    add_metrics(_Metrics(kept), server)
    kept.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield kept
    finally:
        server.stop(None)
