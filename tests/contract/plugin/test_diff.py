"""What differs, and what a difference means: in place, another resource, or the old one first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_sandbox.plugin.diff import delete_first, differences
from deploy_sandbox.plugin.policy import equivalent
from deploy_sandbox.plugin.registry import resource_type
from deploy_sandbox.plugin.resource import InputKind, Property, ResourceType
from deploy_sandbox.plugin.wire import UNKNOWN, CodeArchive
from tests.contract.plugin.all_types import all_types

TYPES = all_types()
ids = [kind.token for kind in TYPES]
words = st.text("abc", min_size=1, max_size=4)

_BY_KIND: dict[InputKind, st.SearchStrategy[Any]] = {
    InputKind.TEXT: words,
    InputKind.FUNCTION: words,
    InputKind.INTEGER: st.integers(0, 9999),
    InputKind.NUMBER: st.floats(0, 99),
    InputKind.BOOLEAN: st.booleans(),
    InputKind.DOCUMENT: words.map(lambda word: json.dumps({"Statement": [{"Action": word}]})),
    InputKind.TEXTS: st.lists(words, min_size=1, max_size=3),
    InputKind.ORDERED_TEXTS: st.lists(words, min_size=1, max_size=3),
    InputKind.TEXT_MAP: st.dictionaries(words, words, max_size=3),
    InputKind.CODE: words.map(lambda word: CodeArchive(hash=word)),
}


def value_of(one: Property, *, decided: bool = True) -> st.SearchStrategy[Any]:
    if one.kind is InputKind.OBJECT:
        return inputs_of(one.fields, decided=decided)
    if one.kind in {InputKind.OBJECTS, InputKind.OBJECT_SET}:
        return st.lists(inputs_of(one.fields, decided=decided), min_size=1, max_size=2)
    return _BY_KIND[one.kind]


def inputs_of(table: tuple[Property, ...], *, decided: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Inputs of a table, with (`decided`) or without those that the cloud decides."""
    given = [one for one in table if decided or not one.cloud_decides]
    return st.fixed_dictionaries(
        {one.name: value_of(one, decided=decided) for one in given if one.required},
        optional={one.name: value_of(one, decided=decided) for one in given if not one.required},
    )


@pytest.mark.parametrize("kind", TYPES, ids=ids)
@given(data=st.data())
def test_nothing_differs_from_itself(kind: ResourceType, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(kind.inputs))
    assert differences(kind, inputs, inputs) == ()


@pytest.mark.parametrize("kind", TYPES, ids=ids)
@given(data=st.data())
def test_a_difference_is_seen_from_both_sides(kind: ResourceType, data: st.DataObject) -> None:
    left, right = (data.draw(inputs_of(kind.inputs, decided=False)) for _ in range(2))
    there, back = ([one.path for one in differences(kind, *pair)] for pair in ((left, right), (right, left)))
    assert there == back


@pytest.mark.parametrize("kind", TYPES, ids=ids)
@given(data=st.data())
def test_every_unknown_differs_at_its_own_place(kind: ResourceType, data: st.DataObject) -> None:
    inputs = data.draw(inputs_of(kind.inputs))
    one = data.draw(st.sampled_from(kind.inputs))
    found = differences(kind, inputs, {**inputs, one.name: UNKNOWN})
    assert [(each.path, each.replaces) for each in found] == [(one.name, one.replaces)]


REPLACES = {
    "aws:apigatewayv2/api:Api": {"protocolType"},
    "aws:apigatewayv2/integration:Integration": {"apiId", "integrationType"},
    "aws:apigatewayv2/route:Route": {"apiId"},
    "aws:apigatewayv2/stage:Stage": {"apiId", "name"},
    "aws:cloudtrail/trail:Trail": {"name"},
    "aws:cloudwatch/eventRule:EventRule": {"name", "eventBusName"},
    "aws:cloudwatch/eventTarget:EventTarget": {"rule", "targetId", "eventBusName"},
    "aws:cloudwatch/logGroup:LogGroup": {"name"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name"},
    "aws:dynamodb/table:Table": {"name", "hashKey", "rangeKey", "localSecondaryIndexes"},
    "aws:iam/instanceProfile:InstanceProfile": {"name"},
    "aws:iam/policy:Policy": {"name", "description"},
    "aws:iam/role:Role": {"name", "path"},
    "aws:iam/rolePolicy:RolePolicy": {"name", "role"},
    "aws:lambda/alias:Alias": {"name", "functionName"},
    "aws:lambda/eventSourceMapping:EventSourceMapping": {"eventSourceArn", "startingPosition"},
    "aws:lambda/function:Function": {"name"},
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {"functionName", "qualifier"},
    "aws:lambda/layerVersion:LayerVersion": {
        *("layerName", "code", "sourceCodeHash", "description", "licenseInfo"),
        *("compatibleRuntimes", "compatibleArchitectures"),
    },
    "aws:lambda/permission:Permission": {"statementId", "action", "function", "principal", "sourceArn", "qualifier"},
    "aws:s3/bucket:Bucket": {"bucket"},
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": {"bucket"},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {"bucket"},
    "aws:s3/bucketNotification:BucketNotification": {"bucket"},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"bucket"},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket"},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket"},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {"bucket"},
    "aws:s3/bucketVersioning:BucketVersioning": {"bucket"},
    "aws:secretsmanager/secret:Secret": {"name"},
    "aws:secretsmanager/secretVersion:SecretVersion": {"secretId", "secretString"},
    "aws:sns/topic:Topic": {"name", "fifoTopic"},
    "aws:sns/topicPolicy:TopicPolicy": {"arn"},
    "aws:sns/topicSubscription:TopicSubscription": {"topic", "protocol", "endpoint"},
    "aws:sqs/queue:Queue": {"name", "fifoQueue"},
    "aws:sqs/queuePolicy:QueuePolicy": {"queueUrl"},
    "aws:sqs/redrivePolicy:RedrivePolicy": {"queueUrl"},
    "aws:ssm/parameter:Parameter": {"name"},
}
"""The inputs that the Terraform AWS provider marks ForceNew, for the inputs that this plugin knows."""


