"""`deploy bootstrap`: an administrator makes the state's home and every access layer."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy_driver.cli.options import (
    AllowDeleteOption,
    CloudOption,
    LockTimeoutOption,
    ParallelOption,
    ProjectOption,
    RunOutput,
    RunOutputOption,
    StacksOption,
    YesOption,
    lock_timeout_of,
    open_project,
)


def bootstrap(
    context: typer.Context,
    stacks: StacksOption = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Show every policy document that would be made, and make nothing.")
    ] = False,
    allow_delete: AllowDeleteOption = None,
    parallel: ParallelOption = 1,
    lock_timeout: LockTimeoutOption = None,
    yes: YesOption = False,
    output: RunOutputOption = RunOutput.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Create the state backend and the access roles.

    Makes a bucket and a key for the states of service layers, which Jenkins writes, and others for those of access
    layers, which it does not; the key that signs reviewed plans, Jenkins' roles, and each account's roles, boundary and
    trail. An administrator of the tools account runs this, rarely. Each target account is entered through
    its `bootstrapRole`. Running it again changes nothing; it puts back what somebody has changed by hand. Ends when the
    roles can be assumed. Where nobody is at a terminal it asks for --yes (exit code 4).

    An access layer loses nothing by the way: more deletions or replacements than `access.max-deletes` in deploy.toml says (0
    without it) are refused, and what holds data besides until --allow-delete names it (exit code 4).

    deploy bootstrap --print

    deploy bootstrap --yes --parallel 4
    """
    from deploy_driver.app.bootstrap import access_stacks, bootstrap, policies
    from deploy_driver.cli.output import console, show_run, write_json

    opened = open_project(context, project, cloud)
    chosen = access_stacks(opened, stacks)
    if print_:
        write_json(policies(opened, chosen))
        return
    result = bootstrap(
        opened,
        chosen,
        console(),
        yes=yes,
        parallel=parallel,
        allowed=tuple(allow_delete or ()),
        lock_timeout=lock_timeout_of(lock_timeout),
    )
    show_run(result, opened.config.project, output)
