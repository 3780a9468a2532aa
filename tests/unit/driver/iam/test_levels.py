"""AWS's access levels are known for every action that a policy here names."""

from __future__ import annotations

import pytest

from deploy_driver.assurance.iam import levels
from deploy_driver.assurance.iam.levels import READING, Level
from deploy_driver.iam_policy import PolicyError
from deploy_infra.policies.resource_types import resource_types
from tests.unit.driver.iam.shipped import shipped


@pytest.mark.parametrize(
    ("action", "level"),
    [
        ("s3:GetObject", Level.READ),
        ("S3:listbucket", Level.LIST),
        ("s3:PutObject", Level.WRITE),
        ("s3:PutBucketPolicy", Level.PERMISSIONS),
        ("s3:PutBucketTagging", Level.TAGGING),
        ("apigateway:TagResource", Level.TAGGING),
        ("iam:PassRole", Level.PERMISSIONS),
        ("sts:AssumeRole", Level.WRITE),
        ("kms:Decrypt", Level.WRITE),
    ],
)
def test_levels_are_those_of_the_service_authorization_reference(action: str, level: Level) -> None:
    assert levels.level(action) is level


def test_an_action_that_is_not_known_is_named() -> None:
    with pytest.raises(PolicyError, match="the access level of s3:GetTheMoon is not known"):
        levels.level("s3:GetTheMoon")


def test_every_action_that_a_role_needs_is_known() -> None:
    needed = {need.action for role in shipped() for need in role.needs}
    assert [action for action in needed if not levels.meant_by(action)] == []


def test_what_is_read_by_those_who_only_read_is_reading() -> None:
    readers = [role for role in shipped() if role.only_reads]
    assert {role.name for role in readers} == {"preview"}
    assert {levels.level(need.action) for role in readers for need in role.needs} <= READING


def test_some_actions_have_no_resource() -> None:
    assert levels.takes_resource("s3:GetObject")
    assert not levels.takes_resource("cloudtrail:LookupEvents")
    assert levels.takes_resource("unknown:Action")


def test_every_action_that_some_resource_type_takes_is_known() -> None:
    taken = {
        request.action
        for kind in resource_types().values()
        for operations in kind.calls.values()
        for requests in operations.values()
        for request in requests
    }
    assert len(taken) > 300
    assert sorted(action for action in taken if not levels.meant_by(action)) == []
