"""However a call is broken off, the engine ends and leaves no lock."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.record.catalogue import Event
from deploy_driver.values import EngineReport, EngineStatus
from tests.contract.engine.conftest import Bench

pytestmark = pytest.mark.engine

SLOW_RESOURCE = 'Thing("slow", label="slow", seconds=20)'
SLOW_PROGRAM = "import time\nprint('busy')\nfor _ in range(20): time.sleep(0.1)"


def interrupted(bench: Bench, *, times: int = 1) -> tuple[EngineReport, float]:
    """The report, and the seconds from the first interrupt to it."""
    began: list[float] = []

    def interrupt() -> None:
        began.append(time.monotonic())
        for _ in range(times):
            bench.engine.interrupt()
            time.sleep(0.5)

    def on_event(event: Event) -> None:
        if event.kind in {"resource-started", "diagnostic"} and not began:
            threading.Thread(target=interrupt).start()

    report = bench.engine.up(bench.request(), on_event)
    return report, time.monotonic() - began[0]


@pytest.mark.parametrize("body", [SLOW_RESOURCE, SLOW_PROGRAM], ids=["resource", "program"])
def test_an_interrupt_ends_the_call_and_leaves_no_lock(bench: Bench, body: str) -> None:
    bench.program(body)
    report, seconds = interrupted(bench)
    assert report.status is EngineStatus.INTERRUPTED
    assert seconds < 10
    assert bench.locks == []


def test_asking_again_does_not_make_the_engine_forget_what_it_has_begun(bench: Bench) -> None:
    bench.program(SLOW_RESOURCE)
    report, _ = interrupted(bench, times=4)
    assert report.status is EngineStatus.INTERRUPTED
    assert bench.locks == []
    deployment = json.loads(bench.checkpoint("dev").read_text("utf-8"))["checkpoint"]["latest"]
    assert not deployment.get("pending_operations")
    assert "probe:index:Thing" in {resource["type"] for resource in deployment["resources"]}


def test_after_an_interrupt_the_stack_can_be_deployed(bench: Bench) -> None:
    bench.program(SLOW_RESOURCE)
    interrupted(bench)
    bench.program('Thing("slow", label="slow")')
    assert bench.call("up").status is EngineStatus.SUCCEEDED


def test_an_interrupt_without_a_call_is_nothing(bench: Bench) -> None:
    bench.program('Thing("one", label="one")')
    bench.engine.interrupt()
    assert bench.call("up").status is EngineStatus.SUCCEEDED


def test_an_exception_in_the_caller_takes_the_engine_down(bench: Bench) -> None:
    bench.program(SLOW_RESOURCE)

    def on_event(event: Event) -> None:
        if event.kind == "resource-started":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.engine.up(bench.request(), on_event)
    assert bench.locks == []


def test_the_engine_has_a_session_of_its_own_and_inherits_nothing(bench: Bench, tmp_path: Path) -> None:
    told = tmp_path / "told"
    fake = tmp_path / "pulumi"
    fake.write_text(f"#!/bin/sh\n(env; ps -o sid= -p $$) > {told}\nexit 1\n", encoding="utf-8")
    fake.chmod(0o755)
    bench.program("")
    engine = bench.engine_of(replace(bench.cli, path=fake))
    engine.up(bench.request(environment={"AWS_REGION": "eu-central-1"}), bench.events.append)
    *environment, session = told.read_text(encoding="utf-8").splitlines()
    names = {line.split("=", 1)[0] for line in environment} - {"PWD", "SHLVL", "_", "OLDPWD"}
    assert {name for name in names if not name.startswith("PULUMI_")} == {"PATH", "AWS_REGION"}
    assert int(session) != os.getsid(0)
