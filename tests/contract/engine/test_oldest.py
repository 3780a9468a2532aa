"""The oldest engine that is supported, and the one that is obtained, on one state: agents of both versions deploy the same stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.record.catalogue import Diagnostic
from deploy_driver.values import Changes, EngineStatus, Tool
from tests.contract.engine.conftest import Bench
from tests.oldest_engine import VERSION, AbsentError, oldest_engine

pytestmark = pytest.mark.engine

PROGRAM = """
Thing("one", value=config.get("value") or "a")
pulumi.export("token", pulumi.Output.secret("a secret of the stack"))
"""


@pytest.fixture
def oldest() -> Path:
    try:
        return oldest_engine()
    except AbsentError as absent:
        pytest.skip(str(absent))


def test_the_oldest_supported_engine_and_the_one_that_is_obtained_go_on_with_each_others_states(
    bench: Bench, oldest: Path
) -> None:
    bench.program(PROGRAM)
    newest, old = bench.engine, bench.engine_of(Tool("pulumi", VERSION, oldest, "cache"))
    for engine, value, does in (
        (old, "a", Changes(create=1)),
        (newest, "a", Changes(same=1)),
        (newest, "b", Changes(update=1)),
        (old, "b", Changes(same=1)),
        (old, "c", Changes(update=1)),
    ):
        bench.engine = engine
        report = bench.call("up", facts={"probe:value": value}, refresh=True)
        assert (report.status, report.changes) == (EngineStatus.SUCCEEDED, does), (report, bench.logs())
        assert report.outputs == {"token": "[secret]"}
    assert bench.call("preview_destroy").changes == Changes(delete=1)
    assert bench.call("destroy").changes == Changes(delete=1)
    assert [event.message for event in bench.said(Diagnostic) if event.severity == "error"] == []
