"""Every policy document of a stack, from its settings alone: what the components attach, and what a person can read first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deploy_infra import names
from deploy_infra.names import AccountNames, TargetNames
from deploy_infra.policies import boundary, buckets, jenkins, roles, trust
from deploy_infra.policies.document import Document
from deploy_infra.policies.jenkins import PlanSigningKey, State
from deploy_infra.policies.record import TrailDelivery
from deploy_infra.policies.scope import StackScope
from deploy_infra.settings import TargetSettings, ToolsSettings, of_files
from deploy_project.accounts import EnterAs, role_of
from deploy_project.stacks import arn, role_arn

Documents = Mapping[str, Document]


def documents(root: Path, stack: str) -> Documents:
    """The documents of `stack` in the project folder `root`, by name, exactly as they will be in AWS.

    `NAME.trust` is a role's trust, `NAME.policy` its inline policy, `NAME.session` what a session of it is narrowed to
    when it is entered, `boundary` the ceiling over all of them; the rest are bucket policies. Raises ValueError where the
    settings are not what they must be.
    """
    settings = of_files(root, stack)
    if isinstance(settings, ToolsSettings):
        return of_tools(settings)
    return of_access(settings) if settings.is_access else of_service(settings)


def of_tools(settings: ToolsSettings) -> Documents:
    """What Jenkins is in its own account."""
    here = AccountNames(settings.tools.account, settings.tools.region)
    trail_bucket = names.bucket_arn(here.trail_bucket)
    state, plan_key = state_of(settings), plan_key_of(settings)
    entered, previews = entered_by_deploy(settings), entered_by_preview(settings)
    agents = trust.service("ec2.amazonaws.com")
    return {
        "boundary": boundary.jenkins(state, plan_key, entered, here.trail_arn, trail_bucket),
        "deploy.trust": agents,
        "deploy.policy": jenkins.deploy(state, plan_key, TrailDelivery(here.account, trail_bucket), entered),
        "preview.trust": agents,
        "preview.policy": jenkins.preview(state, previews),
        "trail": _trail(here),
    }


def state_of(settings: ToolsSettings) -> State:
    """Where Jenkins keeps the state."""
    tools = settings.tools
    return State(
        bucket_arn=names.bucket_arn(tools.state_bucket),
        project=names.PROJECT,
        keys_arn=_keys_arn(settings),
        key_alias=tools.state_key,
    )


def plan_key_of(settings: ToolsSettings) -> PlanSigningKey:
    """What Jenkins signs plans with."""
    return PlanSigningKey(_keys_arn(settings), settings.tools.plan_key)


def entered_by_preview(settings: ToolsSettings) -> list[str]:
    """The roles of the targets in which an agent that builds pull requests looks."""
    return [role_of(target, EnterAs.PREVIEW) for target in settings.targets]


def entered_by_deploy(settings: ToolsSettings) -> list[str]:
    """The roles of the targets that an agent which deploys takes; it previews too."""
    deployment = [role_of(target, EnterAs.DEPLOYMENT) for target in settings.targets]
    return [*deployment, *entered_by_preview(settings)]


def of_access(settings: TargetSettings) -> Documents:
    """Who may enter a target account, and what they may do there."""
    here, tools, scope = names_of(settings), settings.tools, scope_of(settings)
    return {
        "boundary": boundary.target(scope),
        "deployment.trust": _enter(settings, tools.deploy_role),
        "deployment.policy": roles.deployment(scope),
        "preview.trust": _enter(settings, tools.preview_role, tools.deploy_role),
        "preview.policy": roles.preview(scope),
        "preview.session": roles.reading_only(),
        "execution.trust": trust.service("lambda.amazonaws.com"),
        "execution.policy": roles.execution(scope),
        "trail": _trail(here),
    }


def of_service(settings: TargetSettings) -> Documents:
    """What the service's own bucket demands."""
    return {"items": buckets.tls_only(names.bucket_arn(names_of(settings).bucket))}


def names_of(settings: TargetSettings) -> TargetNames:
    """What everything of this target account is called."""
    return TargetNames(settings.target.account, settings.target.region, settings.target.env)


def _keys_arn(settings: ToolsSettings) -> str:
    return arn("kms", "key/*", region=settings.tools.region, account=settings.tools.account)


def _enter(settings: TargetSettings, *jenkins_roles: str) -> Document:
    account = settings.tools.account
    return trust.jenkins(
        tools_account=account,
        role_arns=[role_arn(account, role) for role in jenkins_roles],
        external_id=settings.target.external_id,
        session_pattern=names_of(settings).session_pattern,
        organization=settings.tools.organization,
    )


def _trail(here: AccountNames) -> Document:
    return buckets.trail(names.bucket_arn(here.trail_bucket), account=here.account, trail_arn=here.trail_arn)


def scope_of(settings: TargetSettings) -> StackScope:
    """What this stack calls its own."""
    here = names_of(settings)
    return StackScope(
        account=here.account,
        region=here.region,
        stack=here.env,
        bucket_arn=names.bucket_arn(here.bucket),
        function_arn=here.function_arn,
        alias_arn=here.alias_arn,
        execution_role_arn=role_arn(here.account, here.execution_role),
        log_group_arn=here.log_group_arn,
        trail_arn=here.trail_arn,
        trail_bucket_arn=names.bucket_arn(here.trail_bucket),
    )
