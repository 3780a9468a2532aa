"""SNS: topics, their policies and subscriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, attributes, changed_attributes, inputs_in_attributes, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_GONE = frozenset({"NotFound", "NotFoundException"})
_TOPIC = (
    Property("displayName", default=""),
    Property("fifoTopic", InputKind.BOOLEAN, default=False, filled=True, replaces=True),
    Property("contentBasedDeduplication", InputKind.BOOLEAN, default=False, filled=True),
    Property("kmsMasterKeyId"),
    Property("policy", InputKind.DOCUMENT, cloud_decides=True),
    Property("deliveryPolicy", InputKind.DOCUMENT),
    Property("tracingConfig", cloud_decides=True),
    Property("signatureVersion", InputKind.INTEGER, cloud_decides=True),
)
_OF_FIFO_TOPICS = {"fifoTopic", "contentBasedDeduplication"}
_POLICY = (Property("policy", InputKind.DOCUMENT, required=True),)
_SUBSCRIBED = (
    Property("topic", required=True, replaces=True, member="TopicArn"),
    Property("protocol", required=True, replaces=True),
    Property("endpoint", required=True, replaces=True),
)
_SUBSCRIPTION = (
    Property("rawMessageDelivery", InputKind.BOOLEAN, default=False, filled=True),
    Property("filterPolicy", InputKind.DOCUMENT),
    Property("filterPolicyScope", cloud_decides=True),
    Property("redrivePolicy", InputKind.DOCUMENT),
    Property("deliveryPolicy", InputKind.DOCUMENT),
    Property("subscriptionRoleArn"),
)
_EVERYTHING = "{}"
"""The filter of a subscription that has none; an empty text is not taken."""


def _create_topic(account: EnteredAccount, inputs: Inputs) -> str:
    given = {key: value for key, value in inputs.items() if value or key not in _OF_FIFO_TOPICS}
    tags = {"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}
    made = account.client("sns").create_topic(Name=inputs["name"], Attributes=attributes(_TOPIC, given), **tags)
    return str(made["TopicArn"])


def _topic(account: EnteredAccount, arn: str) -> dict[str, str]:
    return dict(account.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"])


def _read_topic(account: EnteredAccount, arn: str, _: State) -> State:
    found = _topic(account, arn)
    return {
        **dict.fromkeys(_OF_FIFO_TOPICS, False),
        **{key: value for key, value in inputs_in_attributes(_TOPIC, found).items() if value is not None},
        "id": arn,
        "arn": arn,
        "name": arn.rpartition(":")[2],
        "owner": found["Owner"],
        "region": account.region,
    }


def _set_topic(account: EnteredAccount, arn: str, change: ResourceUpdate) -> None:
    for name, value in changed_attributes(_TOPIC, change).items():
        account.client("sns").set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)


def _put_policy(account: EnteredAccount, arn: str, policy: str) -> None:
    account.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _create_policy(account: EnteredAccount, inputs: Inputs) -> str:
    _put_policy(account, inputs["arn"], inputs["policy"])
    return str(inputs["arn"])


def _read_policy(account: EnteredAccount, arn: str, _: State) -> State:
    found = _topic(account, arn)
    return {
        "id": arn,
        "arn": arn,
        **inputs_in_attributes(_POLICY, found),
        "owner": found["Owner"],
        "region": account.region,
    }


def _policy_as_born(account: EnteredAccount, arn: str, _: State) -> None:
    """A topic is never without a policy: what is put back is the one that it had at first."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:Receive"],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account.id}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    _put_policy(account, arn, json.dumps(document))


def _subscribe(account: EnteredAccount, inputs: Inputs) -> str:
    subscribed = {"TopicArn": inputs["topic"], "Protocol": inputs["protocol"], "Endpoint": inputs["endpoint"]}
    made = account.client("sns").subscribe(
        **subscribed, Attributes=attributes(_SUBSCRIPTION, inputs), ReturnSubscriptionArn=True
    )
    return str(made["SubscriptionArn"])


def _read_subscription(account: EnteredAccount, arn: str, _: State) -> State:
    found = account.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    unfiltered = {"filterPolicy": None} if found.get("FilterPolicy") == _EVERYTHING else {}
    return {
        **inputs_in_attributes((*_SUBSCRIBED, *_SUBSCRIPTION), found),
        **unfiltered,
        "rawMessageDelivery": found.get("RawMessageDelivery") == "true",
        "id": arn,
        "arn": arn,
        "ownerId": found["Owner"],
        "pendingConfirmation": found["PendingConfirmation"] == "true",
        "confirmationWasAuthenticated": found["ConfirmationWasAuthenticated"] == "true",
        "region": account.region,
    }


def _set_subscription(account: EnteredAccount, arn: str, change: ResourceUpdate) -> None:
    for name, value in changed_attributes(_SUBSCRIPTION, change).items():
        wanted = _EVERYTHING if name == "FilterPolicy" and not value else value
        account.client("sns").set_subscription_attributes(
            SubscriptionArn=arn, AttributeName=name, AttributeValue=wanted
        )


TYPES = (
    simple_type(
        "aws:sns/topic:Topic",
        (Property("name", required=True, names=True, replaces=True), *_TOPIC, *TAGS),
        outputs=outputs("arn", "owner", "region"),
        create=_create_topic,
        read=_read_topic,
        update=_set_topic,
        delete=lambda account, arn, _: account.client("sns").delete_topic(TopicArn=arn),
        gone=_GONE,
        tagging=Tagging("sns", "ResourceArn"),
    ),
    simple_type(
        "aws:sns/topicPolicy:TopicPolicy",
        (Property("arn", required=True, replaces=True), *_POLICY),
        outputs=outputs("owner", "region"),
        create=_create_policy,
        read=_read_policy,
        update=lambda account, arn, change: _put_policy(account, arn, change.new["policy"]),
        delete=_policy_as_born,
        gone=_GONE,
    ),
    simple_type(
        "aws:sns/topicSubscription:TopicSubscription",
        (
            *_SUBSCRIBED,
            *_SUBSCRIPTION,
            Property("confirmationTimeoutInMinutes", InputKind.INTEGER, default=1, filled=True, in_cloud=False),
            Property("endpointAutoConfirms", InputKind.BOOLEAN, default=False, filled=True, in_cloud=False),
        ),
        outputs=outputs("arn", "ownerId", "pendingConfirmation", "confirmationWasAuthenticated", "region"),
        create=_subscribe,
        read=_read_subscription,
        update=_set_subscription,
        delete=lambda account, arn, _: account.client("sns").unsubscribe(SubscriptionArn=arn),
        gone=_GONE,
    ),
)
