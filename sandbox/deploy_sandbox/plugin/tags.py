"""Tags as the services want them: lists of pairs, set and removed one by one when they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deploy_sandbox.plugin.resource import ResourceUpdate

_OF_AWS = "aws:"


def pairs(tags: Mapping[str, str]) -> list[Any]:
    """`[{"Key": …, "Value": …}]`, the form of most services."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def unpaired(listed: Iterable[Any]) -> dict[str, str]:
    """The reverse of `pairs`, without the tags that AWS keeps for itself."""
    return own({one["Key"]: one.get("Value", "") for one in listed})


def own(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without those that AWS keeps for itself (`aws:…`)."""
    return {key: value for key, value in tags.items() if not key.startswith(_OF_AWS)}


def retag(change: ResourceUpdate, put: Callable[[dict[str, str]], Any], remove: Callable[[list[str]], Any]) -> None:
    """`put` the tags that are new or other, and `remove` the keys that are gone; nothing when the change is about something else."""
    if not change.touches("tagsAll"):
        return
    old, new = (side.get("tagsAll") or {} for side in (change.old, change.new))
    if changed := {key: value for key, value in new.items() if old.get(key) != value}:
        put(changed)
    if gone := sorted(set(old) - set(new)):
        remove(gone)
