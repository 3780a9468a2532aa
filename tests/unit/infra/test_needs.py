"""The needs are the recorded calls and those of every other role, said as requests."""

from __future__ import annotations

import pytest

from deploy_driver.assurance.iam.check import names_something
from deploy_infra.needs import deletions, needs
from deploy_infra.policies.recorded import Recorded
from deploy_infra.recording import record
from deploy_project.seam import NEEDS as NEEDS_SHAPE
from deploy_project.seam import RoleNeed, answer
from tests.unit.infra.facts import DEMO_TYPES, ROOT, calls_of, recorded

NEEDS = answer(needs(ROOT, "dev-access"), NEEDS_SHAPE)
OF_TOOLS = answer(needs(ROOT, "tools"), NEEDS_SHAPE)


def _of(role: str, kind: str, phase: str) -> list[RoleNeed]:
    return [need for need in NEEDS if (need.role, need.type, need.phase) == (role, kind, phase)]


@pytest.mark.parametrize("kind", DEMO_TYPES)
def test_everything_that_the_real_provider_was_recorded_to_call_is_a_need(kind: str) -> None:
    for phase, operations in recorded()[kind].items():
        said = {
            (need.operation, need.action)
            for need in [*_of("deployment", kind, phase), *_of("deployment", kind, "read")]
        }
        known = {operation: requests for calls in calls_of(kind).values() for operation, requests in calls.items()}
        assert {(operation, each.action) for operation in operations for each in known[operation]} <= said
    looked = {need.operation for need in _of("preview", kind, "preview")}
    assert set(recorded()[kind]["read"]) <= looked


def test_every_role_says_what_it_needs() -> None:
    assert {need.role for need in NEEDS} == {"deployment", "preview", "items-execution"}
    assert {need.role for need in OF_TOOLS} == {"jenkins-deploy", "jenkins-preview"}
    assert needs(ROOT, "dev") == []
    phases = {need.phase for need in [*NEEDS, *OF_TOOLS]}
    assert phases == {
        *("create", "read", "update", "delete"),
        *("preview", "drift", "audit", "run", "enter", "state", "review"),
    }


@pytest.mark.parametrize("resource", record(ROOT, "dev").resources, ids=str)
def test_deleting_what_a_state_has_takes_what_the_program_said_of_it(resource: Recorded) -> None:
    of_state = {"type": resource.type, "name": resource.name, "inputs": resource.inputs}
    said = answer(deletions(ROOT, {"stack": "dev-access", "resources": [of_state]}), NEEDS_SHAPE)
    assert list(said) == [
        need
        for need in NEEDS
        if (need.role, need.type, need.name) == ("deployment", resource.type, resource.name)
        and need.phase in {"read", "delete"}
    ]


def test_a_resource_that_the_program_calls_otherwise_is_deleted_by_its_old_name() -> None:
    old = {"type": "aws:s3/bucket:Bucket", "name": "items", "inputs": {"bucket": "items-dev-old"}}
    said = answer(deletions(ROOT, {"stack": "dev-access", "resources": [old]}), NEEDS_SHAPE)
    assert ("delete", "s3:DeleteBucket", ["arn:aws:s3:::items-dev-old"]) in [
        (need.phase, need.action, list(need.resources)) for need in said
    ]
    assert deletions(ROOT, {"stack": "tools", "resources": [old]}) == []


def test_needs_leave_open_only_what_nobody_knows_beforehand_and_say_what_policies_decide_by() -> None:
    narrowed = {(need.role, need.action) for need in [*NEEDS, *OF_TOOLS] if need.context}
    for need in [*NEEDS, *OF_TOOLS]:
        assert need.resources
        known = list(need.resources) == ["*"] or all(map(names_something, need.resources))
        assert known or (need.role, need.action) in narrowed, need
        assert all(values for values in need.context.values())
    keys = {key for need in [*NEEDS, *OF_TOOLS] for key in need.context}
    assert keys == {
        "aws:ResourceAccount",
        "iam:PassedToService",
        "lambda:Principal",
        "s3:if-none-match",
        "kms:ResourceAliases",
        "kms:MessageType",
        "kms:SigningAlgorithm",
        *("aws:RequestTag/deploy:project", "aws:RequestTag/deploy:stack"),
        *("aws:ResourceTag/deploy:project", "aws:ResourceTag/deploy:stack"),
    }
