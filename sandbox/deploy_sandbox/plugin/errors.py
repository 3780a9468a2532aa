"""What can go wrong in the plugin, in words for the person who reads the engine's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


REAL_PLUGIN = "Use the real one: run `DEPLOY_PLUGIN=real deploy setup`, and deploy with DEPLOY_PLUGIN=real."
"""The way on for whoever needs what the stand-in does not have."""


@dataclass(frozen=True)
class InputFailure:
    """One input that cannot be accepted, and why."""

    property: str
    reason: str


class PluginError(Exception):
    """An operation that could not be done; the message is complete and is shown as it is."""


class StoppedError(PluginError):
    """The engine asked to stop while something was being waited for."""


class HalfMadeError(PluginError):
    """The resource exists in the cloud, but was not finished: its id must not be lost."""

    def __init__(self, reason: str, *, id_: str, state: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.id = id_
        self.state = state


def explained(error: Exception, *, subject: str) -> PluginError:
    """An AWS SDK error with the operation, code, request id and the thing it was about (`subject`)."""
    if isinstance(error, PluginError):
        return error
    response: dict[str, Any] = getattr(error, "response", {})
    if "Error" not in response:
        return PluginError(f"{subject}: {type(error).__name__}: {error}")
    metadata = response.get("ResponseMetadata", {})
    operation = getattr(error, "operation_name", "?")
    return PluginError(
        f"{subject}: {operation} was refused with {code(error)} (HTTP {metadata.get('HTTPStatusCode', '?')}): "
        f"{response['Error'].get('Message', '')} (request id {metadata.get('RequestId', 'none')})",
    )


def code(error: Exception) -> str:
    """The AWS error code of an SDK error, such as `NoSuchBucket`; empty when it has none."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
