"""IAM in the accounts of the stacks: a role as it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.errors import NotReadyError
from deploy_driver.values import RoleInAccount
from deploy_project.accounts import Entrance

Document = Mapping[str, Any]


@dataclass(frozen=True)
class IamRolePolicies:
    """The RolePolicies port. `session` is this machine's identity: a new one each time, since a run may outlast it."""

    session: Callable[[], AwsSession]

    def role(self, arn: str, entrance: Entrance, region: str) -> RoleInAccount:
        """The inline policies and the boundary of the role. A managed policy that somebody has attached cannot be judged here."""
        name = arn.rpartition("/")[2]
        keys = StsIdentity(self.session()).credentials(entrance, region).environment()
        iam = AwsSession(region, keys=keys).client("iam")
        ask = partial(asking, f"reading {arn}")
        attached = ask(lambda: _every(iam, "list_attached_role_policies", "AttachedPolicies", name))
        if attached:
            arns = ", ".join(policy["PolicyArn"] for policy in attached)
            raise NotReadyError(f"{arn} has managed policies, which are not read here: {arns}")
        boundary = ask(lambda: iam.get_role(RoleName=name))["Role"].get("PermissionsBoundary", {})
        return RoleInAccount(
            arn,
            {
                policy: ask(partial(iam.get_role_policy, RoleName=name, PolicyName=policy))["PolicyDocument"]
                for policy in ask(lambda: _every(iam, "list_role_policies", "PolicyNames", name))
            },
            ask(lambda: _managed(iam, boundary["PermissionsBoundaryArn"])) if boundary else {},
        )


def _every(iam: Any, operation: str, key: str, role: str) -> list[Any]:
    return [entry for page in iam.get_paginator(operation).paginate(RoleName=role) for entry in page[key]]


def _managed(iam: Any, arn: str) -> Document:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document
