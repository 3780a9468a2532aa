"""Every need of every role of a stack, as plain data: which call, authorised by which action, on what, in which context.

The same tables make the policies (`deploy_infra.policies`), so that what a role needs and what it may are said once. A need that
no policy can be asked for is left out: sts:GetCallerIdentity, the provider's first call, takes no permission at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from deploy_infra import names
from deploy_infra.documents import entered_by_deploy, entered_by_preview, names_of, plan_key_of, scope_of, state_of
from deploy_infra.names import AccountNames
from deploy_infra.policies import jenkins, roles
from deploy_infra.policies.actions import OPERATIONS, TYPES
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.record import TrailDelivery
from deploy_infra.policies.requests import requests
from deploy_infra.policies.scope import StackScope
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files
from deploy_project.seam import RoleNeed
from deploy_project.stacks import role_arn


def needs(root: Path, stack: str) -> list[Mapping[str, object]]:
    """The needs of the roles that the stack in the project folder `root` makes; none for a service layer.

    Raises ValueError where the settings are not what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return [asdict(need) for need in _of_tools(settings)]
    return [asdict(need) for need in _of_access(settings)] if settings.is_access else []


def _of_tools(settings: ToolsSettings) -> Iterator[RoleNeed]:
    tools, state = settings.tools, state_of(settings)
    trail = TrailDelivery(tools.account, names.bucket_arn(AccountNames(tools.account, tools.region).trail_bucket))
    deploy = _holder(role_arn(tools.account, tools.deploy_role), "jenkins-deploy", "deploy")
    preview = _holder(role_arn(tools.account, tools.preview_role), "jenkins-preview", "preview")
    yield from _granted(
        deploy, "Jenkins", jenkins.deploys(state, plan_key_of(settings), trail, entered_by_deploy(settings))
    )
    yield from _granted(preview, "Jenkins", jenkins.previews(state, entered_by_preview(settings)))


def _of_access(settings: TargetSettings) -> Iterator[RoleNeed]:
    target, scope = settings.target, scope_of(settings)
    deployment = _holder(role_arn(target.account, target.deployment_role), "deployment", "deployment")
    preview = _holder(role_arn(target.account, target.preview_role), "preview", "preview", session="preview.session")
    execution = _holder(role_arn(target.account, names_of(settings).execution_role), "execution", "execution")
    for kind, calls in TYPES.items():
        # Whatever is done to a resource, the provider looks at it too.
        phases = {"create": calls.create, "read": (), "update": calls.update, "delete": calls.delete}
        for phase, operations in phases.items():
            yield from _called(deployment, kind, phase, dict.fromkeys((*operations, *calls.read)), scope)
        yield from _called(preview, kind, "preview", calls.read, scope)
    yield from _granted(replace(preview, session=""), "drift", roles.compares(scope))
    yield from _granted(replace(preview, session=""), "the record", roles.audits(scope))
    yield from _granted(execution, "the function", roles.runs(scope))


def _called(
    holder: RoleNeed, kind: str, phase: str, operations: Iterable[str], scope: StackScope
) -> Iterator[RoleNeed]:
    for operation in operations:
        for need in OPERATIONS[operation]:
            for arns, context in requests(need.on, scope):
                yield replace(
                    holder,
                    type=kind,
                    phase=phase,
                    operation=operation,
                    action=need.action,
                    resources=list(arns),
                    context=context,
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