@pytest.mark.parametrize("kind", TYPES, ids=ids)
def test_what_cannot_be_changed_in_place(kind: ResourceType) -> None:
    assert {one.name for one in kind.inputs if one.replaces} == REPLACES[kind.token]


def test_a_new_name_is_made_before_the_old_goes_and_a_kept_name_after() -> None:
    policy = resource_type("aws:iam/policy:Policy")
    renamed = differences(policy, {"name": "a", "description": "d"}, {"name": "b", "description": "d"})
    redescribed = differences(policy, {"name": "a", "description": "d"}, {"name": "a", "description": "e"})
    assert not delete_first(policy, renamed)
    assert delete_first(policy, redescribed)


def test_what_has_no_name_of_its_own_is_made_first() -> None:
    route = resource_type("aws:apigatewayv2/route:Route")
    assert not delete_first(route, differences(route, {"apiId": "a"}, {"apiId": "b"}))


def test_an_update_deletes_nothing_first() -> None:
    role = resource_type("aws:iam/role:Role")
    assert not delete_first(role, differences(role, {"name": "a"}, {"name": "a", "description": "e"}))


def test_keys_that_are_no_words_are_quoted() -> None:
    role = resource_type("aws:iam/role:Role")
    found = differences(role, {"tags": {}}, {"tags": {"deploy:stack": "dev", 'say "hi"': "1", "plain": "1"}})
    assert [one.path for one in found] == ['tags["deploy:stack"]', "tags.plain", 'tags["say \\"hi\\""]']


def test_a_set_has_no_order() -> None:
    table = resource_type("aws:dynamodb/table:Table")
    one, other = {"name": "a", "type": "S"}, {"name": "b", "type": "N"}
    assert differences(table, {"attributes": [one, other]}, {"attributes": [other, one]}) == ()
    for wanted in ([one], [one, one], [one, {**other, "type": "S"}]):
        assert [found.path for found in differences(table, {"attributes": [one, other]}, {"attributes": wanted})] == [
            "attributes"
        ]


def test_what_the_cloud_decides_is_no_difference() -> None:
    stage = resource_type("aws:apigatewayv2/stage:Stage")
    live = {"defaultRouteSettings": {"throttlingBurstLimit": 5000}}
    assert differences(stage, live, {}) == ()
    assert differences(stage, live, {"defaultRouteSettings": {"throttlingBurstLimit": 1}}) != ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"Statement": {"Action": "s3:GetObject"}}, {"Statement": [{"Action": ["s3:getobject"]}]}),
        ({"Statement": [{"Action": ["a:b", "a:c"]}]}, {"Statement": [{"Action": ["a:c", "a:b"]}]}),
        (
            {"Statement": [{"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}]},
            {"Statement": [{"Principal": {"AWS": ["111111111111"]}}]},
        ),
        ({"Statement": [{"Principal": "*"}]}, {"Statement": [{"Principal": {"AWS": "*"}}]}),
        (
            {"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": False}}}]},
            {"Statement": [{"Condition": {"Bool": {"aws:securetransport": ["false"]}}}]},
        ),
        ({"Statement": [{"Sid": "", "Effect": "Allow"}]}, {"Statement": [{"Effect": "Allow"}]}),
        ({"Statement": [{"Action": "a:b"}, {"Action": "a:c"}]}, {"Statement": [{"Action": "a:c"}, {"Action": "a:b"}]}),
    ],
)
def test_documents_that_say_the_same(left: Any, right: Any) -> None:
    assert equivalent(json.dumps(left), json.dumps(right, indent=2))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"Statement": [{"Action": "a:b"}]}, {"Statement": [{"NotAction": "a:b"}]}),
        ({"Statement": [{"Resource": "x"}]}, {"Statement": [{"Resource": "X"}]}),
        ({"Statement": [{"Sid": "A"}]}, {"Statement": [{"Sid": "B"}]}),
        ({"Statement": [{"Effect": "Allow"}]}, {"Statement": []}),
        (
            {"Statement": [{"Condition": {"StringEquals": {"a": "1"}}}]},
            {"Statement": [{"Condition": {"StringLike": {"a": "1"}}}]},
        ),
        (
            {"Statement": [{"Principal": {"AWS": "111111111111"}}]},
            {"Statement": [{"Principal": {"AWS": "222222222222"}}]},
        ),
    ],
)
def test_documents_that_do_not(left: Any, right: Any) -> None:
    assert not equivalent(json.dumps(left), json.dumps(right))
