"""Every need of every role of a stack, as plain data: which call, authorised by which action, on what, in which context.

The same tables make the policies (`deploy_infra.policies`), so that what a role needs and what it may are said once. A need that
no policy can be asked for is left out: sts:GetCallerIdentity, the provider's first call, takes no permission at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from deploy_infra.documents import (
    account_of,
    delivery_of,
    entered_by_deploy,
    entered_by_preview,
    plan_key_of,
    rights_of,
    service_in,
    state_of,
)
from deploy_infra.names import AccountNames
from deploy_infra.policies import jenkins, roles
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.place import Place
from deploy_infra.policies.record import reads
from deploy_infra.policies.recorded import Recorded, Recording
from deploy_infra.policies.resource_types import Phase
from deploy_infra.policies.wants import DeclaredService, Want, contexts, service_of
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files
from deploy_project.accounts import EnterAs, role_of
from deploy_project.project_file import admitted
from deploy_project.seam import RoleNeed
from deploy_project.stacks import RoleKind, role_arn, target_role_arn


def needs(root: Path, stack: str) -> list[Mapping[str, object]]:
    """The needs of the roles that the stack in the project folder `root` makes; none for a service layer.

    Raises ValueError where the settings are not what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return [asdict(need) for need in _of_tools(settings)]
    if not settings.is_access:
        return []
    return [asdict(need) for need in _of_access(settings, service_in(root, settings))]


def deletions(root: Path, about: Mapping[str, Any]) -> list[Mapping[str, object]]:
    """What the deployment role that the access layer `stack` makes needs to delete `resources`.

    Each of these has the `type`, `name` and `inputs` of a state: the program may no longer have it, or call it otherwise.
    """
    settings = of_files(root, about["stack"])
    if not isinstance(settings, TargetSettings):
        return []
    target = settings.target
    place = Place(settings.project, target.env, target.account, target.region)
    left = tuple(Recorded(each["type"], each["name"], True, each["inputs"]) for each in about["resources"])
    service = service_of(Recording(place, left), admitted(root))
    holder = _holder(role_of(target, EnterAs.DEPLOYMENT), "deployment", "deployment")
    deleting = (want for want in service.wants if want.phase in {Phase.READ, Phase.DELETE})
    return [asdict(need) for want in deleting for need in _wanted(holder, want, service)]


def _of_tools(settings: ToolsSettings) -> Iterator[RoleNeed]:
    tools, state = settings.tools, state_of(settings)
    trail = delivery_of(AccountNames(tools.account, tools.region))
    deploy = _holder(role_arn(tools.account, tools.deploy_role), "jenkins-deploy", "deploy")
    preview = _holder(role_arn(tools.account, tools.preview_role), "jenkins-preview", "preview")
    deploys = jenkins.deploys(state, plan_key_of(settings), trail, entered_by_deploy(settings))
    previews = jenkins.previews(state, entered_by_preview(settings))
    yield from _granted(deploy, "Jenkins", _by_account(settings, deploys))
    yield from _granted(preview, "Jenkins", _by_account(settings, previews))


def _by_account(settings: ToolsSettings, grants: Iterable[RoleGrant]) -> Iterator[RoleGrant]:
    """The grants; roles are entered in every account, whichever project's they are."""
    for grant in grants:
        if grant.sid != jenkins.ENTER:
            yield grant
            continue
        for account in settings.accounts:
            yield replace(grant, context={"aws:ResourceAccount": account})


def _of_access(settings: TargetSettings, service: DeclaredService) -> Iterator[RoleNeed]:
    target = settings.target
    deployment = _holder(role_of(target, EnterAs.DEPLOYMENT), "deployment", "deployment")
    preview = _holder(role_of(target, EnterAs.PREVIEW), "preview", "preview", session="preview.session")
    for want in service.wants:
        yield from _wanted(deployment, want, service)
        if want.reads:
            yield from _wanted(preview, replace(want, phase=Phase.PLAN), service)
    for holder in (deployment, preview):
        yield from _granted(holder, "its own rights", rights_of(settings, service))
    unnarrowed = replace(preview, session="")
    yield from _granted(deployment, "by hand", roles.by_hand(service.grants, "update"))
    yield from _granted(unnarrowed, "by hand", roles.by_hand(roles.reading(service.grants), "preview"))
    yield from _granted(unnarrowed, "drift", roles.compares(service))
    yield from _granted(unnarrowed, "alarms", roles.watches(service))
    yield from _granted(unnarrowed, "the record", reads(delivery_of(account_of(settings))))
    for role in service.roles:
        holder = _holder(target_role_arn(target.account, RoleKind.EXECUTION, role.role), role.name, role.name)
        yield from _granted(holder, "what runs", roles.runs(role, service))


def _wanted(holder: RoleNeed, want: Want, service: DeclaredService) -> Iterator[RoleNeed]:
    for context in contexts(want, service.place):
        yield replace(
            holder,
            type=want.kind,
            phase="preview" if want.phase is Phase.PLAN else want.phase.value,
            operation=want.operation,
            action=want.action,
            resources=list(want.resources),
            context=context,
            name=want.name,
        )


def _granted(holder: RoleNeed, kind: str, grants: Iterable[RoleGrant]) -> Iterator[RoleNeed]:
    for grant in grants:
        for operation, action in grant.calls.items():
            yield replace(
                holder,
                type=kind,
                phase=grant.phase,
                operation=operation,
                action=action,
                resources=list(grant.resources),
                context=grant.context,
            )


def _holder(arn: str, role: str, document: str, *, session: str = "") -> RoleNeed:
    """The role, and the documents (of `deploy_infra.documents`) that decide what it may; no need yet."""
    return RoleNeed(role, arn, f"{document}.policy", "boundary", session, "", "", "", "", (), {})
