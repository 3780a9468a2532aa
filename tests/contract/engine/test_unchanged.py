"""An `up` after a preview that found nothing: the engine is not started again where it would write the same state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deploy_driver.checkpoint import leaves_as_is
from deploy_driver.record.catalogue import EngineStarted
from deploy_driver.values import Changes, EngineReport, EngineStatus
from tests.contract.engine.conftest import Bench

OPTIONS = "pulumi.ResourceOptions(version='1.0.0'{more})"

PROGRAM = """
first = Thing("first", size=1)
second = pulumi.CustomResource("probe:index:Thing", "second", {props}, {options})
pulumi.export("size", {output})
"""


pytestmark = pytest.mark.engine


def program(more: str = "", *, props: str = "{'size': 2}", output: str = "second.id.apply(len)") -> str:
    return PROGRAM.format(props=props, options=OPTIONS.format(more=more), output=output)


def made(bench: Bench, body: str) -> None:
    bench.program(body)
    bench.made()
    bench.events.clear()


def previewed_and_made(bench: Bench) -> EngineReport:
    preview = bench.call("preview", decides=True)
    assert preview.status is EngineStatus.SUCCEEDED
    return bench.call("up", decides=True)


def resources(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bench.checkpoint("dev").read_bytes())["checkpoint"]["latest"]["resources"]
    return found


def test_where_nothing_differs_the_engine_is_not_started_again_and_the_outputs_are_told(bench: Bench) -> None:
    made(bench, program())
    said, state = bench.call("up"), resources(bench)
    assert bench.said(EngineStarted)
    bench.events.clear()
    report = previewed_and_made(bench)
    assert (report.status, report.changes) == (EngineStatus.SUCCEEDED, Changes(same=2))
    assert report.outputs == said.outputs
    assert bench.said(EngineStarted) == []
    assert resources(bench) == state


@pytest.mark.parametrize(
    ("body", "key", "value"),
    [
        (program(", depends_on=[first]"), "dependencies", "first"),
        (program(", protect=True"), "protect", True),
        (program(", retain_on_delete=True"), "retainOnDelete", True),
        (program(", deleted_with=first"), "deletedWith", "first"),
        (program(", additional_secret_outputs=['size']"), "additionalSecretOutputs", ["size"]),
        (program(", custom_timeouts=pulumi.CustomTimeouts(create='5m')"), "customTimeouts", {"create": 300}),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_what_no_preview_shows_is_written_all_the_same(bench: Bench, body: str, key: str, value: object) -> None:
    made(bench, program())
    bench.program(body)
    assert previewed_and_made(bench).changes == Changes(same=2)
    assert bench.said(EngineStarted)
    (found,) = (one.get(key) for one in resources(bench) if one["urn"].endswith("::second"))
    assert found == value if value != "first" else "::first" in str(found)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (program(output="3"), Changes(same=2)),
        (program(props="{'size': 3}"), Changes(update=1, same=1)),
        (program() + 'Thing("third", size=1)\n', Changes(create=1, same=2)),
        ("first = Thing('first', size=1)", Changes(same=1, delete=1)),
    ],
    ids=["output", "update", "create", "delete"],
)
def test_what_differs_is_made(bench: Bench, body: str, changes: Changes) -> None:
    made(bench, program())
    bench.program(body)
    assert previewed_and_made(bench).changes == changes
    assert bench.said(EngineStarted)


def test_what_was_previewed_for_another_request_decides_nothing(bench: Bench) -> None:
    made(bench, program())
    bench.call("preview", decides=True)
    assert bench.call("up", decides=True, facts={"probe:more": "1"}).changes == Changes(same=2)
    assert bench.said(EngineStarted)
    previewed_and_made(bench)
    bench.events.clear()
    assert bench.call("up", decides=True).changes == Changes(same=2)
    assert bench.said(EngineStarted)


def test_what_another_engine_or_an_interrupted_one_has_left_is_for_an_engine() -> None:
    plan = json.dumps(
        {
            "manifest": {"version": "v1"},
            "resourcePlans": {"urn:a": {"goal": {"custom": True, "provider": "p"}, "steps": ["same"]}},
        }
    ).encode()

    def state(**more: Any) -> bytes:
        latest = {"manifest": {"version": "v1"}, "resources": [{"urn": "urn:a", "type": "t", "provider": "p"}], **more}
        return json.dumps({"checkpoint": {"latest": latest}}).encode()

    assert leaves_as_is(plan, state())
    assert not leaves_as_is(plan, state(manifest={"version": "v2"}))
    assert not leaves_as_is(plan, state(pending_operations=[{"type": "updating"}]))
    assert not leaves_as_is(plan, state(resources=[]))
    twice = [{"urn": "urn:a", "type": "t", "provider": "p"}, {"urn": "urn:a", "type": "t", "delete": True}]
    assert not leaves_as_is(plan, state(resources=twice))
    assert not leaves_as_is(plan, state(resources=[{"urn": "urn:a", "type": "t", "provider": "p", "unheardOf": 1}]))


@pytest.mark.parametrize(
    ("updates", "left"),
    [
        ({}, True),
        ({"assumeRoles": '[{"roleArn": "r", "sessionName": "new", "sourceIdentity": "new"}]'}, True),
        ({"assumeRoles": '[{"roleArn": "other", "sessionName": "new"}]'}, False),
        ({"assumeRoles": '[{"roleArn": "r", "externalId": "e", "sessionName": "new"}]'}, False),
        ({"region": "eu-west-1"}, False),
    ],
)
def test_a_provider_may_differ_in_the_run_s_session_alone(updates: Mapping[str, str], left: bool) -> None:
    kept = {
        "region": "eu-central-1",
        "assumeRoles": '[{"roleArn": "r", "sessionName": "old", "sourceIdentity": "old"}]',
    }
    there = {"urn": "urn:p", "type": "pulumi:providers:aws", "custom": True, "inputs": kept}
    goal = {"type": "pulumi:providers:aws", "custom": True, "inputDiff": {"updates": updates} if updates else {}}
    manifest = {"version": "v1"}
    plan = {"manifest": manifest, "resourcePlans": {"urn:p": {"goal": goal, "steps": ["update"]}}}
    state = {"checkpoint": {"latest": {"manifest": manifest, "resources": [there]}}}
    assert leaves_as_is(json.dumps(plan).encode(), json.dumps(state).encode()) is left
