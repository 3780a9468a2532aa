"""A role with one inline policy, under a boundary."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from deploy_infra.inventory import SHORTEST_MAXIMUM
from deploy_infra.policies.document import Document, text


class CappedRole(pulumi.ComponentResource):
    """One role. It has no managed policies; `path` begins and ends with a slash, `max_session` is in seconds (3,600 to 43,200).

    `id` is AWS's unique id of it: a role that somebody deletes and makes again under the same name has another.
    """

    def __init__(
        self,
        name: str,
        *,
        role: str,
        description: str,
        trust: Document,
        policy: Document,
        boundary: pulumi.Input[str],
        path: str = "/",
        max_session: int = SHORTEST_MAXIMUM,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("deploy:access:CappedRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            name,
            name=role,
            path=path,
            description=description,
            assume_role_policy=text(trust),
            permissions_boundary=boundary,
            max_session_duration=max_session,
            opts=child,
        )
        aws.iam.RolePolicy(name, name=role, role=self.role.name, policy=text(policy), opts=child)
        self.arn = self.role.arn
        self.id = self.role.unique_id
        self.register_outputs({"arn": self.arn})
