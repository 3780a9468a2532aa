"""Who may become a role.

The principal is always an account, and `aws:PrincipalArn` names the role in it: AWS stores a role named as the principal
by its unique id, so that recreating the role would silently end the trust (IAM User Guide, "Role principals").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploy_infra.policies.document import Conditions, Document, Statement, document
from deploy_project.accounts import AgentTokens
from deploy_project.stacks import arn


def jenkins(
    *, tools_account: str, role_arns: Sequence[str], external_id: str, session_pattern: str, organization: str = ""
) -> Document:
    """Trust in roles of the tools account that bring this account's external id and say which run they are.

    `session_pattern` (IAM wildcards) is what the session's name and its source identity must look like, `organization`
    the one that the caller's account must belong to, where one is given. The second statement has fewer conditions
    because AWS gives only `sts:SourceIdentity` with that action; it opens nothing alone.
    """
    principal = arn("iam", "root", account=tools_account)
    member = {"aws:PrincipalOrgID": organization} if organization else {}
    who: dict[str, str | Sequence[str]] = {"aws:PrincipalArn": list(role_arns), **member}
    return document(
        _trust(
            "EnterForARun",
            {"AWS": principal},
            "sts:AssumeRole",
            {
                "StringEquals": {**who, "sts:ExternalId": external_id},
                "StringLike": {"sts:RoleSessionName": session_pattern, "sts:SourceIdentity": session_pattern},
            },
        ),
        _trust(
            "SayWhichRun",
            {"AWS": principal},
            "sts:SetSourceIdentity",
            {"StringEquals": who, "StringLike": {"sts:SourceIdentity": session_pattern}},
        ),
    )


def service(principal: str) -> Document:
    """Trust in an AWS service, for example `ec2.amazonaws.com` for the role of an instance profile."""
    return document(_trust("Service", {"Service": principal}, "sts:AssumeRole"))


_EKS = "pods.eks.amazonaws.com"
AGENTS = {"ec2": "ec2.amazonaws.com", "ecs": "ecs-tasks.amazonaws.com", "eks": _EKS}
"""Who gives an agent its role, by what the agent is: an instance's profile, a task's role, a service account's pod identity."""


def agents(kinds: Sequence[str], tokens: AgentTokens | None, account: str, subjects: Sequence[str]) -> Document:
    """Trust in what hands a role to Jenkins' agents: services of AWS by `AGENTS`, and the provider of `account` that issues `tokens`.

    EKS says with each session which pod it is for (EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity").
    A token must name the audience and one of the `subjects`: any other that its issuer signs would do (IAM User Guide, "Create a role
    for OpenID Connect federation").
    """
    services = [AGENTS[kind] for kind in kinds if kind in AGENTS]
    statements = []
    if services:
        who = services[0] if len(services) == 1 else services
        statements.append(_trust("Service", {"Service": who}, "sts:AssumeRole"))
    if _EKS in services:
        statements.append(_trust("SayWhichPod", {"Service": _EKS}, "sts:TagSession"))
    if tokens:
        provider = {"Federated": arn("iam", f"oidc-provider/{tokens.issuer}", account=account)}
        says = {f"{tokens.issuer}:aud": tokens.audience, f"{tokens.issuer}:sub": list(subjects)}
        statements.append(_trust("Token", provider, "sts:AssumeRoleWithWebIdentity", {"StringEquals": says}))
    return document(*statements)


def _trust(
    sid: str, principal: Mapping[str, str | Sequence[str]], action: str, when: Conditions | None = None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action}
    return {**statement, "Condition": when} if when else statement
