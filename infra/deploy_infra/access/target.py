"""What Jenkins may become in a target account, and what the service runs as there."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from deploy_infra.access.account_trail import AccountTrail
from deploy_infra.access.boundary import PermissionsBoundary
from deploy_infra.access.capped_role import CappedRole
from deploy_infra.documents import names_of, of_access
from deploy_infra.inventory import SHORTEST_MAXIMUM, longest_session
from deploy_infra.settings import TargetSettings


class TargetAccess(pulumi.ComponentResource):
    """The deployment, preview and execution roles, their boundary, the function's log group, and the trail.

    The execution role and the log group are made here, and not beside the function, so that the deployment role needs
    no right to write in IAM.
    """

    def __init__(self, settings: TargetSettings, opts: pulumi.ResourceOptions) -> None:
        super().__init__("items:access:TargetAccess", settings.stack, None, opts)
        target, here = settings.target, names_of(settings)
        longest = longest_session(settings)
        self._says = of_access(settings)
        self._child = pulumi.ResourceOptions(parent=self)
        self._boundary = PermissionsBoundary(
            "boundary", policy_name=here.boundary, policy=self._says["boundary"], opts=self._child
        )
        deployment = self._role("deployment", target.deployment_role, f"Jenkins deploys {here.service}", longest)
        preview = self._role("preview", target.preview_role, f"Jenkins looks at {here.service}", longest)
        execution = self._role("execution", here.execution_role, f"The function {here.service} runs", SHORTEST_MAXIMUM)
        aws.cloudwatch.LogGroup(
            "log", name=here.log_group, retention_in_days=settings.service.log_retention_days, opts=self._child
        )
        trail = AccountTrail(
            "trail", here=here, policy=self._says["trail"], empties=settings.run.empty_buckets, opts=self._child
        )
        self.outputs: dict[str, pulumi.Input[str] | Mapping[str, pulumi.Input[str]]] = {
            "account": target.account,
            "deploymentRole": deployment.arn,
            "previewRole": preview.arn,
            "executionRole": execution.arn,
            "boundary": self._boundary.arn,
            "trail": trail.arn,
            "roleIds": {"deployment": deployment.id, "preview": preview.id, "execution": execution.id},
        }
        self.register_outputs(dict(self.outputs))

    def _role(self, name: str, role: str, purpose: str, max_session: int) -> CappedRole:
        return CappedRole(
            name,
            role=role,
            description=f"{purpose} as this role",
            trust=self._says[f"{name}.trust"],
            policy=self._says[f"{name}.policy"],
            boundary=self._boundary.arn,
            max_session=max_session,
            opts=self._child,
        )
