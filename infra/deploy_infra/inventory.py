"""What a stack has in its account that somebody could change by hand, by name: what a look at the account compares with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy_infra import names
from deploy_infra.documents import names_of
from deploy_infra.names import AccountNames
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files

SHORTEST_MAXIMUM = 3600
"""Seconds: IAM takes no smaller MaxSessionDuration (3,600 to 43,200), though a session may be shorter."""


def inventory(root: Path, stack: str) -> Mapping[str, Any]:
    """The things of `stack` in the project folder `root`, under the names that `deploy_infra.documents` gives their documents.

    `roles`: for each its `name` and its `maxSession` in seconds; `NAME.trust` and `NAME.policy` are its documents.
    `boundary` and `trail`: their names. `buckets`: names, under the names of their policies. `function` and `logGroup`
    of a service: their names. What a stack does not have is empty. Raises ValueError where the settings are not what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return _tools(settings)
    return _access(settings) if settings.is_access else _service(settings)


def longest_session(settings: TargetSettings) -> int:
    """Seconds that a role which Jenkins enters allows a session at most."""
    return max(SHORTEST_MAXIMUM, settings.target.session_duration)


def _tools(settings: ToolsSettings) -> Mapping[str, Any]:
    tools = settings.tools
    roles = {"deploy": _role(tools.deploy_role), "preview": _role(tools.preview_role)}
    return _layer(AccountNames(tools.account, tools.region), roles, names.JENKINS_BOUNDARY)


def _access(settings: TargetSettings) -> Mapping[str, Any]:
    target, here, longest = settings.target, names_of(settings), longest_session(settings)
    roles = {
        "deployment": _role(target.deployment_role, longest),
        "preview": _role(target.preview_role, longest),
        "execution": _role(here.execution_role),
    }
    return _layer(here, roles, here.boundary)


def _service(settings: TargetSettings) -> Mapping[str, Any]:
    here = names_of(settings)
    function = {"function": here.service, "logGroup": here.log_group}
    return {"roles": {}, "boundary": "", "trail": "", "buckets": {"items": here.bucket}, **function}


def _layer(here: AccountNames, roles: Mapping[str, Any], boundary: str) -> Mapping[str, Any]:
    made = {"roles": roles, "boundary": boundary, "trail": names.TRAIL, "buckets": {"trail": here.trail_bucket}}
    return {**made, "function": "", "logGroup": ""}


def _role(name: str, longest: int = SHORTEST_MAXIMUM) -> Mapping[str, Any]:
    return {"name": name, "maxSession": longest}
