"""The only maker of providers: in which account a stack works, and as whom."""

from __future__ import annotations

import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.names import TargetNames
from deploy_infra.policies.document import text
from deploy_infra.policies.roles import reading_only
from deploy_infra.settings import RunSettings, TargetSettings, ToolsSettings
from deploy_project.accounts import EnterAs, TargetFacts, entrance


def provider(settings: ToolsSettings | TargetSettings) -> aws.Provider:
    """The stack's one provider: pinned to its account and region, tagging everything, with no credentials of its own."""
    account = settings.target if isinstance(settings, TargetSettings) else settings.tools
    return aws.Provider(
        "aws",
        region=account.region,
        allowed_account_ids=[account.account],
        assume_roles=[_entrance(settings.target, settings.run)] if isinstance(settings, TargetSettings) else None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=names.tags(settings.stack)),
    )


def _entrance(target: TargetFacts, run: RunSettings) -> aws.ProviderAssumeRoleArgs:
    """The role that this run takes in the target account; a preview's session only reads, whatever the role may."""
    here = TargetNames(target.account, target.region, target.env)
    entered = entrance(target, run.enter_as, run.session_name or f"{here.service}-pulumi")
    return aws.ProviderAssumeRoleArgs(
        role_arn=entered.role_arn,
        external_id=entered.external_id or None,
        session_name=entered.session_name,
        source_identity=entered.source_identity or None,
        duration=f"{run.granted_duration or entered.duration}s",
        policy=text(reading_only()) if run.enter_as is EnterAs.PREVIEW else None,
    )
