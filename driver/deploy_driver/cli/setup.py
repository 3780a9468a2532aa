"""`deploy setup`: the Pulumi engine and the AWS plugin of the project's runs, got from elsewhere where they are missing."""

from __future__ import annotations

import typer

from deploy_driver.cli.options import CloudOption, ProjectOption, open_project


def setup(context: typer.Context, project: ProjectOption = None, cloud: CloudOption = None) -> None:
    """Install the Pulumi engine and the AWS plugin.

    What is on this machine is used. The engine is fetched from its vendor, or built from its Go modules (minutes, once
    per machine). The real AWS plugin is fetched where the project's runs need it: on AWS, and in the sandbox where
    `[sandbox] plugin` or DEPLOY_PLUGIN says real. DEPLOY_VENDOR names a mirror of https://get.pulumi.com.
    Exits with 3 when one of them cannot be had.

    deploy setup

    deploy setup --cloud aws
    """
    from deploy_driver.cli.output import tell

    tools = open_project(context, project, cloud).obtain_tools()
    for tool in (tools.engine, tools.plugin):
        tell(f"{tool.name} {tool.version}: {tool.source} ({tool.path})")
