"""Whether something of a name stands already: it does, it does not, or the account does not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.drift.resource_state import ResourceState
from deploy_driver.errors import NotReadyError
from tests.carried import is_helped
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, trusting
from tests.contract.cloud.powers import Powers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.accounts import Sandbox

DEV = "222222222222"
LAMBDA = {"Service": "lambda.amazonaws.com"}


class Seat(AwsSession):
    """The clients of somebody whose keys are known."""

    def __init__(self, who: Someone, region: str) -> None:
        super().__init__(region)
        self._who = who

    def client(self, service: str, region: str = "") -> Any:
        del region
        return self._who.client(service)


@dataclass(frozen=True)
class Kind:
    """A type, the inputs that name one of it, and how somebody makes it by hand. `{}` is the test's own name."""

    type: str
    inputs: Mapping[str, str]
    service: str
    method: str
    request: Mapping[str, Any] = field(default_factory=dict)


KINDS = (
    Kind(
        "aws:s3/bucket:Bucket",
        {"bucket": "{}"},
        "s3",
        "create_bucket",
        {"Bucket": "{}", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}},
    ),
    Kind(
        "aws:apigatewayv2/api:Api", {"name": "{}"}, "apigatewayv2", "create_api", {"Name": "{}", "ProtocolType": "HTTP"}
    ),
    Kind("aws:cloudwatch/logGroup:LogGroup", {"name": "{}"}, "logs", "create_log_group", {"logGroupName": "{}"}),
    Kind("aws:sqs/queue:Queue", {"name": "{}"}, "sqs", "create_queue", {"QueueName": "{}"}),
    Kind("aws:sns/topic:Topic", {"name": "{}"}, "sns", "create_topic", {"Name": "{}"}),
    Kind(
        "aws:dynamodb/table:Table",
        {"name": "{}"},
        "dynamodb",
        "create_table",
        {
            "TableName": "{}",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    ),
    Kind(
        "aws:ssm/parameter:Parameter",
        {"name": "{}"},
        "ssm",
        "put_parameter",
        {"Name": "{}", "Value": "1", "Type": "String"},
    ),
    Kind(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {"name": "{}"},
        "cloudwatch",
        "put_metric_alarm",
        {
            "AlarmName": "{}",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "Period": 60,
            "Statistic": "Sum",
            "Threshold": 1.0,
        },
    ),
    Kind(
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "{}"},
        "events",
        "put_rule",
        {"Name": "{}", "ScheduleExpression": "rate(5 minutes)"},
    ),
    Kind(
        "aws:kinesis/stream:Stream", {"name": "{}"}, "kinesis", "create_stream", {"StreamName": "{}", "ShardCount": 1}
    ),
    Kind("aws:sfn/activity:Activity", {"name": "{}"}, "stepfunctions", "create_activity", {"name": "{}"}),
    Kind(
        "aws:iam/role:Role",
        {"name": "{}"},
        "iam",
        "create_role",
        {"RoleName": "{}", "AssumeRolePolicyDocument": trusting(LAMBDA)},
    ),
    Kind(
        "aws:iam/policy:Policy",
        {"name": "{}"},
        "iam",
        "create_policy",
        {"PolicyName": "{}", "PolicyDocument": document(ALLOW_ALL)},
    ),
    Kind(
        "aws:iam/instanceProfile:InstanceProfile",
        {"name": "{}"},
        "iam",
        "create_instance_profile",
        {"InstanceProfileName": "{}"},
    ),
)


def filled(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(item, name) for key, item in value.items()}
    return name if value == "{}" else value


def stands(who: Someone, sandbox: Sandbox, type_: str, inputs: Mapping[str, Any]) -> bool:
    seen = ResourceState("urn:pulumi:dev::items::t::n", "create", known=False, gone=False, inputs=inputs)
    return Presence(Seat(who, sandbox.region), DEV, sandbox.region).stands(type_, seen)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_it_stands_or_it_does_not_or_nobody_may_know(
    kind: Kind, sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    anybody = someone("dev", ALLOW_ALL)
    assert not stands(anybody, sandbox, kind.type, filled(kind.inputs, unique))
    getattr(as_root("dev", kind.service), kind.method)(**filled(kind.request, unique))
    assert stands(anybody, sandbox, kind.type, filled(kind.inputs, unique))
    assert not stands(anybody, sandbox, kind.type, filled(kind.inputs, f"{unique}x"))
    with pytest.raises(NotReadyError, match=f"whether there is {kind.type} {unique} already") as refused:
        stands(someone("dev"), sandbox, kind.type, filled(kind.inputs, unique))
    assert "deploy bootstrap" in refused.value.remedy


def test_a_bucket_that_another_account_has_gets_another_name(
    sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    preview = someone("dev", ALLOW_ALL)
    as_root("prod", "s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    is_helped(
        remedies.POLICIES_OR_OTHER_BUCKET,
        lambda: stands(preview, sandbox, "aws:s3/bucket:Bucket", {"bucket": unique}),
        lambda: stands(preview, sandbox, "aws:s3/bucket:Bucket", {"bucket": f"{unique}-ours"}),
    )


def test_a_function_and_its_alias(
    sandbox: Sandbox, someone: Callable[..., Someone], as_root: Callable[[str, str], Any], published: str, unique: str
) -> None:
    anybody, alias = someone("dev", ALLOW_ALL), {"functionName": unique, "name": "live"}
    assert published.endswith(unique)
    assert stands(anybody, sandbox, "aws:lambda/function:Function", {"name": unique})
    assert not stands(anybody, sandbox, "aws:lambda/function:Function", {"name": f"{unique}x"})
    assert not stands(anybody, sandbox, "aws:lambda/alias:Alias", alias)
    as_root("dev", "lambda").create_alias(FunctionName=unique, Name="live", FunctionVersion="1")
    assert stands(anybody, sandbox, "aws:lambda/alias:Alias", alias)
    with pytest.raises(NotReadyError):
        stands(someone("dev"), sandbox, "aws:lambda/alias:Alias", alias)


def test_what_has_no_name_yet_or_none_at_all_is_not_asked_for(
    sandbox: Sandbox, someone: Callable[..., Someone]
) -> None:
    nobody = someone("dev")
    assert not stands(nobody, sandbox, "aws:lambda/alias:Alias", {"functionName": "[unknown]", "name": "live"})
    assert not stands(nobody, sandbox, "aws:apigatewayv2/route:Route", {"routeKey": "GET /health"})


def test_a_throttled_read_is_no_answer(sandbox: Sandbox, someone: Callable[..., Someone], unique: str) -> None:
    powers = Powers(sandbox, (sandbox.home / "powers-token").read_text(encoding="utf-8"))
    fault = {"action": "cloudtrail:GetTrail", "account": DEV, "error": "ThrottlingException", "status": 400}
    powers.use("POST", "/_sandbox/faults", times=10, **fault)
    try:
        with pytest.raises(NotReadyError, match="ThrottlingException"):
            stands(someone("dev", ALLOW_ALL), sandbox, "aws:cloudtrail/trail:Trail", {"name": unique})
    finally:
        powers.use("DELETE", "/_sandbox/faults")
    assert not stands(someone("dev", ALLOW_ALL), sandbox, "aws:cloudtrail/trail:Trail", {"name": unique})
