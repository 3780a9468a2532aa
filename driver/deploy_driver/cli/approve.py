"""`deploy approve`: one person's yes to one reviewed plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.cli.options import CloudOption, ProjectOption, YesOption, open_project


def approve(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that deploy preview --save DIR wrote.")],
    yes: YesOption = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Approve a reviewed plan, as the person AWS knows.

    For stacks with `approvals` in deploy.toml. Run it at your own terminal, signed in as the role that deploy:approverRole names. Verifies
    the plan's signature, shows what it would delete, replace, update and create, and asks. The approval is an object of the state
    bucket, bound to the digest of plan.json and to your session: the bucket's policy lets nobody write it but you.

    `deploy up --plan DIR` then finds it. An approval works for this plan only, and for as long as the plan holds; where
    `author-may-approve` is not set, one by an author of what is deployed does not count.

    deploy approve plan/
    """
    from deploy_driver.app.approve import approve
    from deploy_driver.cli.output import console, tell

    opened = open_project(context, project, cloud)
    tell(approve(opened, plan, console(), yes=yes))
