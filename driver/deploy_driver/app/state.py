"""The states of a stack that the state bucket keeps: which there are, what is in one, and a good one in the place of a bad one."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver import remedies
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.app.console import Console, ignore, require_person
from deploy_driver.app.session import ADMINISTRATOR, JENKINS_DEPLOY, LocalProject, Session, new_run, start_session
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.plan.selection import select
from deploy_driver.run.state_check import GoodCopy, KnownState, States, UnfitStateError
from deploy_driver.values import Layer, Stack

NOW = "now"
"""What the state is called that the next run begins from."""


def states(project: LocalProject, stack: str) -> Sequence[KnownState]:
    """The state of the stack and all copies of it that whoever asks may see, newest first. Raises UsageError and NotReadyError."""
    chosen, session = _session_of(project, stack)
    return list(States(session.state_store(), project.config.project).everything(chosen))


def show(project: LocalProject, stack: str, copy: str) -> bytes:
    """The content of the state, or of the copy whose place or file's name begins so, or which is that version.

    Raises UsageError where there is no such one, or several.
    """
    wanted = copy or NOW
    found = [
        one
        for one in states(project, stack)
        if one.place.startswith(wanted) or one.name.startswith(wanted) or one.place.endswith(f" {wanted}")
    ]
    if len(found) == 1:
        return found[0].content
    there = f"{len(found)} copies begin with {wanted}" if found else f"there is no {wanted}"
    raise UsageError(f"{there} among the states of {stack}", remedy=remedies.COPIES_ARE_LISTED.of(stack=stack))


def _session_of(project: LocalProject, name: str) -> tuple[Stack, Session]:
    stack = select(project.config.stacks, [name])[0]
    return stack, start_session(project, ADMINISTRATOR if stack.layer is Layer.ACCESS else JENKINS_DEPLOY, new_run())


def restore(project: LocalProject, stack: str, console: Console, *, yes: bool = False) -> GoodCopy:
    """Restore the newest good copy, and say which. Raises RefusedError where the state is fit or nobody says yes, NotReadyError."""
    chosen, session = _session_of(project, stack)
    store, leasing = session.state_store(), session.leasing(ignore)
    leasing.locked(chosen.name)
    with leasing.holding(lambda: False) as held:
        held.take([chosen.name])
        return _restored(store, project.config.project, chosen, console, yes=yes)


def _restored(store: S3StateStore, project: str, chosen: Stack, console: Console, *, yes: bool) -> GoodCopy:
    good = _better(States(store, project), chosen)
    require_person(console.prompt, "restoring", yes=yes)
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
