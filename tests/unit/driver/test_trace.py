"""A run as a trace: what a collector of OpenTelemetry gets of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import grpc
import pytest

from deploy_driver import remedies
from deploy_driver.adapters.otlp import Collector
from deploy_driver.errors import NotReadyError
from deploy_driver.record.reading import event_of
from deploy_driver.record.trace import RESULT, TracedSpan, trace_of
from tests import records
from tests.carried import is_helped
from tests.collector import ListeningCollector, attributes, listening
from tests.samples import ACCOUNTS, RUN

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def trace(record: Sequence[Any]) -> TracedSpan:
    return trace_of([event_of(line) for line in record], "items")


def all_of(span: TracedSpan) -> Iterator[TracedSpan]:
    yield span
    for one in span.inside:
        yield from all_of(one)


def test_a_run_has_its_checks_and_stacks_in_it_these_their_phases_and_these_the_resources() -> None:
    run = trace(records.WELL)
    assert run.name == "up items"
    assert [one.name for one in run.inside] == ["checks", "dev", "staging", "prod"]
    dev = run.inside[1]
    assert [one.name for one in dev.inside] == ["up", "smoke test"]
    assert [one.name for one in dev.inside[0].inside] == [
        "update aws:lambda/function:Function items",
        "create aws:lambda/alias:Alias live",
    ]
    assert all(one.ended - one.began == pytest.approx(7) for one in dev.inside[0].inside)


def test_what_is_known_of_it_stands_under_the_names_of_the_conventions() -> None:
    run = trace(records.WELL)
    assert run.attributes["cicd.pipeline.name"] == "items"
    assert run.attributes["cicd.pipeline.run.id"] == RUN
    assert run.attributes["cicd.pipeline.run.url.full"] == "https://jenkins.example/job/items/7/"
    assert run.attributes["vcs.ref.head.revision"] == records.COMMIT
    dev = run.inside[1].attributes
    assert (dev["cloud.account.id"], dev["cicd.pipeline.task.name"]) == (ACCOUNTS["dev"], "dev")
    assert dev["cicd.pipeline.task.run.result"] == "success"
    assert dev["service.version"] == "8"


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (records.WELL, "success"),
        (records.DRIFT, "success"),
        (records.FAILED, "failure"),
        (records.NOT_READY, "failure"),
        (records.INTERRUPTED, "cancellation"),
        (records.CUT_OFF, "error"),
    ],
)
def test_how_it_ended_is_a_word_of_the_conventions(record: Sequence[Any], result: str) -> None:
    assert trace(record).attributes[RESULT] == result
    assert bool(trace(record).failed) is (result in {"failure", "error"})


def test_what_failed_says_why() -> None:
    failed = [(one.name, one.failed) for one in all_of(trace(records.FAILED)) if one.failed]
    assert failed[0] == ("up items", "exit code 1")
    assert ("staging", records.DENIED) in failed
    assert failed[-1] == ("update aws:lambda/function:Function items", "it failed")


@pytest.mark.parametrize("name", records.EVERY)
def test_nothing_is_inside_of_what_ended_before_it_began(name: str) -> None:
    assert all(one.began <= one.ended for one in all_of(trace(records.EVERY[name])))


@pytest.fixture
def collector() -> Iterator[ListeningCollector]:
    with listening() as found:
        yield found


def meant(collector: ListeningCollector, **more: str) -> Collector:
    found = Collector.of({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint} | more)
    assert found
    return found


def test_a_collector_gets_the_whole_trace_below_what_began_the_run(collector: ListeningCollector) -> None:
    run = trace(records.WELL)
    meant(collector, TRACEPARENT=PARENT, OTEL_EXPORTER_OTLP_HEADERS="X-Team=items%20too, x-none=").send(run)
    assert sorted(span.name for span in collector.spans) == sorted(one.name for one in all_of(run))
    assert {span.trace_id.hex() for span in collector.spans} == {PARENT.split("-")[1]}
    top, checks = collector.span("up items"), collector.span("checks")
    assert (top.parent_span_id.hex(), checks.parent_span_id) == (PARENT.split("-")[2], top.span_id)
    assert attributes(top) == run.attributes
    assert top.end_time_unix_nano - top.start_time_unix_nano == pytest.approx(7_418.2e9, rel=1e-6)
    assert collector.headers[0]["x-team"] == "items too"


def test_it_gets_how_long_the_run_took(collector: ListeningCollector) -> None:
    meant(collector).send(trace(records.FAILED))
    (metric,) = collector.metrics
    (point,) = metric.histogram.data_points
    assert (metric.name, metric.unit, point.sum) == ("cicd.pipeline.run.duration", "s", pytest.approx(17))
    assert attributes(point)[RESULT] == "failure"


@pytest.mark.parametrize("name", records.EVERY)
def test_nothing_secret_is_sent(collector: ListeningCollector, name: str) -> None:
    meant(collector).send(trace(records.EVERY[name]))
    said = str(collector.spans)
    assert not any(secret in said for secret in ("planted-hunter2", "AKIAIOSFODNN7EXAMPLE", "\x1b"))


def test_one_that_is_not_there_or_refuses_is_said_in_a_sentence(
    collector: ListeningCollector, capfd: pytest.CaptureFixture[str]
) -> None:
    run, there = trace(records.WELL), meant(collector)
    is_helped(remedies.REACH_COLLECTOR, lambda: Collector("http://127.0.0.1:1").send(run), lambda: there.send(run))
    collector.refusal = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(NotReadyError, match=r"has not taken the run's trace: .*not for you"):
        there.send(run)
    with pytest.raises(NotReadyError, match="No such file"):
        Collector("https://127.0.0.1:1", certificate="/nowhere/ca.pem").send(run)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "more",
    [
        *(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": said}
            for said in ("http://[", "http://", "x y", "https://", "\u202e", "unix:/nowhere", "\0")
        ),
        *({"OTEL_EXPORTER_OTLP_HEADERS": said} for said in ("A B=c", "\u202e=x", "key=line%0Abreak", "key=\u202e")),
    ],
)
def test_whatever_the_variables_say_it_is_a_sentence_and_names_no_header(
    collector: ListeningCollector, more: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotReadyError) as refused:
        meant(collector, **more).send(trace(records.WELL))
    assert not any(header in str(refused.value) for header in ("break", "key="))
    assert capfd.readouterr().err == ""


def test_without_an_endpoint_there_is_none() -> None:
    assert Collector.of({"TRACEPARENT": PARENT}) is None
    assert "key" not in repr(Collector.of({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_EXPORTER_OTLP_HEADERS": "key"}))
