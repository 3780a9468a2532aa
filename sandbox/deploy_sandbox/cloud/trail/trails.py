"""The trails themselves: what CreateTrail refuses, and what it used to lose.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html: the bucket must exist
(S3BucketDoesNotExistException) and let CloudTrail write (InsufficientS3BucketPolicyException); the tags list is kept.
GetTrailStatus tells when and how the last delivery went. The emulator took any bucket, lost the tags and knew no delivery.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, get_account_id, get_region

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace
from deploy_sandbox.cloud.trail.bucket import Destination, may_deliver, owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_OK = 200
_DELIVERED = "_DeliveredAt"
_ERROR = "_DeliveryError"


def install() -> None:
    """Wrap the emulator's operations on trails."""
    replace("services.cloudtrail", "_TRAIL_STATE_KEYS", lambda keys: keys | {_DELIVERED, _ERROR})
    replace("services.cloudtrail", "_DISPATCH", _corrected)


def logging_trails(account: str, region: str) -> Iterator[dict[str, Any]]:
    """The trails of an account that log what happens in a region now."""
    for (trail_account, home, _name), trail in emulator.TRAILS.all_items():
        if trail_account == account and trail.get("IsLogging") and (trail.get("IsMultiRegionTrail") or home == region):
            yield trail


def destination(trail: dict[str, Any]) -> Destination:
    """Where a trail delivers."""
    return Destination(trail.get("S3BucketName", ""), trail.get("S3KeyPrefix", "").strip("/"), trail["TrailARN"])


def note_delivery(trail: dict[str, Any], error: str) -> None:
    """Remember how a delivery went, for GetTrailStatus."""
    trail[_ERROR] = error
    if not error:
        trail[_DELIVERED] = int(time.time())


def _corrected(handlers: dict[str, Any]) -> dict[str, Any]:
    return {
        **handlers,
        "CreateTrail": _creating(handlers["CreateTrail"]),
        "UpdateTrail": _updating(handlers["UpdateTrail"]),
        "DeleteTrail": _deleting(handlers["DeleteTrail"]),
        "GetTrailStatus": _telling(handlers["GetTrailStatus"]),
    }


def _creating(create: Callable[[dict[str, Any]], emulator.Answer]) -> Callable[[dict[str, Any]], emulator.Answer]:
    def creating(body: dict[str, Any]) -> emulator.Answer:
        if refused := _refusal(
            body, f"arn:aws:cloudtrail:{get_region()}:{get_account_id()}:trail/{body.get('Name', '')}"
        ):
            return refused
        answer = create(body)
        if answer[0] == _OK and body.get("TagsList"):
            arn = json.loads(answer[2])["TrailARN"]
            emulator.TRAIL_TAGS[arn] = {tag["Key"]: tag.get("Value", "") for tag in body["TagsList"]}
        return answer

    return creating


def _updating(update: Callable[[dict[str, Any]], emulator.Answer]) -> Callable[[dict[str, Any]], emulator.Answer]:
    def updating(body: dict[str, Any]) -> emulator.Answer:
        trail = _named(body.get("Name", ""))
        if trail is not None and ("S3BucketName" in body or "S3KeyPrefix" in body):
            wanted = {key: body.get(key, trail.get(key, "")) for key in ("S3BucketName", "S3KeyPrefix")}
            if refused := _refusal(wanted, trail["TrailARN"]):
                return refused
        return update(body)

    return updating


def _deleting(delete: Callable[[dict[str, Any]], emulator.Answer]) -> Callable[[dict[str, Any]], emulator.Answer]:
    def deleting(body: dict[str, Any]) -> emulator.Answer:
        trail = _named(body.get("Name", ""))
        answer = delete(body)
        if trail is not None and answer[0] == _OK:
            emulator.TRAIL_TAGS.pop(trail["TrailARN"], None)
        return answer

    return deleting


def _telling(status: Callable[[dict[str, Any]], emulator.Answer]) -> Callable[[dict[str, Any]], emulator.Answer]:
    def telling(body: dict[str, Any]) -> emulator.Answer:
        answer = status(body)
        trail = _named(body.get("Name", ""))
        if answer[0] != _OK or trail is None:
            return answer
        told = json.loads(answer[2])
        if _DELIVERED in trail:
            told["LatestDeliveryTime"] = trail[_DELIVERED]
        if trail.get(_ERROR):
            told["LatestDeliveryError"] = trail[_ERROR]
        return answer[0], answer[1], json.dumps(told).encode()

    return telling


def _refusal(body: dict[str, Any], trail_arn: str) -> emulator.Answer | None:
    wanted = destination({**body, "TrailARN": trail_arn})
    if owner(wanted.bucket) is None:
        return _refused("S3BucketDoesNotExistException", f"S3 bucket {wanted.bucket} does not exist!")
    if not may_deliver(wanted):
        return _refused(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {wanted.bucket}"
        )
    return None


def _refused(code: str, message: str) -> emulator.Answer:
    refused: emulator.Answer = error_response_json(code, message)
    return refused


def _named(name: str) -> dict[str, Any] | None:
    """The trail of that name or ARN in the account that asks."""
    for (account, _home, trail_name), trail in emulator.TRAILS.all_items():
        if account == get_account_id() and name in (trail_name, trail["TrailARN"]):
            found: dict[str, Any] = trail
            return found
    return None
