"""`deploy bootstrap`: an administrator makes the state's home and every access layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy_driver.cli.options import (
    AllowDeleteOption,
    CloudOption,
    Output,
    OutputOption,
    ProjectOption,
    StacksOption,
    YesOption,
)

if TYPE_CHECKING:
    from deploy_driver.config.model import DeployConfig
    from deploy_driver.values import Stack


def bootstrap(
    stacks: StacksOption = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Show every policy document that would be made, and make nothing.")
    ] = False,
    allow_delete: AllowDeleteOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Let Jenkins in: make roles, and a home for the state.

    Makes a bucket and a key for the states of service layers, which Jenkins writes, and others for those of access
    layers, which it does not; the key that signs reviewed plans, Jenkins' roles, and each account's roles, boundary and
    trail. An administrator of the tools account runs this, rarely. Each target account is entered through
    its `bootstrapRole`. Running it again changes nothing; it puts back what somebody has changed by hand. Ends when the
    roles can be assumed. Where nobody is at a terminal it asks for --yes (exit code 4).

    An access layer loses nothing by the way: more deletions or replacements than `access.max-deletes` in deploy.toml says (0
    without it) are refused, and what holds data besides until --allow-delete names it (exit code 4).

    deploy bootstrap --print

    deploy bootstrap --yes
    """
    from deploy_driver.app import program
    from deploy_driver.app import session as wiring
    from deploy_driver.app.deploy import Wish, choose, show
    from deploy_driver.cli.output import write_json
    from deploy_driver.errors import UsageError
    from deploy_driver.values import Layer, Operation

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=False) if stacks else config.layer(Layer.ACCESS)
    if any(stack.layer is not Layer.ACCESS for stack in chosen):
        raise UsageError(
            "bootstrap makes access layers only", remedy="say tools, dev-access, …; or nothing for all of them"
        )
    program.check_settings(config, chosen)
    if print_:
        write_json(_policies(config, chosen))
        return
    from deploy_driver.app.bootstrap import carry_out

    wish = Wish(
        Operation.UP,
        project,
        cloud,
        stacks,
        all_stacks=False,
        output=output,
        yes=yes,
        verb="bootstrap",
        allowed=tuple(allow_delete or ()),
    )
    outcome, code = carry_out(wish, config, chosen)
    show(outcome, wish, config, code)
    raise typer.Exit(code)


def _policies(config: DeployConfig, chosen: Sequence[Stack]) -> Mapping[str, Any]:
    """Every policy document that would be made."""
    from deploy_driver.adapters.foundation import (
        access_bucket_policy,
        access_key_policy,
        bucket_policy,
        key_policy,
        plan_key_policy,
    )
    from deploy_driver.app import program

    backend, jenkins = config.backend, (config.jenkins_deploy_role, config.jenkins_preview_role)
    return {
        "state": {"bucketPolicy": bucket_policy(backend.bucket), "keyPolicy": key_policy(backend.account)},
        "accessState": {
            "bucketPolicy": access_bucket_policy(config.access_backend.bucket, backend.account, jenkins),
            "keyPolicy": access_key_policy(backend.account, jenkins),
        },
        "plan": {"keyPolicy": plan_key_policy(backend.account, config.jenkins_deploy_role)},
        **{stack.name: program.documents(config, stack) for stack in chosen},
    }
