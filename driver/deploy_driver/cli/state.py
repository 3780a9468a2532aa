"""`deploy state`: what the state bucket keeps of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy_driver.cli.options import CloudOption, ProjectOption, YesOption

if TYPE_CHECKING:
    from deploy_driver.run.state_check import GoodCopy, States
    from deploy_driver.values import Stack

app = typer.Typer(
    no_args_is_help=True,
    help="What the state bucket keeps of a stack.\n\nEvery run judges the states of its stacks before it begins.",
)


@app.callback()
def everywhere() -> None:
    """Keeps `restore` a verb of its own, though it is the only one."""


@app.command()
def restore(
    stack: Annotated[str, typer.Option("--stack", help="Whose state is put back.")],
    yes: YesOption = False,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Put the newest good copy back where a stack's state is damaged, another stack's, or gone.

    Refuses (exit code 4) where the state is as it should be. Copies are what the engine keeps (`.json.bak`, `backups`,
    `history`), and the versions that the bucket keeps where whoever asks may list them. What is there now stays in the
    bucket as a version. A copy may be older than what is deployed: look with `deploy preview --refresh` before the next up.

    deploy state restore --stack staging
    """
    from deploy_driver.adapters.terminal import TerminalPrompt
    from deploy_driver.app import session as wiring
    from deploy_driver.cli.output import write
    from deploy_driver.errors import NotReadyError, RefusedError
    from deploy_driver.plan.selection import select
    from deploy_driver.run.state_check import States
    from deploy_driver.values import Layer

    config = wiring.open_project(project, cloud)
    chosen = select(config.stacks, [stack])[0]
    wiring.enter(
        config, wiring.ADMINISTRATOR if chosen.layer is Layer.ACCESS else wiring.JENKINS_DEPLOY, wiring.start_id()
    )
    store = wiring.state_store(config, wiring.session(config))
    if holder := store.lock_of(chosen.name):
        raise NotReadyError(f"the stack is locked by {holder}", remedy="wait until that run has ended")
    good = _better(States(store, config.project), chosen)
    prompt = TerminalPrompt()
    if not yes and not prompt.present:
        raise RefusedError("restoring asks, and nobody is at the terminal", remedy="say --yes to confirm beforehand")
    if not yes and not prompt.confirm(f"Let the state of {chosen.name} be {good}?"):
        raise RefusedError("the answer was no")
    store.restore(chosen.name, good.content)
    write(f"the state of {chosen.name} is {good}\nlook with `deploy preview --refresh --stacks {chosen.name}`\n")


def _better(states: States, stack: Stack) -> GoodCopy:
    """What may take the place of the stack's state. Raises RefusedError when it is fit, NotReadyError when nothing is better."""
    from deploy_driver.errors import RefusedError
    from deploy_driver.run.state_check import UnfitStateError

    try:
        states.require(stack)
    except UnfitStateError as error:
        if error.good is None:
            raise
        return error.good
    raise RefusedError(f"the state of {stack.name} is as it should be; nothing is put in its place")
