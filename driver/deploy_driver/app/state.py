"""Puts a good copy of a stack's state in the place of one that is damaged, another stack's, or gone."""

from __future__ import annotations

from deploy_driver.app.console import Console
from deploy_driver.app.session import ADMINISTRATOR, JENKINS_DEPLOY, LocalProject, new_run, start_session
from deploy_driver.errors import NotReadyError, RefusedError
from deploy_driver.plan.selection import select
from deploy_driver.run.state_check import GoodCopy, States, UnfitStateError
from deploy_driver.values import Layer, Stack


def restore(project: LocalProject, stack: str, console: Console, *, yes: bool = False) -> GoodCopy:
    """Restore the newest good copy, and say which. Raises RefusedError where the state is fit or nobody says yes, NotReadyError."""
    chosen = select(project.config.stacks, [stack])[0]
    session = start_session(project, ADMINISTRATOR if chosen.layer is Layer.ACCESS else JENKINS_DEPLOY, new_run())
    store = session.state_store()
    if locks := store.locks(chosen.name):
        raise NotReadyError(f"the stack is locked by {locks[0]}", remedy="wait until that run has ended")
    good = _better(States(store, project.config.project), chosen)
    if not yes and not console.prompt.present:
        raise RefusedError("restoring asks, and nobody is at the terminal", remedy="pass --yes to confirm beforehand")
    if not yes and not console.prompt.confirm(f"Let the state of {chosen.name} be {good}?"):
        raise RefusedError("the answer was no")
    store.restore(chosen.name, good.content)
    return good


def _better(states: States, stack: Stack) -> GoodCopy:
    """What may take the place of the stack's state. Raises RefusedError when it is fit, NotReadyError when nothing is better."""
    try:
        states.require(stack)
    except UnfitStateError as error:
        if error.good is None:
            raise
        return error.good
    raise RefusedError(f"the state of {stack.name} is as it should be; nothing is put in its place")
