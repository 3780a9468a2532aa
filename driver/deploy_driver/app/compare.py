"""The work of `deploy compare`: what is known of two stacks, from their files, their states, the records and the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.engine.properties import plain_value
from deploy_driver.app import program
from deploy_driver.app.console import ignore
from deploy_driver.app.history import records_of
from deploy_driver.app.overview import runs_of
from deploy_driver.app.session import JENKINS_DEPLOY, LocalProject, Session, new_run, start_session
from deploy_driver.errors import UsageError
from deploy_driver.placeholders import SECRET
from deploy_driver.plan.comparison import ComparedStack, Part, Unlike, comparison
from deploy_driver.plan.selection import select
from deploy_driver.record.overview import StackInRun, records_of_stacks
from deploy_driver.run.state_check import States
from deploy_driver.values import Layer, Stack, Urn
from deploy_project.stackfile import read

SHORTEST_ID = 6
"""Characters that an id has at least which is looked for in other values."""


def compare(project: LocalProject, left: str, right: str, notice: Callable[[str], None]) -> tuple[Unlike, ...]:
    """In what two service stacks differ. Reads only. Raises UsageError, and NotReadyError where a state cannot be read.

    `notice` hears why roles are not compared, where the program cannot say what they may do.
    """
    stacks = select(project.config.stacks, [left, right])
    if len(stacks) < 2 or any(stack.layer is not Layer.SERVICE for stack in stacks):  # noqa: PLR2004 -- a pair
        services = ", ".join(stack.name for stack in project.config.layer(Layer.SERVICE))
        raise UsageError("two different service stacks are compared", remedy=remedies.TWO_SERVICES.of(stacks=services))
    session = start_session(project, JENKINS_DEPLOY, new_run())
    store = session.state_store()
    store.check(stack.name for stack in stacks)
    for stack in stacks:
        States(store, project.config.project).require(stack)
    deployed, roles = _deployed(session, stacks), _roles(session, stacks, notice)
    one, other = (_compared(session, stack, deployed[stack.name], roles.get(stack.name, {})) for stack in stacks)
    return comparison(one, other)


def _roles(session: Session, stacks: Sequence[Stack], notice: Callable[[str], None]) -> Mapping[str, Mapping[str, Any]]:
    """The policies of the roles in each stack's account; none of either where the program cannot say those of one."""
    config = session.config
    try:
        return {stack.name: program.documents(config, config.access_of(stack)) for stack in stacks}
    except UsageError as error:
        notice(f"roles are not compared: {error}")
        return {}


def _compared(session: Session, stack: Stack, deployed: Mapping[str, Any], roles: Mapping[str, Any]) -> ComparedStack:
    """Of resources the inputs, by type and name. Components and providers are left out: AWS has none of them."""
    found = [(Urn(one["urn"]), one) for one in session.state_store().resources(stack.name) if one.get("id")]
    named = {f"{urn.kind} {urn.name}": one for urn, one in found if not urn.type.startswith("pulumi:")}
    return ComparedStack(
        stack,
        {
            Part.SETTING: {key: SECRET if one.secret else one.data for key, one in read(stack.file).settings.items()},
            Part.DEPLOYED: deployed,
            Part.RESOURCE: {name: plain_value(one.get("inputs") or {}) for name, one in named.items()},
            Part.ROLE: roles,
        },
        {
            id_: f"ID-OF-{name}"
            for name in sorted(named, reverse=True)
            if _is_given(id_ := str(named[name]["id"]), stack)
        },
    )


def _is_given(id_: str, stack: Stack) -> bool:
    """Whether AWS has made it up: it has nothing in it of what is the stack's own, and is no common word."""
    return len(id_) >= SHORTEST_ID and not any(word in id_ for word in (stack.name, stack.env, stack.account))


def _deployed(session: Session, stacks: tuple[Stack, ...]) -> Mapping[str, Mapping[str, Any]]:
    """Of each stack the version, the commit and the code of functions that the newest run on record has brought there."""
    runs = runs_of(records_of(session, ignore), session.config, stacks)
    return {record.stack: _brought(record.deployed) for record in records_of_stacks([one.name for one in stacks], runs)}


def _brought(newest: StackInRun | None) -> Mapping[str, str]:
    if newest is None:
        return {}
    code = (package.partition(" ") for package in newest.as_left.packages)
    facts = {"version": newest.stack.version, "commit": newest.run.commit}
    return {**facts, **{f"code of {name}": digest for name, _, digest in code}}
