"""Puts a good copy of a stack's state in the place of one that is damaged, another stack's, or gone."""

from __future__ import annotations

from deploy_driver.adapters.state import S3StateStore
from deploy_driver.app.console import Console
from deploy_driver.app.session import ADMINISTRATOR, JENKINS_DEPLOY, LocalProject, new_run, start_session
from deploy_driver.errors import RefusedError
from deploy_driver.plan.selection import select
from deploy_driver.record.catalogue import Event
from deploy_driver.run.state_check import GoodCopy, States, UnfitStateError
from deploy_driver.values import Layer, Stack


def restore(project: LocalProject, stack: str, console: Console, *, yes: bool = False) -> GoodCopy:
    """Restore the newest good copy, and say which. Raises RefusedError where the state is fit or nobody says yes, NotReadyError."""
    chosen = select(project.config.stacks, [stack])[0]
    session = start_session(project, ADMINISTRATOR if chosen.layer is Layer.ACCESS else JENKINS_DEPLOY, new_run())
    store, leasing = session.state_store(), session.leasing(_unheard)
    leasing.locked(chosen.name)
    with leasing.holding(lambda: False) as held:
        held.take([chosen.name])
        return _restored(store, project.config.project, chosen, console, yes=yes)


def _restored(store: S3StateStore, project: str, chosen: Stack, console: Console, *, yes: bool) -> GoodCopy:
    good = _better(States(store, project), chosen)
    if not yes and not console.prompt.present:
        raise RefusedError("restoring asks, and nobody is at the terminal", remedy="pass --yes to confirm beforehand")
    if not yes and not console.prompt.confirm(f"Let the state of {chosen.name} be {good}?"):
        raise RefusedError("the answer was no")
    store.restore(chosen.name, good.content)
    return good


def _unheard(_event: Event) -> None:
    """Nobody waits, and no lock is removed: there is nothing to say."""


def _better(states: States, stack: Stack) -> GoodCopy:
    """What may take the place of the stack's state. Raises RefusedError when it is fit, NotReadyError when nothing is better."""
    try:
        states.require(stack)
    except UnfitStateError as error:
        if error.good is None:
            raise
        return error.good
    raise RefusedError(f"the state of {stack.name} is as it should be; nothing is put in its place")
