"""What carries a stack's tags and no state lists: the thing itself is not there, nor what it is a part of."""

from __future__ import annotations

from typing import Any

import pytest

from deploy_driver.repair.orphans import question_of, unlisted

HERE = "eu-central-1:222222222222"
API = "arn:aws:apigateway:eu-central-1::/apis/a1b2"
FUNCTION = f"arn:aws:lambda:{HERE}:function:items-dev"
LOG = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/items-dev"
MAPPING = f"arn:aws:lambda:{HERE}:event-source-mapping:1a-2b"
LISTED: list[dict[str, Any]] = [
    {"id": "a1b2", "outputs": {"arn": API}},
    {"id": "items-dev", "outputs": {"arn": FUNCTION}},
    {"id": "/aws/lambda/items-dev", "outputs": {"arn": f"{LOG}:*"}},
    {"id": "1a-2b", "outputs": {}},
    {"urn": "a component"},
]


@pytest.mark.parametrize(
    ("arn", "listed"),
    [
        (API, True),
        (f"{API}/stages/$default", True),
        (API[:-1], False),
        ("arn:aws:apigateway:eu-central-1::/apis/c3d4", False),
        (FUNCTION, True),
        (f"{FUNCTION}-old", False),
        (LOG, True),
        (MAPPING, True),
        (f"{MAPPING}c", False),
        ("arn:aws:s3:::items-dev", False),
    ],
)
def test_what_is_listed(arn: str, listed: bool) -> None:
    assert unlisted([arn], LISTED) == ([] if listed else [arn])


@pytest.mark.parametrize(
    ("arn", "operation", "inputs"),
    [
        (API, "GetApi", {"apiId": "a1b2"}),
        (FUNCTION, "GetFunction", {"name": "items-dev"}),
        (LOG, "DescribeLogGroups", {"name": "/aws/lambda/items-dev"}),
        ("arn:aws:s3:::items-dev-222222222222", "HeadBucket", {"bucket": "items-dev-222222222222"}),
        (f"arn:aws:sqs:{HERE}:items-dev-jobs", "GetQueueAttributes", {"name": "items-dev-jobs"}),
        (f"arn:aws:dynamodb:{HERE}:table/items-dev", "DescribeTable", {"name": "items-dev"}),
    ],
)
def test_by_what_it_is_asked_whether_it_is_still_there(arn: str, operation: str, inputs: dict[str, str]) -> None:
    asked = question_of(arn)
    assert asked is not None
    question, known = asked
    assert (question.operation, known) == (operation, inputs)
    assert question.asked({**known, "account": "222222222222", "region": "eu-central-1"}) is not None


def test_of_some_things_nobody_knows_by_what_to_ask() -> None:
    assert question_of(MAPPING) is None
    assert question_of(f"{API}/stages/$default") is None
