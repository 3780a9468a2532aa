"""The access layer: who may enter an account, and what they may do there. `build` makes the one of the stack that Pulumi runs."""

from __future__ import annotations

from pathlib import Path

import pulumi

from deploy_infra.access.jenkins import JenkinsAccess
from deploy_infra.access.target import TargetAccess
from deploy_infra.documents import service_in
from deploy_infra.providers import provider
from deploy_infra.settings import ToolsSettings, load
from deploy_project.project_file import admitted

__all__ = ["JenkinsAccess", "TargetAccess", "build"]


def build(root: Path) -> None:
    """Make the access layer of the stack that Pulumi is running, for the service of the project folder `root`.

    Raises pulumi.RunError where the settings or the service's program are not what they must be.
    """
    settings = load(root)
    opts = pulumi.ResourceOptions(provider=provider(settings, admitted(root)))
    layer: JenkinsAccess | TargetAccess
    if isinstance(settings, ToolsSettings):
        layer = JenkinsAccess(settings, opts)
    else:
        try:
            service = service_in(root, settings)
        except ValueError as error:
            raise pulumi.RunError(str(error)) from None
        layer = TargetAccess(settings, service, opts)
    for name, value in layer.outputs.items():
        pulumi.export(name, value)
