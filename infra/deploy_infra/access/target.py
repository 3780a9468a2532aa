"""What Jenkins may become in a target account, and what the service runs as there."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.access.boundary import PermissionsBoundary
from deploy_infra.access.capped_role import CappedRole
from deploy_infra.documents import of_access
from deploy_infra.inventory import SHORTEST_MAXIMUM, longest_session
from deploy_infra.policies.wants import DeclaredService, ExecutionRole
from deploy_infra.settings import TargetSettings
from deploy_project.stacks import RoleKind


class TargetAccess(pulumi.ComponentResource):
    """The deployment and preview roles, what the service's functions run as, the boundary of all, the functions' log groups.

    Execution roles and log groups are made here, and not beside the functions, so that the deployment role needs no right to
    write in IAM.
    """

    def __init__(self, settings: TargetSettings, service: DeclaredService, opts: pulumi.ResourceOptions) -> None:
        super().__init__("deploy:access:TargetAccess", settings.stack, None, opts)
        target, prefix = settings.target, service.place.prefix
        longest = longest_session(settings)
        self._says = of_access(settings, service)
        self._child = pulumi.ResourceOptions(parent=self)
        self._boundary = PermissionsBoundary(
            "boundary", policy_name=names.boundary(prefix), policy=self._says["boundary"], opts=self._child
        )
        made = {
            "deployment": self._role(
                RoleKind.DEPLOYMENT, "deployment", target.deployment_role, f"Jenkins deploys {prefix}", longest
            ),
            "preview": self._role(
                RoleKind.PREVIEW, "preview", target.preview_role, f"Jenkins looks at {prefix}", longest
            ),
            **{role.name: self._execution_role(role) for role in service.roles},
        }
        for role in service.roles:
            self._log(role)
        self.outputs: dict[str, pulumi.Input[str] | Mapping[str, pulumi.Input[str]]] = {
            "account": target.account,
            "deploymentRole": made["deployment"].arn,
            "previewRole": made["preview"].arn,
            "executionRoles": {role.name: made[role.name].arn for role in service.roles},
            "boundary": self._boundary.arn,
            "roleIds": {name: role.id for name, role in made.items()},
        }
        self.register_outputs(dict(self.outputs))

    def _log(self, role: ExecutionRole) -> None:
        if role.log_group:
            name = role.name.removesuffix("-execution")
            aws.cloudwatch.LogGroup(name, name=role.log_group, retention_in_days=role.retention, opts=self._child)

    def _execution_role(self, role: ExecutionRole) -> CappedRole:
        thing = role.role.removesuffix(names.execution_role(""))
        return self._role(RoleKind.EXECUTION, role.name, role.role, f"{thing} runs", SHORTEST_MAXIMUM)

    def _role(self, kind: RoleKind, name: str, role: str, purpose: str, max_session: int) -> CappedRole:
        return CappedRole(
            name,
            role=role,
            description=f"{purpose} as this role",
            trust=self._says[f"{name}.trust"],
            policy=self._says[f"{name}.policy"],
            boundary=self._boundary.arn,
            path=kind.path,
            max_session=max_session,
            opts=self._child,
        )
