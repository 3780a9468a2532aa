"""What Jenkins is in the tools account."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra import names
from infra.access.account_trail import AccountTrail
from infra.access.boundary import Boundary
from infra.access.capped_role import CappedRole
from infra.names import AccountNames
from infra.policies import boundary, jenkins, trust
from infra.policies.document import Document
from infra.policies.jenkins import State
from infra.settings import ToolsSettings


class JenkinsAccess(pulumi.ComponentResource):
    """A role with instance profile for the agents that deploy, one for the agents that build pull requests, the trail.

    The state bucket and its key are not made here: they must be there before the first stack is. `deploy bootstrap`
    makes them.
    """

    def __init__(self, settings: ToolsSettings, opts: pulumi.ResourceOptions) -> None:
        super().__init__("items:access:JenkinsAccess", settings.stack, None, opts)
        tools = settings.tools
        here = AccountNames(tools.account, tools.region)
        state = State(
            bucket_arn=names.bucket_arn(tools.state_bucket),
            keys_arn=f"arn:aws:kms:{tools.region}:{tools.account}:key/*",
            key_alias=tools.state_key,
        )
        previews = [_in(target.account, target.region, target.preview_role) for target in settings.targets]
        deployments = [_in(target.account, target.region, target.deployment_role) for target in settings.targets]
        self._child = pulumi.ResourceOptions(parent=self)
        self._boundary = Boundary(
            "boundary",
            policy_name=names.JENKINS_BOUNDARY,
            policy=boundary.jenkins(
                state, [*deployments, *previews], here.trail_arn, names.bucket_arn(here.trail_bucket)
            ),
            opts=self._child,
        )
        deploy = self._agents(
            "deploy", tools.deploy_role, "Jenkins agents that deploy", jenkins.deploy(state, [*deployments, *previews])
        )
        preview = self._agents(
            "preview", tools.preview_role, "Jenkins agents that build pull requests", jenkins.preview(state, previews)
        )
        trail = AccountTrail("trail", here=here, opts=self._child)
        self.outputs = {
            "account": tools.account,
            "jenkinsDeployRole": deploy.arn,
            "jenkinsPreviewRole": preview.arn,
            "boundary": self._boundary.arn,
            "trail": trail.arn,
        }
        self.register_outputs(self.outputs)

    def _agents(self, name: str, role: str, description: str, policy: Document) -> CappedRole:
        """The role of some agents, and the instance profile of the same name that gives it to their machines."""
        made = CappedRole(
            name,
            role=role,
            description=description,
            trust=trust.service("ec2.amazonaws.com"),
            policy=policy,
            boundary=self._boundary.arn,
            opts=self._child,
        )
        aws.iam.InstanceProfile(name, name=role, role=made.role.name, opts=self._child)
        return made


def _in(account: str, region: str, role: str) -> str:
    return AccountNames(account, region).role_arn(role)
