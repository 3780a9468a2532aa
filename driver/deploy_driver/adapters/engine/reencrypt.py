"""A stack's state with its secrets encrypted by another key: the engine decrypts and encrypts, in its own memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy_driver import remedies
from deploy_driver.adapters.engine.workdir import Workspace
from deploy_driver.errors import NotReadyError

if TYPE_CHECKING:
    from deploy_driver.adapters.engine.process import EngineCommand

_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 -- the key by which Pulumi marks an encrypted value, no secret
_COMPARED = ("urn", "type", "id", "custom", "delete", "external", "protect", "provider", "parent", "inputs", "outputs")
"""What makes a resource of a state what it is (pulumi/pulumi `sdk/go/common/apitype`, `ResourceV3`)."""


def encrypted_anew(command: EngineCommand, stack: str, workspace: Workspace, file: Path, key: str) -> bytes:
    """The state in `file`, which is the stack's in the backend of `workspace`, with its secrets encrypted for that workspace.

    `key` is the secrets provider that it must be encrypted with: a state names its own, and the engine would ask whatever
    that is. The stack's settings are left out, since secret ones among them are encrypted with the key of another stack.
    Raises EngineFailedError, or NotReadyError where the key is another, or what comes out is not what went in.
    """
    before = file.read_bytes()
    if key_of(before) == "" and workspace.secrets_provider == "passphrase":
        return before
    if key_of(before) not in {key, workspace.secrets_provider}:
        raise NotReadyError(
            f"the state of {stack} says that it is encrypted with {key_of(before) or 'no key'}, expected {key}",
            remedy=remedies.EARLIER_STATE,
        )
    (workspace.folder / f"Pulumi.{stack}.yaml").write_text("{}\n", encoding="utf-8")
    change = ["stack", "change-secrets-provider", workspace.secrets_provider, "--stack", stack]
    command.start(change, str(workspace.folder), workspace.environment)
    after = file.read_bytes()
    if content_of(before) != content_of(after) or key_of(after) != workspace.secrets_provider:
        raise NotReadyError(
            f"the state of {stack} is not the same with its secrets encrypted anew; it is left as it was"
        )
    return after


def content_of(state: bytes) -> list[Any]:
    """The resources of a state and those of operations that did not end, with every secret as one and the same."""
    latest = _latest(state)
    operations = latest.get("pending_operations") or []
    parts = [*(latest.get("resources") or []), *(one.get("resource") or {} for one in operations)]
    return [{key: _masked(part[key]) for key in _COMPARED if part.get(key)} for part in parts]


def key_of(state: bytes) -> str:
    """The secrets provider that a state says it is encrypted with, as Pulumi names it; empty for a passphrase."""
    provider = (_latest(state).get("secrets_providers") or {}).get("state") or {}
    return str(provider.get("url", ""))


def _latest(state: bytes) -> Any:
    return json.loads(state)["checkpoint"].get("latest") or {}


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return _SECRET if _SECRET in value else {key: _masked(item) for key, item in value.items()}
    return value
