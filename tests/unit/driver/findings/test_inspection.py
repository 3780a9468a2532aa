"""What the inspection makes of AWS's answers: a thing, its absence, or why it could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy_driver.assurance.adapters.inspection import Inspector
from deploy_driver.assurance.findings.observed import SeenBucket, SeenFunction, SeenTrail, Unseen

Answer = Mapping[str, Any] | Exception


@dataclass
class FakeAws:
    """A session whose every client answers by operation."""

    answers: Mapping[str, Answer]

    def client(self, service: str, region: str = "") -> Any:
        del service, region
        return self

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: [getattr(self, operation)(**asked)])

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        answer = self.answers[operation]

        def call(**_asked: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def seen(**answers: Answer) -> Inspector:
    aws: Any = FakeAws(answers)
    return Inspector(aws, "eu-central-1")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said so"}}, "Operation")


TRAIL = {"Trail": {"IsMultiRegionTrail": True, "LogFileValidationEnabled": True, "S3BucketName": "record"}}
LOGS = {"IsLogging": True}


def trail(selectors: Answer) -> Any:
    return seen(get_trail=TRAIL, get_trail_status=LOGS, get_event_selectors=selectors).trail("deploy-trail")


@pytest.mark.parametrize(("code", "absent"), [("NoSuchEntity", True), ("AccessDenied", False)])
def test_a_role_that_is_not_there_is_absent_and_one_that_is_denied_is_unseen(code: str, absent: bool) -> None:
    role = seen(get_role=refused(code)).role("deployer")
    assert role == (None if absent else Unseen("role deployer: AccessDenied: said so"))


def test_an_endpoint_that_does_not_answer_is_unseen() -> None:
    role = seen(get_role=EndpointConnectionError(endpoint_url="https://iam")).role("deployer")
    assert isinstance(role, Unseen)
    assert role.refused


def test_a_bucket_without_block_and_policy_has_neither() -> None:
    found = seen(
        get_bucket_location={},
        get_public_access_block=refused("NoSuchPublicAccessBlockConfiguration"),
        get_bucket_policy=refused("NoSuchBucketPolicy"),
    ).bucket("items")
    assert found == SeenBucket(frozenset(), None)


def test_a_bucket_tells_which_settings_are_on_and_what_may_not_be_read() -> None:
    block = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": False}}
    found = seen(
        get_bucket_location={}, get_public_access_block=block, get_bucket_policy=refused("AccessDenied")
    ).bucket("items")
    assert isinstance(found, SeenBucket)
    assert found.public_access_block == frozenset({"BlockPublicAcls"})
    assert isinstance(found.policy, Unseen)


@pytest.mark.parametrize(
    ("selectors", "whole"),
    [
        ({}, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}, False),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, False),
        ({"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}, False),
        (
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]},
            True,
        ),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]}, False),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "readOnly", "Equals": ["false"]},
                        ]
                    }
                ]
            },
            False,
        ),
    ],
)
def test_a_trail_says_whether_management_events_are_left_out(selectors: Answer, whole: bool) -> None:
    found = trail(selectors)
    assert isinstance(found, SeenTrail)
    assert (found.left_out == "") is whole


def test_selectors_that_may_not_be_read_are_unseen_and_the_rest_of_the_trail_is_not() -> None:
    found = trail(refused("AccessDenied"))
    assert found.logging
    assert isinstance(found.left_out, Unseen)


VERSIONS = {"Versions": [{"Version": "$LATEST"}, {"Version": "1"}]}
ALIASES = {"Aliases": [{"Name": "live"}]}


def function(**answers: Answer) -> Any:
    return seen(list_versions_by_function=VERSIONS, list_aliases=ALIASES, **answers).function("items")


def test_a_function_tells_every_policy_and_which_may_not_be_read() -> None:
    assert function(get_policy={"Policy": '{"Statement": []}'}) == SeenFunction(
        {key: {"Statement": []} for key in ("", "1", "live")}
    )
    assert function(get_policy=refused("ResourceNotFoundException")) == SeenFunction({})
    denied = function(get_policy=refused("AccessDeniedException"))
    assert {type(said) for said in denied.policies.values()} == {Unseen}


def test_a_function_that_is_not_there_is_absent() -> None:
    gone = seen(list_versions_by_function=refused("ResourceNotFoundException"))
    assert gone.function("items") is None


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"ClientIDList": ["sts.amazonaws.com"]}, ("sts.amazonaws.com",)),
        ({"ClientIDList": []}, ()),
        (refused("NoSuchEntity"), None),
        (refused("AccessDenied"), Unseen("identity provider arn:x: AccessDenied: said so")),
    ],
)
def test_an_identity_provider_is_seen_with_its_audiences(answer: Answer, found: Any) -> None:
    assert seen(get_open_id_connect_provider=answer).audiences("arn:x") == found
