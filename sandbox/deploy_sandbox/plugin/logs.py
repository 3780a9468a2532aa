"""CloudWatch Logs: log groups."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.tags import own, retag

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    tags = {"tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}
    account.logs.create_log_group(logGroupName=inputs["name"], **tags)
    return str(inputs["name"])


def _read(account: EnteredAccount, name: str, _: State) -> State | None:
    groups = account.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((one for one in groups if one["logGroupName"] == name), None)
    if found is None:
        return None
    arn = found["arn"].removesuffix(":*")
    return {
        "id": name,
        "name": name,
        "retentionInDays": found.get("retentionInDays", 0),
        "tagsAll": own(account.logs.list_tags_for_resource(resourceArn=arn).get("tags", {})),
        "arn": arn,
        "region": account.region,
    }


def _update(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    if change.touches("retentionInDays"):
        if change.new["retentionInDays"]:
            account.logs.put_retention_policy(logGroupName=name, retentionInDays=change.new["retentionInDays"])
        else:
            account.logs.delete_retention_policy(logGroupName=name)
    arn = f"arn:{account.partition}:logs:{account.region}:{account.id}:log-group:{name}"
    retag(
        change,
        lambda tags: account.logs.tag_resource(resourceArn=arn, tags=tags),
        lambda keys: account.logs.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def _delete(account: EnteredAccount, name: str, _: State) -> None:
    with suppress(account.logs.exceptions.ResourceNotFoundException):
        account.logs.delete_log_group(logGroupName=name)


TYPES = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("retentionInDays", InputKind.INTEGER, default=0, filled=True),
            *TAGS,
        ),
        outputs("arn", "region"),
        _create,
        _read,
        _delete,
        _update,
        completes=frozenset({"retentionInDays"}),
    ),
)
