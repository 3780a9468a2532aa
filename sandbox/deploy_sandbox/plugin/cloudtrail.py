"""CloudTrail: trails."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.tags import pairs, retag, unpaired

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_SETTINGS = {
    "s3BucketName": "S3BucketName",
    "isMultiRegionTrail": "IsMultiRegionTrail",
    "includeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "enableLogFileValidation": "EnableLogFileValidation",
}


def _settings(inputs: Inputs) -> dict[str, Any]:
    return {theirs: inputs[ours] for ours, theirs in _SETTINGS.items()}


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    made = account.cloudtrail.create_trail(Name=inputs["name"], TagsList=pairs(inputs["tagsAll"]), **_settings(inputs))
    return made["TrailARN"]


def _read(account: EnteredAccount, arn: str, _: State) -> State | None:
    found = account.cloudtrail.describe_trails(trailNameList=[arn]).get("trailList", [])
    if not found:
        return None
    trail = found[0]
    listed = account.cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"]
    return {
        "id": arn,
        "arn": arn,
        "name": trail["Name"],
        "s3BucketName": trail["S3BucketName"],
        "isMultiRegionTrail": trail["IsMultiRegionTrail"],
        "includeGlobalServiceEvents": trail["IncludeGlobalServiceEvents"],
        "enableLogFileValidation": trail["LogFileValidationEnabled"],
        "enableLogging": account.cloudtrail.get_trail_status(Name=arn)["IsLogging"],
        "tagsAll": unpaired(tag for one in listed for tag in one.get("TagsList", [])),
        "homeRegion": trail["HomeRegion"],
        "region": account.region,
    }


def _update(account: EnteredAccount, arn: str, change: ResourceUpdate) -> None:
    trails = account.cloudtrail
    if change.touches(*_SETTINGS):
        trails.update_trail(Name=arn, **_settings(change.new))
    if change.touches("enableLogging"):
        if change.new["enableLogging"]:
            trails.start_logging(Name=arn)
        else:
            trails.stop_logging(Name=arn)
    retag(
        change,
        lambda tags: trails.add_tags(ResourceId=arn, TagsList=pairs(tags)),
        lambda keys: trails.remove_tags(ResourceId=arn, TagsList=[{"Key": key} for key in keys]),
    )


def _delete(account: EnteredAccount, arn: str, _: State) -> None:
    with suppress(account.cloudtrail.exceptions.TrailNotFoundException):
        account.cloudtrail.delete_trail(Name=arn)


TYPES = (
    ResourceType(
        "aws:cloudtrail/trail:Trail",
        (
            Property("name", required=True, names=True, replaces=True),
            Property("s3BucketName", required=True),
            Property("isMultiRegionTrail", InputKind.BOOLEAN, default=False, filled=True),
            Property("includeGlobalServiceEvents", InputKind.BOOLEAN, default=True, filled=True),
            Property("enableLogFileValidation", InputKind.BOOLEAN, default=False, filled=True),
            Property("enableLogging", InputKind.BOOLEAN, default=True, filled=True),
            *TAGS,
        ),
        outputs("arn", "homeRegion", "region"),
        _create,
        _read,
        _delete,
        _update,
        completes=frozenset({"enableLogging"}),
    ),
)
