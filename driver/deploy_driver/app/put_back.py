"""A good copy in the place of a damaged state, in the course of a run: shown, after a yes, under the stack's lease, and on record."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver.app.console import require_person
from deploy_driver.app.deploy import RunContext
from deploy_driver.app.session import Session, judged_states
from deploy_driver.errors import NotReadyError, RefusedError
from deploy_driver.record.catalogue import Progress, StateSeen
from deploy_driver.run.state_check import GoodCopy, UnfitStateError
from deploy_driver.values import Stack


@dataclass(frozen=True)
class Damage:
    """A state that is damaged or gone, what is wrong with it, and the copy that may take its place.

    `exact`: that copy is the very state that the stack was left with.
    """

    stack: Stack
    why: str
    good: GoodCopy
    exact: bool


def damaged(session: Session, stack: Stack, seen: str = "") -> Damage | None:
    """What is wrong with the stack's state, and the copy of the digest `seen` or else the newest good one.

    None where there is nothing to put back: it is fit; or a person has to look, as it is another stack's, a newer engine's, cannot be
    read, or has no good copy. The checks of the run say which.
    """
    states = judged_states(session)
    try:
        states.require(stack)
    except NotReadyError as error:
        if not isinstance(error, UnfitStateError) or not error.damaged or error.good is None:
            return None
        why = ": ".join([error.what, *error.detail[:-1][:1]])
        known = states.copy_of(stack, seen) if seen else None
        return Damage(stack, why, known or error.good, exact=known is not None)
    return None


def put_back(begun: RunContext, stack: Stack, seen: str = "", *, yes: bool) -> bool:
    """Let that copy be the stack's state; False where there is nothing to put back, as an engine that was still at work has written it.

    Raises RefusedError where nobody says yes, BusyError where somebody is at work on the stack.
    """
    deployer = begun.run.deployer
    with deployer.leasing.holding(lambda: deployer.stopped) as holding:
        holding.take([stack.name])
        holding.unlocked(stack.name)
        found = damaged(begun.session, stack, seen)
        if found:
            _confirm(begun, found, yes=yes)
            deployer.leasing.require(begin=True)
            _write(begun, found)
    return found is not None


def _confirm(begun: RunContext, found: Damage, *, yes: bool) -> None:
    run, prompt, name = begun.run, begun.run.prompt, found.stack.name
    run.stream(Progress(f"{found.why}; this takes its place: {found.good}", name))
    require_person(prompt, "putting a state back", yes=yes)
    if not yes and not prompt.confirm(f"Let the state of {name} be {found.good}?"):
        raise RefusedError(f"the answer was no; the state of {name} is as it was")


def _write(begun: RunContext, found: Damage) -> None:
    store, stream, name = begun.session.state_store(), begun.run.stream, found.stack.name
    before = store.mark(name)
    stream(StateSeen(name, before.digest, before.version, before=True))
    store.restore(name, found.good.content)
    now = store.mark(name)
    stream(StateSeen(name, now.digest, now.version))
