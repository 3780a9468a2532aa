"""IAM in the accounts of the stacks: a role as it is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from deploy_driver.adapters.aws import AwsSession, asking, every, managed_policy
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.errors import NotReadyError
from deploy_driver.values import RoleInAccount
from deploy_project.accounts import Entrance


@dataclass(frozen=True)
class IamRolePolicies:
    """The RolePolicies port. `aws` is this machine's identity."""

    aws: AwsSession

    def role(self, arn: str, entrance: Entrance, region: str) -> RoleInAccount:
        """The inline policies and the boundary of the role. A managed policy that somebody has attached cannot be judged here."""
        name = arn.rpartition("/")[2]
        iam = StsIdentity(self.aws).enter(entrance, region).client("iam")
        ask = partial(asking, f"reading {arn}")
        attached = ask(lambda: every(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name))
        if attached:
            arns = ", ".join(policy["PolicyArn"] for policy in attached)
            raise NotReadyError(f"{arn} has managed policies, which are not read here: {arns}")
        boundary = ask(lambda: iam.get_role(RoleName=name))["Role"].get("PermissionsBoundary", {})
        return RoleInAccount(
            arn,
            {
                policy: ask(partial(iam.get_role_policy, RoleName=name, PolicyName=policy))["PolicyDocument"]
                for policy in ask(lambda: every(iam, "list_role_policies", "PolicyNames", RoleName=name))
            },
            ask(lambda: managed_policy(iam, boundary["PermissionsBoundaryArn"])) if boundary else {},
        )
