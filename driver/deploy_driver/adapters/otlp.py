"""Sends the trace and the metrics of a run to a collector of OpenTelemetry, by OTLP over gRPC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from deploy_driver import remedies
from deploy_driver.errors import NotReadyError
from deploy_driver.record.redaction import readable
from deploy_driver.record.trace import RESULT, TracedSpan

if TYPE_CHECKING:
    from grpc import Channel
    from opentelemetry.context import Context
    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Tracer

PATIENCE = 5.0
"""Seconds that a collector has for the trace, and for the metrics: the run is done."""

_HOST = re.compile(r"[\w.-]+(?::\d+)?|\[[\da-fA-F:]+\](?::\d+)?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_.-]+")
_VALUE = re.compile(r"[ -~]*")
"""What gRPC takes for the name of a header, and for its value."""


@dataclass(frozen=True)
class Collector:
    """Where traces go, as OpenTelemetry's variables say it (opentelemetry.io, "OpenTelemetry Protocol Exporter").

    `headers` are `NAME=VALUE,…`, `certificate` is a file, `parent` the W3C `traceparent` of what the run is a part of, such as a build.
    """

    endpoint: str
    headers: str = field(default="", repr=False)
    certificate: str = ""
    parent: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Collector | None:
        """The collector that the machine's environment names; None where it names none."""
        names = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_CERTIFICATE", "TRACEPARENT")
        endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        return cls(endpoint, *(environment.get(name, "") for name in names)) if endpoint else None

    def send(self, trace: TracedSpan) -> None:
        """Send the trace, and how long the run took. Raises NotReadyError when the collector does not take them."""
        from grpc import RpcError
        from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
        from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

        try:
            requests = {
                "trace.v1.Trace": encode_spans(_spans_of(trace, self.parent)),
                "metrics.v1.Metrics": encode_metrics(_duration_of(trace)),
            }
            with self._channel() as channel:
                for service, request in requests.items():
                    method = f"/opentelemetry.proto.collector.{service}Service/Export"
                    export = channel.unary_unary(method, type(request).SerializeToString, bytes)
                    export(request, timeout=PATIENCE, metadata=self._metadata())
        except (RpcError, OSError, ValueError) as error:
            why = error.details() if isinstance(error, RpcError) and hasattr(error, "details") else error
            raise NotReadyError(
                f"{self.endpoint} has not taken the run's trace: {readable(str(why))}", remedy=remedies.REACH_COLLECTOR
            ) from None

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        """The headers, whose values are written as in a URL. Raises ValueError; gRPC would write to stderr what is wrong with them."""
        pairs = (one.partition("=") for one in self.headers.split(",") if one.strip())
        found = tuple((name.strip().lower(), unquote(value.strip())) for name, _, value in pairs)
        if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in found):
            raise ValueError("OTEL_EXPORTER_OTLP_HEADERS: expected NAME=VALUE,… with values as in a URL")
        return found

    def _channel(self) -> Channel:
        """To the collector, by TLS where its address begins so. Raises ValueError where that is none."""
        from grpc import insecure_channel, secure_channel, ssl_channel_credentials

        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
            raise ValueError("OTEL_EXPORTER_OTLP_ENDPOINT: expected http://HOST:PORT or https://HOST:PORT")
        if parts.scheme == "http":
            return insecure_channel(parts.netloc)
        trusted = Path(self.certificate).read_bytes() if self.certificate else None
        return secure_channel(parts.netloc, ssl_channel_credentials(trusted))


def _spans_of(trace: TracedSpan, parent: str) -> Sequence[ReadableSpan]:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    spans = InMemorySpanExporter()
    provider = TracerProvider(sampler=ALWAYS_ON, resource=_resource(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    _record(provider.get_tracer("deploy"), trace, TraceContextTextMapPropagator().extract({"traceparent": parent}))
    return spans.get_finished_spans()


def _duration_of(trace: TracedSpan) -> MetricsData:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=_resource(), shutdown_on_exit=False)
    durations = provider.get_meter("deploy").create_histogram("cicd.pipeline.run.duration", unit="s")
    grouped = {name: trace.attributes[name] for name in ("cicd.pipeline.name", RESULT)}
    durations.record(trace.ended - trace.began, {**grouped, "cicd.pipeline.run.state": "executing"})
    return cast("MetricsData", reader.get_metrics_data())


def _resource() -> Resource:
    from opentelemetry.sdk.resources import Resource

    return Resource({"service.name": "deploy"})


def _record(tracer: Tracer, span: TracedSpan, parent: Context) -> None:
    """Record the span and all that are inside of it, at the moments at which they were."""
    from opentelemetry.trace import Status, StatusCode, set_span_in_context

    attributes = {name: readable(value) for name, value in span.attributes.items()}
    recorded = tracer.start_span(
        readable(span.name), parent, attributes=attributes, start_time=_nanoseconds(span.began)
    )
    if span.failed:
        recorded.set_status(Status(StatusCode.ERROR, readable(span.failed)))
    for one in span.inside:
        _record(tracer, one, set_span_in_context(recorded, parent))
    recorded.end(_nanoseconds(span.ended))


def _nanoseconds(moment: float) -> int:
    return int(moment * 1_000_000_000)
