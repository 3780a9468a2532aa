"""A stack's state with its secrets encrypted by another key, made by the engine's own export and import."""

from __future__ import annotations

import json
from typing import Any

from driver.adapters.engine.command import EngineCommand
from driver.adapters.engine.place import Place
from driver.errors import NotReadyError

_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 -- the key by which Pulumi marks an encrypted value, no secret
_COMPARED = ("urn", "type", "id", "custom", "delete", "external", "protect", "provider", "parent", "inputs", "outputs")
"""What makes a resource of a state what it is (pulumi/pulumi `sdk/go/common/apitype`, `ResourceV3`)."""


def carry_over(command: EngineCommand, stack: str, source: Place, target: Place) -> None:
    """Make the stack at `target`, where there is none, with the state that it has at `source`.

    No secret is on disk or in an argument in clear: the engine decrypts and encrypts in its own memory. Raises
    EngineFailedError, or NotReadyError where what arrived is not what was sent.
    """
    file, named = target.folder / "exported.json", ["--stack", stack]
    here, environment, key = str(target.folder), target.environment, target.secrets_provider
    command.start(["stack", "export", *named, "--file", str(file)], str(source.folder), source.environment)
    sent = json.loads(file.read_text("utf-8"))
    command.start(["stack", "init", stack, "--no-select", "--secrets-provider", key], here, environment)
    command.start(["stack", "import", *named, "--file", str(file)], here, environment)
    command.start(["stack", "change-secrets-provider", key, *named], here, environment)
    command.start(["stack", "export", *named, "--file", str(file)], here, environment)
    arrived = json.loads(file.read_text("utf-8"))
    if content_of(sent) != content_of(arrived) or key_of(arrived) != key:
        raise NotReadyError(
            f"the state of {stack} is not the same with its secrets encrypted anew; it is left as it was"
        )


def content_of(exported: Any) -> list[Any]:
    """The resources of an exported state and those of operations that did not end, with every secret as one and the same."""
    deployment = exported.get("deployment") or {}
    operations = deployment.get("pending_operations") or []
    parts = [*(deployment.get("resources") or []), *(one.get("resource") or {} for one in operations)]
    return [{key: _masked(part[key]) for key in _COMPARED if part.get(key)} for part in parts]


def key_of(exported: Any) -> str:
    """The secrets provider that a state says it is encrypted with, as Pulumi names it; empty for a passphrase."""
    provider = (exported.get("deployment") or {}).get("secrets_providers") or {}
    return str((provider.get("state") or {}).get("url", ""))


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return _SECRET if _SECRET in value else {key: _masked(item) for key, item in value.items()}
    return value
