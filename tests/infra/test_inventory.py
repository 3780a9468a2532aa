"""The inventory says of every stack exactly what the program makes there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy_infra.documents import documents
from deploy_infra.inventory import inventory
from tests.infra.program import ROOT, STACKS, Registrations, registered

pytestmark = pytest.mark.parametrize("stack", STACKS)


def _names(run: Registrations, kind: str, key: str = "name") -> set[str]:
    return {resource.inputs[key] for resource in run.of(kind)}


def _said(stack: str) -> dict[str, Any]:
    return dict(inventory(ROOT, stack))


def test_it_names_every_role_boundary_and_bucket_and_beside_them_the_trail_that_bootstrap_makes(stack: str) -> None:
    said, run = _said(stack), registered(stack)
    assert {role["name"] for role in said["roles"].values()} == _names(run, "aws:iam/role:Role")
    assert {said["boundary"]} - {""} == _names(run, "aws:iam/policy:Policy")
    trail = {"deploy-trail"} if said["boundary"] else set()
    assert {said["trail"]} - {""} == trail
    buckets = {name for key, name in said["buckets"].items() if key != "trail"}
    assert buckets == _names(run, "aws:s3/bucket:Bucket", "bucket")
    assert ("trail" in said["buckets"]) is bool(trail)


def test_it_says_how_long_a_session_of_each_role_may_be(stack: str) -> None:
    made = {
        role.inputs["name"]: role.inputs["maxSessionDuration"] for role in registered(stack).of("aws:iam/role:Role")
    }
    assert {role["name"]: role["maxSession"] for role in _said(stack)["roles"].values()} == made


def test_the_documents_under_its_names_are_those_that_are_attached(stack: str) -> None:
    said, run, derived = _said(stack), registered(stack), documents(ROOT, stack)
    for key, role in said["roles"].items():
        (made,) = [found for found in run.of("aws:iam/role:Role") if found.inputs["name"] == role["name"]]
        (inline,) = [found for found in run.of("aws:iam/rolePolicy:RolePolicy") if found.inputs["name"] == role["name"]]
        assert json.loads(made.inputs["assumeRolePolicy"]) == derived[f"{key}.trust"]
        assert json.loads(inline.inputs["policy"]) == derived[f"{key}.policy"]
    for key in said["buckets"].keys() - {"trail"}:
        (policy,) = run.of("aws:s3/bucketPolicy:BucketPolicy")
        assert json.loads(policy.inputs["policy"]) == derived[key]


def test_the_roles_unique_ids_are_exported_under_the_same_names(stack: str) -> None:
    roles = _said(stack)["roles"]
    expected = {key: f"id of {role['name']}" for key, role in roles.items()}
    assert registered(stack).stack_outputs.get("roleIds", {}) == expected
