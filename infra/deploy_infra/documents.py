"""Every policy document of a stack, from its settings alone: what the components attach, and what a person can read first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deploy_infra import names
from deploy_infra.names import AccountNames
from deploy_infra.policies import boundary, buckets, jenkins, roles, trust
from deploy_infra.policies.document import Document
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.jenkins import EnteredRoles, PlanSigningKey, State
from deploy_infra.policies.record import TrailDelivery
from deploy_infra.policies.wants import DeclaredService, service_of
from deploy_infra.recording import record
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files
from deploy_project.accounts import EnterAs, role_of
from deploy_project.project_file import admitted, alarms
from deploy_project.stacks import RoleKind, arn, role_arn

Documents = Mapping[str, Document]


def documents(root: Path, stack: str, others: Sequence[str] = ()) -> Documents:
    """The documents of `stack` in the project folder `root`, by name, exactly as they will be in AWS.

    `NAME.trust` is a role's trust, `NAME.policy` its inline policy, `NAME.session` what a session of it is narrowed to
    when it is entered, `boundary` the ceiling over all of them; the rest are bucket policies. `others` are accounts that other
    projects deploy into by the same Jenkins. Raises ValueError where the settings are not what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return of_tools(replace(settings, others=tuple(others)))
    service = service_in(root, settings)
    return of_access(settings, service) if settings.is_access else of_service(service)


def of_tools(settings: ToolsSettings) -> Documents:
    """What Jenkins is in its own account."""
    tools, tokens = settings.tools, settings.tools.tokens
    here = AccountNames(tools.account, tools.region)
    state, plan_key = state_of(settings), plan_key_of(settings)
    entered, previews = entered_by_deploy(settings), entered_by_preview(settings)
    return {
        "boundary": boundary.jenkins(state, plan_key, entered, here.trail_arn, delivery_of(here).bucket_arn),
        "deploy.trust": trust.agents(tools.agents, tokens, tools.account, tokens.deploy_subjects if tokens else ()),
        "deploy.policy": jenkins.deploy(state, plan_key, delivery_of(here), entered),
        "preview.trust": trust.agents(tools.agents, tokens, tools.account, tokens.preview_subjects if tokens else ()),
        "preview.policy": jenkins.preview(state, previews),
        "trail": _trail(here),
    }


def state_of(settings: ToolsSettings) -> State:
    """Where Jenkins keeps the state."""
    tools = settings.tools
    return State(
        bucket_arn=names.bucket_arn(tools.state_bucket),
        keys_arn=_keys_arn(settings),
        key_alias=tools.state_key,
    )


def plan_key_of(settings: ToolsSettings) -> PlanSigningKey:
    """What Jenkins signs plans with."""
    return PlanSigningKey(_keys_arn(settings), settings.tools.plan_key)


def entered_by_preview(settings: ToolsSettings) -> EnteredRoles:
    """The roles of the targets in which an agent that builds pull requests looks."""
    return EnteredRoles(settings.accounts, (RoleKind.PREVIEW,))


def entered_by_deploy(settings: ToolsSettings) -> EnteredRoles:
    """The roles of the targets that an agent which deploys takes; it previews too."""
    return EnteredRoles(settings.accounts, (RoleKind.DEPLOYMENT, RoleKind.PREVIEW))


def of_access(settings: TargetSettings, service: DeclaredService) -> Documents:
    """Who may enter a target account, and what they may do there."""
    tools, here = settings.tools, account_of(settings)
    delivery, rights = delivery_of(here), rights_of(settings, service)
    return {
        "boundary": boundary.target(service, delivery, here.trail_arn, rights),
        "deployment.trust": _enter(settings, tools.deploy_role),
        "deployment.policy": roles.deployment(service, rights),
        "preview.trust": _enter(settings, tools.preview_role, tools.deploy_role),
        "preview.policy": roles.preview(service, delivery, rights),
        "preview.session": roles.reading_only(service.admitted),
        **{
            f"{role.name}.{part}": document
            for role in service.roles
            for part, document in (
                ("trust", trust.service(role.runs_in)),
                ("policy", roles.execution(role, service)),
            )
        },
        "trail": _trail(here),
    }


def rights_of(settings: TargetSettings, service: DeclaredService) -> list[RoleGrant]:
    """What the stack's roles read of IAM: whether the deployment role may do what is planned."""
    target = settings.target
    ceiling = names.boundary_arn(target.account, service.place.prefix)
    return roles.decides(role_of(target, EnterAs.DEPLOYMENT), ceiling)


def of_service(service: DeclaredService) -> Documents:
    """What the service's own buckets demand."""
    policies = {
        each.inputs.get("bucket"): each.inputs["policy"]
        for each in service.recording.of("aws:s3/bucketPolicy:BucketPolicy")
        if "policy" in each.inputs
    }
    buckets_ = service.named("aws:s3/bucket:Bucket")
    return {name: json.loads(policies[bucket]) for name, bucket in buckets_.items() if bucket in policies}


def service_in(root: Path, settings: TargetSettings) -> DeclaredService:
    """What the stack's program takes, whatever layer is asked about. Raises ValueError with every reason why it cannot be had."""
    service, target = service_of(record(root, settings.target.env), admitted(root)), settings.target
    if service.problems:
        raise ValueError("\n".join(service.problems))
    return replace(service, alarms=alarms(root, settings.project, target.env, target.account))


def delivery_of(here: AccountNames) -> TrailDelivery:
    """Where whoever reads an account's record finds it."""
    return TrailDelivery(here.account, names.bucket_arn(here.trail_bucket))


def account_of(settings: TargetSettings) -> AccountNames:
    """What is called the same in this account as in every other. The trail is where Jenkins is: it records every region."""
    return AccountNames(settings.target.account, settings.tools.region)


def _keys_arn(settings: ToolsSettings) -> str:
    return arn("kms", "key/*", region=settings.tools.region, account=settings.tools.account)


def _enter(settings: TargetSettings, *jenkins_roles: str) -> Document:
    account = settings.tools.account
    return trust.jenkins(
        tools_account=account,
        role_arns=[role_arn(account, role) for role in jenkins_roles],
        external_id=settings.target.external_id,
        session_pattern=f"{settings.project}-{settings.target.env}-*",
        organization=settings.tools.organization,
    )


def _trail(here: AccountNames) -> Document:
    return buckets.trail(names.bucket_arn(here.trail_bucket), account=here.account, trail_arn=here.trail_arn)
