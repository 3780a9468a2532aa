"""The provider's own configuration: region, the role to take, allowed accounts, default tags; nothing else is accepted.

The AWS SDKs of Pulumi send each compound value as JSON text (`pulumi_aws/provider.py`: `pulumi.runtime.to_json`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_sandbox.plugin.errors import InputFailure, PluginError
from deploy_sandbox.plugin.wire import has_unknown

OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "__internal", "__defaults"})
_AS_THE_SDK_SENDS_THEM = {"skipCredentialsValidation": False, "skipRegionValidation": True}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_ROLE_TEXTS = {
    "roleArn": "role_arn",
    "externalId": "external_id",
    "sessionName": "session_name",
    "sourceIdentity": "source_identity",
    "policy": "policy",
}


@dataclass(frozen=True)
class AssumeRole:
    """The role to assume; `duration` in seconds (STS chooses when None)."""

    role_arn: str
    external_id: str | None = None
    session_name: str = "pulumi"
    source_identity: str | None = None
    duration: int | None = None
    policy: str | None = None


@dataclass(frozen=True)
class Settings:
    """Where, as whom, and in which accounts the provider may work."""

    region: str
    role: AssumeRole | None = None
    allowed_accounts: tuple[str, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str | None:
        """The account that these settings name, when they name exactly one: the allowed one, else that of the role."""
        if self.allowed_accounts:
            return self.allowed_accounts[0] if len(self.allowed_accounts) == 1 else None
        return self.role.role_arn.split(":")[4] if self.role else None


def problems(given: Mapping[str, Any]) -> tuple[InputFailure, ...]:
    """Every reason not to accept this configuration; what is unknown in a preview is not judged."""
    found = []
    for key, value in given.items():
        try:
            _judge(key, value)
        except PluginError as error:
            found.append(InputFailure(key, str(error)))
    if not given.get("region"):
        found.append(
            InputFailure("region", "is required: the sandbox's AWS plugin takes no region from the environment")
        )
    return tuple(found)


def settings(given: Mapping[str, Any]) -> Settings | None:
    """The configuration, or None while part of it is unknown. PluginError when it is not acceptable."""
    opened = {key: _opened(value) for key, value in given.items()}
    if has_unknown(opened):
        return None
    found = problems(given)
    if found:
        raise PluginError("\n".join(f"provider configuration: {one.property}: {one.reason}" for one in found))
    return Settings(
        region=str(given["region"]),
        role=next((_role(one) for one in opened.get("assumeRoles") or ()), None),
        allowed_accounts=tuple(opened.get("allowedAccountIds") or ()),
        default_tags=(opened.get("defaultTags") or {}).get("tags") or {},
    )


def _judge(key: str, value: Any) -> None:
    opened = _opened(value)
    if key in OF_THE_ENGINE or has_unknown(opened) or opened is None:
        return
    if key in _AS_THE_SDK_SENDS_THEM:
        if opened is not _AS_THE_SDK_SENDS_THEM[key]:
            raise PluginError(f"the sandbox's AWS plugin does not act on {key}={opened!r}")
    elif key == "region":
        _demand(isinstance(value, str), "must be a string")
    elif key == "assumeRoles":
        _demand(isinstance(opened, list), "must be a list of roles")
        _demand(len(opened) <= 1, "the sandbox's AWS plugin takes one role, and none behind it")
        for one in opened:
            _role(one)
    elif key == "allowedAccountIds":
        _demand(
            isinstance(opened, list) and all(isinstance(one, str) for one in opened), "must be a list of account ids"
        )
    elif key == "defaultTags":
        _demand(isinstance(opened, Mapping), "must be an object")
        _demand(not (set(opened) - {"tags"}), "the sandbox's AWS plugin acts on its `tags` only")
    else:
        raise PluginError(f"the sandbox's AWS plugin does not act on {key} of the provider, so it refuses it")


def _opened(value: Any) -> Any:
    """A compound value out of its JSON text; text that is not JSON is itself."""
    if not isinstance(value, str):
        return value
    try:
        opened = json.loads(value, parse_constant=str)
    except ValueError:
        return value
    return opened if isinstance(opened, dict | list | bool) else value


def _role(given: Any) -> AssumeRole:
    _demand(isinstance(given, Mapping), "each role must be an object")
    unknown = set(given) - {*_ROLE_TEXTS, "duration"}
    _demand(
        not unknown,
        f"the sandbox's AWS plugin does not act on {', '.join(sorted(unknown))} of a role, so it refuses it",
    )
    _demand(isinstance(given.get("roleArn"), str), "each role needs its roleArn")
    texts = {ours: given[theirs] for theirs, ours in _ROLE_TEXTS.items() if given.get(theirs)}
    return AssumeRole(**texts, duration=_seconds(given["duration"]) if given.get("duration") else None)


def _seconds(text: str) -> int:
    """A Go duration of hours, minutes and seconds, such as `1h30m` or `3600s`, in seconds."""
    found = _DURATION.fullmatch(text)
    _demand(found is not None, f"duration {text!r} must be like 3600s or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return hours * 3600 + minutes * 60 + seconds


def _demand(holds: bool, reason: str) -> None:
    if not holds:
        raise PluginError(reason)
