"""By what a thing is found: every type that has a name is asked for, by a read that the preview role has."""

from __future__ import annotations

import pytest

from deploy_driver.drift.by_name import QUESTIONS
from deploy_infra.policies.resource_types import Phase, Scope, resource_types

NOT_ASKED = {
    "aws:lambda/layerVersion:LayerVersion",
    "aws:secretsmanager/secret:Secret",
    "aws:xray/group:Group",
    "aws:xray/samplingRule:SamplingRule",
}
"""Versions of a name, of which another may always be made; and what AWS does not say plainly that it is not there."""
OF_EVERYTHING = {"aws:apigatewayv2/api:Api"}
"""What only a list of all tells, which the preview role may see besides (`deploy_infra.policies.roles.compares`)."""


def test_every_type_that_is_called_something_of_its_own_is_asked_for() -> None:
    named = {
        kind.type for kind in resource_types().values() if kind.scope is Scope.NAME and kind.name and not kind.parent
    }
    assert named - QUESTIONS.keys() == NOT_ASKED


@pytest.mark.parametrize("type_", sorted((QUESTIONS.keys() & resource_types().keys()) - OF_EVERYTHING))
def test_it_is_asked_as_the_provider_reads_it(type_: str) -> None:
    kind = resource_types()[type_]
    reads = {operation.partition(":")[2] for operation in kind.calls[Phase.READ]}
    assert QUESTIONS[type_].operation in reads
    assert QUESTIONS[type_].names({}).keys() >= {kind.name}


def test_the_parameters_are_made_of_inputs_and_place() -> None:
    here = {"account": "222222222222", "region": "eu-central-1"}
    queue, rule = QUESTIONS["aws:sqs/queue:Queue"], QUESTIONS["aws:cloudwatch/eventRule:EventRule"]
    url = "https://sqs.eu-central-1.amazonaws.com/222222222222/orders-dev-jobs"
    assert queue.asked({**here, "name": "orders-dev-jobs"}) == {"QueueUrl": url}
    assert rule.asked({**here, "name": "tick"}) == {"Name": "tick", "EventBusName": "default"}
    assert rule.asked({**here, "name": "tick", "eventBusName": "own"}) == {"Name": "tick", "EventBusName": "own"}
    assert list(queue.names({"name": "jobs"}).values()) == ["jobs"]


@pytest.mark.parametrize("name", [None, "[unknown]", 3])
def test_what_has_no_name_yet_is_not_asked_for(name: object) -> None:
    here = {"account": "222222222222", "region": "eu-central-1"}
    assert QUESTIONS["aws:sns/topic:Topic"].asked({**here, "name": name}) is None
