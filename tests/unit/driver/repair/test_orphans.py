"""What carries a stack's tags and no state lists: the thing itself is not there, nor what it is a part of."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from deploy_driver.repair.orphans import question_of, unlisted, with_removal

HERE = "eu-central-1:222222222222"
API = "arn:aws:apigateway:eu-central-1::/apis/a1b2"
REST_API = "arn:aws:apigateway:eu-central-1::/restapis/e5f6"
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
        (REST_API, "GetRestApi", {"restApiId": "e5f6"}),
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


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (API, "--api-id a1b2"),
        (REST_API, "--rest-api-id e5f6"),
        (FUNCTION, "--function-name items-dev"),
        (f"arn:aws:sns:{HERE}:items-dev", f"--topic-arn arn:aws:sns:{HERE}:items-dev"),
        (f"arn:aws:states:{HERE}:stateMachine:m", f"--state-machine-arn arn:aws:states:{HERE}:stateMachine:m"),
    ],
)
def test_what_holds_no_data_is_named_with_the_command_that_deletes_it(thing: str, said: str) -> None:
    typed = re.fullmatch(
        rf"{re.escape(thing)}: `deploy exec --stack dev -- aws (.+)` deletes it", with_removal(thing, "dev")
    )
    assert typed
    service, verb, option, value = typed[1].split()
    assert f"{option} {value}" == said
    model = botocore.session.get_session().get_service_model(service)
    (operation,) = (name for name in model.operation_names if xform_name(name, "-") == verb)
    shape = model.operation_model(operation).input_shape
    assert shape
    assert [f"--{xform_name(name, '-')}" for name in shape.required_members] == [option]


@pytest.mark.parametrize(
    "thing",
    ["arn:aws:s3:::items-dev", LOG, f"{API}/stages/$default", "aws:apigatewayv2/integration:Integration i: it is"],
)
def test_what_holds_data_and_what_has_no_command_is_only_named(thing: str) -> None:
    assert with_removal(thing, "dev") == thing
