"""What Jenkins is in the tools account."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.access.boundary import PermissionsBoundary
from deploy_infra.access.capped_role import CappedRole
from deploy_infra.documents import of_tools
from deploy_infra.settings import ToolsSettings


class JenkinsAccess(pulumi.ComponentResource):
    """A role with instance profile for the agents that deploy, one for the agents that build pull requests.

    The buckets and keys of states and the trail are not made here: they must be there before the first stack is, and stay after the
    last one is gone. `deploy bootstrap` makes them.
    """

    def __init__(self, settings: ToolsSettings, opts: pulumi.ResourceOptions) -> None:
        super().__init__("deploy:access:JenkinsAccess", settings.stack, None, opts)
        tools = settings.tools
        self._says = of_tools(settings)
        self._child = pulumi.ResourceOptions(parent=self)
        self._boundary = PermissionsBoundary(
            "boundary", policy_name=names.JENKINS_BOUNDARY, policy=self._says["boundary"], opts=self._child
        )
        deploy = self._agents("deploy", tools.deploy_role, "Jenkins agents that deploy")
        preview = self._agents("preview", tools.preview_role, "Jenkins agents that build pull requests")
        self.outputs: dict[str, pulumi.Input[str] | Mapping[str, pulumi.Input[str]]] = {
            "account": tools.account,
            "jenkinsDeployRole": deploy.arn,
            "jenkinsPreviewRole": preview.arn,
            "boundary": self._boundary.arn,
            "roleIds": {"deploy": deploy.id, "preview": preview.id},
        }
        self.register_outputs(dict(self.outputs))

    def _agents(self, name: str, role: str, description: str) -> CappedRole:
        """The role of some agents, and the instance profile of the same name that gives it to their machines."""
        made = CappedRole(
            name,
            role=role,
            description=description,
            trust=self._says[f"{name}.trust"],
            policy=self._says[f"{name}.policy"],
            boundary=self._boundary.arn,
            opts=self._child,
        )
        aws.iam.InstanceProfile(name, name=role, role=made.role.name, opts=self._child)
        return made
