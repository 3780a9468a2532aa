"""SQS: queues, and the settings of a queue that are resources of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, attributes, changed_attributes, inputs_in_attributes, simple_type

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceType, ResourceUpdate, State

_GONE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_QUEUE = (
    Property("delaySeconds", InputKind.INTEGER, default=0, filled=True),
    Property("visibilityTimeoutSeconds", InputKind.INTEGER, default=30, filled=True, member="VisibilityTimeout"),
    Property(
        "messageRetentionSeconds", InputKind.INTEGER, default=345600, filled=True, member="MessageRetentionPeriod"
    ),
    Property("maxMessageSize", InputKind.INTEGER, default=262144, filled=True, member="MaximumMessageSize"),
    Property(
        "receiveWaitTimeSeconds", InputKind.INTEGER, default=0, filled=True, member="ReceiveMessageWaitTimeSeconds"
    ),
    Property("fifoQueue", InputKind.BOOLEAN, default=False, filled=True, replaces=True),
    Property("contentBasedDeduplication", InputKind.BOOLEAN, default=False, filled=True),
    Property("deduplicationScope", cloud_decides=True),
    Property("fifoThroughputLimit", cloud_decides=True),
    Property("kmsMasterKeyId"),
    Property("kmsDataKeyReusePeriodSeconds", InputKind.INTEGER, cloud_decides=True),
    Property("sqsManagedSseEnabled", InputKind.BOOLEAN, cloud_decides=True),
    Property("policy", InputKind.DOCUMENT, cloud_decides=True),
    Property("redrivePolicy", InputKind.DOCUMENT, cloud_decides=True),
    Property("redriveAllowPolicy", InputKind.DOCUMENT, cloud_decides=True),
)
_OF_FIFO_QUEUES = {"fifoQueue", "contentBasedDeduplication"}


def _found(account: EnteredAccount, url: str) -> dict[str, str]:
    return dict(account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def _set(account: EnteredAccount, url: str, wanted: dict[str, str]) -> None:
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=wanted)


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    given = {key: value for key, value in inputs.items() if value or key not in _OF_FIFO_QUEUES}
    made = account.client("sqs").create_queue(
        QueueName=inputs["name"], Attributes=attributes(_QUEUE, given), tags=inputs["tagsAll"]
    )
    return str(made["QueueUrl"])


def _read(account: EnteredAccount, url: str, _: State) -> State:
    found = _found(account, url)
    return {
        **dict.fromkeys(_OF_FIFO_QUEUES, False),
        **{key: value for key, value in inputs_in_attributes(_QUEUE, found).items() if value is not None},
        "id": url,
        "name": url.rpartition("/")[2],
        "arn": found["QueueArn"],
        "url": url,
        "region": account.region,
    }


def _update(account: EnteredAccount, url: str, change: ResourceUpdate) -> None:
    _set(account, url, changed_attributes(_QUEUE, change))


def _of_a_queue(token: str, name: str) -> ResourceType:
    """The one attribute of a queue that is a resource of its own."""
    table = (Property(name, InputKind.DOCUMENT, required=True),)

    def create(account: EnteredAccount, inputs: Inputs) -> str:
        _set(account, inputs["queueUrl"], attributes(table, inputs))
        return str(inputs["queueUrl"])

    def read(account: EnteredAccount, url: str, _: State) -> State | None:
        found = inputs_in_attributes(table, _found(account, url))
        return {"id": url, "queueUrl": url, "region": account.region, **found} if found[name] else None

    return simple_type(
        token,
        (Property("queueUrl", required=True, replaces=True), *table),
        outputs=outputs("region"),
        create=create,
        read=read,
        update=lambda account, url, change: _set(account, url, changed_attributes(table, change)),
        delete=lambda account, url, _: _set(account, url, attributes(table, {name: ""})),
        gone=_GONE,
    )


TYPES = (
    simple_type(
        "aws:sqs/queue:Queue",
        (Property("name", required=True, names=True, replaces=True), *_QUEUE, *TAGS),
        outputs=outputs("arn", "url", "region"),
        create=_create,
        read=_read,
        update=_update,
        delete=lambda account, url, _: account.client("sqs").delete_queue(QueueUrl=url),
        gone=_GONE,
        tagging=Tagging(
            "sqs", "QueueUrl", put="tag_queue", remove="untag_queue", listing="list_queue_tags", paired=False
        ),
    ),
    _of_a_queue("aws:sqs/queuePolicy:QueuePolicy", "policy"),
    _of_a_queue("aws:sqs/redrivePolicy:RedrivePolicy", "redrivePolicy"),
)
