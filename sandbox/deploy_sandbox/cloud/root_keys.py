"""`GetAccountSummary` says whether the root user has an access key (IAM API reference, GetAccountSummary).

A key that is made without a user's name is root's where root makes it; the emulator keeps it as that of a user `default`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COUNT = b"<key>AccountAccessKeysPresent</key><value>%d<"


def install() -> None:
    """Count root's keys in the account's summary."""
    replace("services.iam", "_IAM_HANDLERS", _corrected)


def _corrected(handlers: Mapping[str, Any]) -> dict[str, Any]:
    return {**handlers, "GetAccountSummary": _counting(handlers["GetAccountSummary"])}


def _counting(original: Callable[[Any], emulator.Answer]) -> Callable[[Any], emulator.Answer]:
    def summary(asked: Any) -> emulator.Answer:
        status, headers, body = original(asked)
        there = any(key["UserName"] == "default" for key in emulator.ACCESS_KEYS.values())
        return status, headers, body.replace(_COUNT % 0, _COUNT % there)

    return summary
