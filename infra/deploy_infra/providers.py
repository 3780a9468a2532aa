"""The only maker of providers: in which account a stack works, and as whom."""

from __future__ import annotations

import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.names import TargetNames
from deploy_infra.policies.document import text
from deploy_infra.policies.roles import reading_only
from deploy_infra.settings import Run, Target, TargetSettings, ToolsSettings


def provider(settings: ToolsSettings | TargetSettings) -> aws.Provider:
    """The stack's one provider: pinned to its account and region, tagging everything, with no credentials of its own."""
    account = settings.target if isinstance(settings, TargetSettings) else settings.tools
    entrance = _entrance(settings.target, settings.run) if isinstance(settings, TargetSettings) else None
    return aws.Provider(
        "aws",
        region=account.region,
        allowed_account_ids=[account.account],
        assume_roles=[entrance] if entrance else None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=names.tags(settings.stack)),
    )


def _entrance(target: Target, run: Run) -> aws.ProviderAssumeRoleArgs:
    """The role that this run takes in the target account.

    The bootstrap role is the organisation's, not ours: its trust asks for no external id, and lets nobody set a source
    identity.
    """
    here = TargetNames(target.account, target.region, target.env)
    session = run.session_name or f"{here.service}-pulumi"
    if run.enter_as == "bootstrap":
        return aws.ProviderAssumeRoleArgs(
            role_arn=names.role_arn(target.account, target.bootstrap_role), session_name=session
        )
    reading = run.enter_as == "preview"
    return aws.ProviderAssumeRoleArgs(
        role_arn=names.role_arn(target.account, target.preview_role if reading else target.deployment_role),
        external_id=target.external_id,
        session_name=session,
        source_identity=run.source_identity or session,
        duration=f"{run.granted_duration or target.session_duration}s",
        policy=text(reading_only()) if reading else None,
    )
