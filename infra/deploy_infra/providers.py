"""The only maker of providers: in which account a stack works, and as whom."""

from __future__ import annotations

from collections.abc import Collection

import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.policies.document import text
from deploy_infra.policies.roles import reading_only
from deploy_infra.settings import TargetSettings, ToolsSettings
from deploy_project.accounts import EnterAs, entrance


def provider(settings: ToolsSettings | TargetSettings, admitted: Collection[str]) -> aws.Provider:
    """The stack's one provider: pinned to its account and region, tagging everything, with no credentials of its own.

    `admitted` are the services that the account admits: a preview's session reads those.
    """
    account = settings.target if isinstance(settings, TargetSettings) else settings.tools
    return aws.Provider(
        "aws",
        region=account.region,
        allowed_account_ids=[account.account],
        assume_roles=[_entrance(settings, admitted)] if isinstance(settings, TargetSettings) else None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=names.tags(settings.project, settings.stack)),
    )


def _entrance(settings: TargetSettings, admitted: Collection[str]) -> aws.ProviderAssumeRoleArgs:
    """The role that this run takes in the target account; a preview's session only reads, whatever the role may."""
    target, run = settings.target, settings.run
    entered = entrance(target, run.enter_as, run.session_name or f"{settings.project}-{target.env}-pulumi")
    return aws.ProviderAssumeRoleArgs(
        role_arn=entered.role_arn,
        external_id=entered.external_id or None,
        session_name=entered.session_name,
        source_identity=entered.source_identity or None,
        duration=f"{run.granted_duration or entered.duration}s",
        policy=text(reading_only(admitted)) if run.enter_as is EnterAs.PREVIEW else None,
    )
