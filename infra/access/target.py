"""What Jenkins may become in a target account, and what the service runs as there."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra import names
from infra.access.account_trail import AccountTrail
from infra.access.boundary import Boundary
from infra.access.capped_role import CappedRole
from infra.names import AccountNames, TargetNames
from infra.policies import boundary, roles, trust
from infra.policies.document import Document
from infra.policies.scope import Scope
from infra.settings import TargetSettings

_SHORTEST_MAXIMUM = 3600
"""Seconds: IAM takes no smaller MaxSessionDuration (3,600 to 43,200), though a session may be shorter."""


class TargetAccess(pulumi.ComponentResource):
    """The deployment, preview and execution roles, their boundary, the function's log group, and the trail.

    The execution role and the log group are made here, and not beside the function, so that the deployment role needs
    no right to write in IAM.
    """

    def __init__(self, settings: TargetSettings, opts: pulumi.ResourceOptions) -> None:
        super().__init__("items:access:TargetAccess", settings.stack, None, opts)
        target = settings.target
        self._settings = settings
        self._here = TargetNames(target.account, target.region, target.env)
        self._scope = _scope(self._here)
        self._child = pulumi.ResourceOptions(parent=self)
        self._boundary = Boundary(
            "boundary", policy_name=self._here.boundary, policy=boundary.target(self._scope), opts=self._child
        )
        self.outputs = {"account": target.account, **self._roles(), "boundary": self._boundary.arn}
        aws.cloudwatch.LogGroup(
            "log",
            name=self._here.log_group,
            retention_in_days=settings.service.log_retention_days,
            opts=self._child,
        )
        self.outputs["trail"] = AccountTrail("trail", here=self._here, opts=self._child).arn
        self.register_outputs(self.outputs)

    def _roles(self) -> dict[str, pulumi.Output[str]]:
        target, jenkins = self._settings.target, self._settings.tools
        deployment = self._role(
            "deployment",
            role=target.deployment_role,
            description=f"Jenkins deploys {self._here.service} as this",
            trust=self._trust(jenkins.deploy_role),
            policy=roles.deployment(self._scope),
        )
        preview = self._role(
            "preview",
            role=target.preview_role,
            description=f"Jenkins looks at {self._here.service} as this",
            trust=self._trust(jenkins.preview_role, jenkins.deploy_role),
            policy=roles.preview(self._scope),
        )
        execution = self._role(
            "execution",
            role=self._here.execution_role,
            description=f"The function {self._here.service} runs as this",
            trust=trust.service("lambda.amazonaws.com"),
            policy=roles.execution(self._scope),
            entered_by_jenkins=False,
        )
        return {"deploymentRole": deployment.arn, "previewRole": preview.arn, "executionRole": execution.arn}

    def _role(
        self,
        name: str,
        *,
        role: str,
        description: str,
        trust: Document,
        policy: Document,
        entered_by_jenkins: bool = True,
    ) -> CappedRole:
        longest = max(_SHORTEST_MAXIMUM, self._settings.target.session_duration) if entered_by_jenkins else None
        return CappedRole(
            name,
            role=role,
            description=description,
            trust=trust,
            policy=policy,
            boundary=self._boundary.arn,
            max_session=longest or _SHORTEST_MAXIMUM,
            opts=self._child,
        )

    def _trust(self, *jenkins_roles: str) -> Document:
        tools = AccountNames(self._settings.tools.account, self._settings.tools.region)
        return trust.jenkins(
            tools_account=tools.account,
            role_arns=[tools.role_arn(role) for role in jenkins_roles],
            external_id=self._settings.target.external_id,
            session_pattern=self._here.session_pattern,
        )


def _scope(here: TargetNames) -> Scope:
    return Scope(
        region=here.region,
        stack=here.env,
        bucket_arn=names.bucket_arn(here.bucket),
        function_arn=here.function_arn,
        execution_role_arn=here.role_arn(here.execution_role),
        log_group_arn=here.log_group_arn,
        trail_arn=here.trail_arn,
        trail_bucket_arn=names.bucket_arn(here.trail_bucket),
    )
