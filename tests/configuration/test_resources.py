"""Every real stack file's resources pass the controls; one protection taken away is named, one added is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.configuration import s3, service
from tests.configuration.iam import POLICIES, POLICY
from tests.configuration.standard import CONTROLS, ELSEWHERE, failures
from tests.configuration.view import View, statements
from tests.configuration.waivers import problems, read
from tests.infra.program import STACKS, Registered, Registrations, registered

Change = Callable[[Registrations], None]


def view(stack: str, change: Change | None = None) -> View:
    """What a stack and its access layer register, changed in one place."""
    access = stack if stack == "tools" or stack.endswith("-access") else f"{stack}-access"
    runs = {name: copy_of(registered(name)) for name in (stack, access)}
    if change:
        change(runs[stack])
    return View(stack, runs[stack], runs[access])


def copy_of(run: Registrations) -> Registrations:
    return Registrations(list(run.resources), run.outputs)


def failing(stack: str, change: Change | None = None) -> set[str]:
    return {failure.control for failure in failures(view(stack, change))}


def without(kind: str) -> Change:
    def change(run: Registrations) -> None:
        kept = [resource for resource in run.resources if resource.type != kind]
        assert len(kept) < len(run.resources)
        run.resources[:] = kept

    return change


def saying(kind: str, **inputs: Any) -> Change:
    def change(run: Registrations) -> None:
        assert run.of(kind)
        run.resources[:] = [
            replace(one, inputs={**one.inputs, **inputs}) if one.type == kind else one for one in run.resources
        ]

    return change


def adding(kind: str, beside: str, **inputs: Any) -> Change:
    def change(run: Registrations) -> None:
        for neighbour in run.of(beside):
            run.resources.append(replace(neighbour, type=kind, inputs=inputs))

    return change


def allowing(kind: str, **statement: Any) -> Change:
    """One more statement in every policy of this kind."""

    def widened(policy: Registered) -> Registered:
        said = [*statements(policy.inputs["policy"]), {"Effect": "Allow", "Resource": "*", **statement}]
        return replace(policy, inputs={**policy.inputs, "policy": json.dumps({"Statement": said})})

    def change(run: Registrations) -> None:
        run.resources[:] = [widened(one) if one.type == kind else one for one in run.resources]

    return change


def test_every_stack_passes_and_every_waiver_is_valid_and_needed() -> None:
    found = [failure for stack in STACKS for failure in failures(view(stack))]
    assert problems(found, read(), datetime.now(UTC).date()) == []


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_made_that_a_control_is_about_and_nobody_judges(stack: str) -> None:
    made = {resource.type for resource in registered(stack).resources}
    assert {control: made & set(kinds) for control, kinds in ELSEWHERE.items() if made & set(kinds)} == {}


def test_every_control_is_asked_of_something() -> None:
    assert [control.id for control in CONTROLS if not any(control.about(view(stack)) for stack in STACKS)] == []


BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
STRANGER = {"AWS": "arn:aws:iam::999999999999:root"}

BROKEN: list[tuple[str, set[str], Change]] = [
    ("dev", {"S3.2", "S3.3", "S3.8"}, adding(BLOCK, s3.BUCKET, **CLOSED | {"restrictPublicBuckets": False})),
    ("dev", {"S3.2"}, allowing(BUCKET_POLICY, Principal="*", Action="s3:GetObject")),
    ("dev", {"S3.3"}, allowing(BUCKET_POLICY, Principal={"AWS": "*"}, Action=["s3:PutObject"])),
    ("dev", {"S3.5"}, without(BUCKET_POLICY)),
    ("dev", {"S3.6"}, allowing(BUCKET_POLICY, Principal=STRANGER, Action="s3:PutBucketPolicy")),
    ("dev", {"S3.12"}, without(OWNERSHIP)),
    ("dev", {"S3.12"}, saying(OWNERSHIP, rule={"objectOwnership": "ObjectWriter"})),
    ("dev", {"Lambda.1"}, saying(service.PERMISSION, principal="*")),
    ("dev", {"Lambda.1"}, saying(service.PERMISSION, sourceArn=None)),
    ("dev", {"Lambda.2"}, saying(service.FUNCTION, runtime="python3.8")),
    ("dev", {"Lambda.5"}, saying(service.FUNCTION, vpcConfig={"subnetIds": ["subnet-1"]})),
    ("dev", {"APIGateway.1"}, saying("aws:apigatewayv2/api:Api", protocolType="WEBSOCKET")),
    ("dev", {"APIGateway.10"}, saying(service.INTEGRATION, connectionType="VPC_LINK")),
    ("dev-access", {"IAM.1"}, allowing(POLICY, Action="*")),
    ("dev-access", {"IAM.1"}, allowing(POLICIES[1], NotAction="iam:*")),
]
"""One protection taken away, and exactly the controls that say so."""

MENDED: list[tuple[str, str, Change]] = [
    ("dev-access", "S3.1", adding(ACCOUNT_BLOCK, POLICIES[1], **CLOSED)),
    ("dev", "S3.9", adding("aws:s3/bucketLogging:BucketLogging", s3.BUCKET)),
    ("dev", "S3.13", adding(s3.LIFECYCLE, s3.BUCKET)),
    ("dev", "APIGateway.8", saying(service.ROUTE, authorizationType="AWS_IAM")),
    ("dev", "APIGateway.9", saying(service.STAGE, accessLogSettings={"destinationArn": "arn:aws:logs:::log-group:x"})),
    ("dev-access", "IAM.21", saying(POLICY, policy='{"Statement": [{"Effect": "Allow", "Action": "s3:Get*"}]}')),
]
"""What is waived, made as the control wants it: then it holds, so the control can be kept."""


@pytest.mark.parametrize(
    ("stack", "controls", "change"),
    BROKEN,
    ids=[f"{number}-{'-'.join(sorted(controls))}" for number, (_, controls, _) in enumerate(BROKEN)],
)
def test_a_protection_taken_away_is_named(stack: str, controls: set[str], change: Change) -> None:
    assert failing(stack, change) - failing(stack) == controls


@pytest.mark.parametrize(("stack", "control", "change"), MENDED, ids=[control for _, control, _ in MENDED])
def test_a_waived_control_that_is_kept_after_all_holds(stack: str, control: str, change: Change) -> None:
    assert control in failing(stack)
    assert control not in failing(stack, change)


def test_a_bucket_whose_block_is_not_stated_is_closed_only_under_a_ceiling_that_keeps_it_so() -> None:
    kept = view("dev")
    assert kept.run.of(BLOCK) == []
    assert "S3.8" not in {failure.control for failure in failures(kept)}
    saying(POLICY, policy='{"Statement": []}')(kept.access)
    assert {"S3.2", "S3.3", "S3.8"} <= {failure.control for failure in failures(kept)}


def test_every_control_has_its_twin() -> None:
    named = {control for _, controls, _ in BROKEN for control in controls} | {control for _, control, _ in MENDED}
    assert named == {control.id for control in CONTROLS}
