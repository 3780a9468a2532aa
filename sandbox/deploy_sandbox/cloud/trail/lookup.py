"""LookupEvents over the whole history of an account: filtered, newest first, page by page.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: one lookup attribute at most, 1 to 50
results a page, own events of the region that is asked (IAM's are in us-east-1), with or without a trail. The emulator gave the
newest fifty and no token.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response

from deploy_sandbox.cloud.replace import replace
from deploy_sandbox.cloud.trail import history

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.cloud.trail.history import TrailEvent

_PAGE = 50
_READERS: dict[str, Callable[[TrailEvent], object]] = {
    "AccessKeyId": lambda event: event.access_key_id,
    "EventId": lambda event: event.id,
    "EventName": lambda event: event.name,
    "EventSource": lambda event: event.source,
    "ReadOnly": lambda event: str(event.read_only).lower(),
    "Username": lambda event: event.username,
}
_RESOURCE_KEYS = ("ResourceName", "ResourceType")


class _InvalidError(Exception):
    """A request that AWS refuses: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Answer LookupEvents from the history."""
    replace("services.cloudtrail", "_DISPATCH", lambda handlers: {**handlers, "LookupEvents": _lookup_events})


def _lookup_events(body: dict[str, Any]) -> Any:
    try:
        return json_response(_page(body))
    except _InvalidError as refusal:
        return error_response_json(refusal.code, str(refusal))


def _page(body: dict[str, Any]) -> dict[str, Any]:
    size = body.get("MaxResults", _PAGE)
    if not 1 <= size <= _PAGE:
        raise _InvalidError("InvalidMaxResultsException", f"MaxResults must be between 1 and {_PAGE}; it is {size}.")
    below = _position(body)
    matches = _matcher(body)
    found: list[TrailEvent] = []
    for event in history.newest_first(get_account_id()):
        if event.number < below and matches(event):
            if len(found) == size:
                return {"Events": [_shown(kept) for kept in found], "NextToken": _token(body, found[-1].number)}
            found.append(event)
    return {"Events": [_shown(kept) for kept in found]}


def _matcher(body: dict[str, Any]) -> Callable[[TrailEvent], bool]:
    start, end = body.get("StartTime", 0), body.get("EndTime", float("inf"))
    if start > end:
        raise _InvalidError("InvalidTimeRangeException", "StartTime is after EndTime.")
    wanted = _attribute(body.get("LookupAttributes") or [])
    region = get_region()
    return lambda event: event.region == region and start <= event.time < end + 1 and wanted(event)


def _attribute(attributes: list[Mapping[str, str]]) -> Callable[[TrailEvent], bool]:
    if len(attributes) > 1:
        raise _InvalidError("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
    if not attributes:
        return lambda _event: True
    key, value = attributes[0].get("AttributeKey", ""), attributes[0].get("AttributeValue", "")
    if key in _RESOURCE_KEYS:
        return lambda event: any(resource[key] == value for resource in event.resources)
    if key not in _READERS:
        raise _InvalidError("InvalidLookupAttributesException", f"There is no lookup attribute {key!r}.")
    return lambda event: _READERS[key](event) == value


def _position(body: dict[str, Any]) -> float:
    """The number that the page's events are below: endless for the first page."""
    token = body.get("NextToken")
    if token is None:
        return float("inf")
    try:
        below, question = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError) as error:
        raise _InvalidError("InvalidNextTokenException", "The NextToken is not one that LookupEvents gave.") from error
    if question != _question(body):
        raise _InvalidError("InvalidNextTokenException", "The NextToken belongs to another lookup.")
    return int(below)


def _token(body: dict[str, Any], number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, _question(body)]).encode()).decode()


def _question(body: dict[str, Any]) -> str:
    asked = [get_account_id(), get_region(), *(body.get(key) for key in ("LookupAttributes", "StartTime", "EndTime"))]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _shown(event: TrailEvent) -> dict[str, Any]:
    shown = {
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": str(event.read_only).lower(),
        "AccessKeyId": event.access_key_id,
        "EventTime": int(event.time),
        "EventSource": event.source,
        "Username": event.username,
        "Resources": event.resources,
        "CloudTrailEvent": event.text,
    }
    return {key: value for key, value in shown.items() if value != ""}
