"""What a stack has in its account that somebody could change by hand, by name: what a look at the account compares with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy_infra import names
from deploy_infra.documents import account_of, service_in
from deploy_infra.names import AccountNames
from deploy_infra.policies.wants import DeclaredService
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files

_FUNCTION = "aws:lambda/function:Function"

SHORTEST_MAXIMUM = 3600
"""Seconds: IAM takes no smaller MaxSessionDuration (3,600 to 43,200), though a session may be shorter."""


def inventory(root: Path, stack: str) -> Mapping[str, Any]:
    """The things of `stack` in the project folder `root`, under the names that `deploy_infra.documents` gives their documents.

    `roles`: for each its `name` and its `maxSession` in seconds; `NAME.trust` and `NAME.policy` are its documents.
    `boundary` and `trail`: their names. `buckets`: names, under the names of their policies. `functions` and `logGroups`
    of a service: their names; `runsAs`: the ARNs of the functions' roles; `things`: everything of a service that has a name of
    its own. What a stack does not have is empty. Raises ValueError where the settings or the program are not
    what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return _tools(settings)
    service = service_in(root, settings)
    return _access(settings, service) if settings.is_access else _service(service)


def longest_session(settings: TargetSettings) -> int:
    """Seconds that a role which Jenkins enters allows a session at most."""
    return max(SHORTEST_MAXIMUM, settings.target.session_duration)


def _tools(settings: ToolsSettings) -> Mapping[str, Any]:
    tools = settings.tools
    roles = {"deploy": _role(tools.deploy_role), "preview": _role(tools.preview_role)}
    return _layer(AccountNames(tools.account, tools.region), roles, names.JENKINS_BOUNDARY)


def _access(settings: TargetSettings, service: DeclaredService) -> Mapping[str, Any]:
    target, longest = settings.target, longest_session(settings)
    roles = {
        "deployment": _role(target.deployment_role, longest),
        "preview": _role(target.preview_role, longest),
        **{role.name: _role(role.role) for role in service.roles},
    }
    return _layer(account_of(settings), roles, names.boundary(service.place.prefix))


def _service(service: DeclaredService) -> Mapping[str, Any]:
    functions = service.named(_FUNCTION)
    roles = {each.name: each.inputs.get("role", "") for each in service.recording.of(_FUNCTION)}
    return {
        "roles": {},
        "boundary": "",
        "trail": "",
        "buckets": service.named("aws:s3/bucket:Bucket"),
        "functions": functions,
        "logGroups": {name: names.log_group(function) for name, function in functions.items()},
        "runsAs": {name: roles[name] for name in functions},
        "things": [asdict(thing) for thing in service.things],
    }


def _layer(here: AccountNames, roles: Mapping[str, Any], boundary: str) -> Mapping[str, Any]:
    made = {"roles": roles, "boundary": boundary, "trail": names.TRAIL, "buckets": {"trail": here.trail_bucket}}
    return {**made, "functions": {}, "logGroups": {}, "runsAs": {}, "things": []}


def _role(name: str, longest: int = SHORTEST_MAXIMUM) -> Mapping[str, Any]:
    return {"name": name, "maxSession": longest}
