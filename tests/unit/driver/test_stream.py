"""Every event is stamped once and in order; who shows events may fail, who keeps them may not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy_driver.errors import DeployError
from deploy_driver.record.catalogue import Event, Previewed, Progress, StepFinished
from deploy_driver.record.stream import BACKLOG, Envelope, EventStream, Listener
from deploy_driver.values import Changes, ResourceChange
from tests.fakes.clock import FakeClock
from tests.samples import RUN


def stream(*, keepers: Sequence[Listener] = (), listeners: Sequence[Listener] = ()) -> EventStream:
    return EventStream(RUN, FakeClock().now, keepers=keepers, listeners=listeners)


def test_an_event_has_its_place_in_the_run() -> None:
    kept: list[Envelope] = []
    emit = stream(keepers=[kept.append])
    emit(Progress("one"))
    emit(Progress("two", "dev"))
    assert [(envelope.run, envelope.sequence) for envelope in kept] == [(RUN, 1), (RUN, 2)]
    assert kept[1].as_json() == {
        "run": RUN,
        "sequence": 2,
        "time": "2026-11-23T01:02:00.000+00:00",
        "kind": "progress",
        "message": "two",
        "stack": "dev",
    }


def test_who_fails_to_show_is_dropped_and_the_others_go_on() -> None:
    shown: list[Envelope] = []
    tries: list[Envelope] = []

    def broken(envelope: Envelope) -> None:
        tries.append(envelope)
        raise RuntimeError("the terminal is gone")

    emit = stream(listeners=[broken, shown.append])
    emit(Progress("one"))
    emit(Progress("two"))
    emit.settle()
    assert len(tries) == 1
    assert len(shown) == 2


def test_who_stands_still_holds_up_nobody() -> None:
    kept: list[Envelope] = []
    shown: list[Envelope] = []
    go_on = threading.Event()

    def stalled(_envelope: Envelope) -> None:
        go_on.wait(30)

    emit = stream(keepers=[kept.append], listeners=[stalled, shown.append])
    try:
        for number in range(BACKLOG + 10):
            emit(Progress(str(number)))
        emit.settle(0.2)
        assert len(kept) == BACKLOG + 10
        emit.settle(5)
        assert [envelope.sequence for envelope in shown[:3]] == [1, 2, 3]
    finally:
        go_on.set()


def test_what_was_said_is_shown_before_somebody_is_asked() -> None:
    shown: list[str] = []

    def slow(envelope: Envelope) -> None:
        time.sleep(0.1)
        shown.append(envelope.event.kind)

    emit = stream(listeners=[slow])
    emit(Progress("one"))
    emit(Progress("two"))
    emit.settle()
    assert shown == ["progress", "progress"]


def test_who_fails_to_keep_hears_no_more_and_what_goes_on_is_still_shown() -> None:
    shown: list[Envelope] = []
    tries: list[Envelope] = []

    def full(envelope: Envelope) -> None:
        tries.append(envelope)
        raise DeployError("no space left on device")

    emit = stream(keepers=[full], listeners=[shown.append])
    assert emit.broken is None
    emit(Progress("one"))
    emit(Progress("two"))
    emit.settle()
    assert str(emit.broken) == "no space left on device"
    assert (len(tries), len(shown)) == (1, 2)


def test_events_from_many_threads_are_counted_without_gaps_and_kept_in_order() -> None:
    kept: list[Envelope] = []
    emit = stream(keepers=[kept.append])
    together = threading.Barrier(8)

    def say(_worker: int) -> None:
        together.wait(10)
        for number in range(50):
            emit(Progress(str(number)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, range(8)))
    assert [envelope.sequence for envelope in kept] == list(range(1, 401))


def test_a_listener_may_itself_say_something() -> None:
    kept: list[Envelope] = []

    def echo(envelope: Envelope) -> None:
        if envelope.sequence == 1:
            emit(Progress("echo"))

    emit = stream(keepers=[kept.append], listeners=[echo])
    emit(Progress("one"))
    emit.settle()
    assert [envelope.sequence for envelope in kept] == [1, 2]


@pytest.mark.parametrize(
    "event",
    [
        Previewed(
            "dev", Changes(create=1), (ResourceChange("urn:pulumi:dev::items::aws:s3/bucket:Bucket::b", "create"),)
        ),
        StepFinished("dev", "succeeded", "changed", changes=Changes(update=2), seconds=1.5),
    ],
)
def test_whatever_an_event_holds_is_json(event: Event) -> None:
    kept: list[Envelope] = []
    stream(keepers=[kept.append])(event)
    shown = json.loads(json.dumps(kept[0].as_json()))
    assert shown["kind"] == event.kind
    assert shown["changes"]["same"] == 0


def test_nothing_secret_is_in_what_is_kept() -> None:
    kept: list[Envelope] = []
    stream(keepers=[kept.append])(Progress("the key AKIAIOSFODNN7EXAMPLE was found"))
    assert kept[0].as_json()["message"] == "the key [redacted] was found"
