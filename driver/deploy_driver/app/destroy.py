"""The work of `deploy destroy`: whoever deletes access layers is told what goes and what stays, and says their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy_driver import remedies
from deploy_driver.app import program
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import Options, RunResult, choose, deploy
from deploy_driver.app.session import LocalProject
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.ports import Interview
from deploy_driver.values import Layer, Stack

STAYS = (
    "What stays: the buckets and keys of the states with the records of all runs, the trails and their records, administrators' roles, "
    "and everything that no stack of `deploy` has made."
)


def destroy(
    project: LocalProject, options: Options, console: Console, person: Interview, confirmed: str | None
) -> RunResult:
    """Delete the stacks. `confirmed` are the names of all access layers among them, said beforehand. Raises DeployError."""
    chosen = choose(project.config, options.stacks, all_stacks=options.all_stacks)
    access = [stack for stack in chosen if stack.layer is Layer.ACCESS]
    expected = ",".join(stack.name for stack in access)
    if confirmed is not None and not _same(confirmed, expected):
        what = expected or "nothing: only access layers are confirmed by name"
        raise UsageError(f"--confirm: got {confirmed!r}, expected {what}; nothing was touched")
    if access and confirmed is None:
        _require_names(project.config, access, expected, console, person)
    return deploy(project, options, console)


def _require_names(
    config: DeployConfig, access: Sequence[Stack], expected: str, console: Console, person: Interview
) -> None:
    """Ask for the names. Raises RefusedError where they are not said, or nobody is there to say them."""
    lines = [*(line for stack in access for line in _going(config, stack)), STAYS]
    if not person.present:
        raise RefusedError(
            "access layers are destroyed by whoever names them, and nobody is at the terminal; nothing was touched",
            detail=lines,
            remedy=remedies.CONFIRM.of(name=expected),
        )
    for line in lines:
        console.notice(line)
    if not _same(person.ask(f"Type {expected} to destroy {'them' if len(access) > 1 else 'it'}") or "", expected):
        raise RefusedError(f"{expected} was not typed; nothing was touched")


def _same(said: str, expected: str) -> bool:
    """Whether the same names are said, in any order."""
    return sorted(name.strip() for name in said.split(",")) == sorted(expected.split(","))


def _going(config: DeployConfig, stack: Stack) -> Iterator[str]:
    """What an account loses with its access layer."""
    yield f"{stack.name} ({stack.account}): nothing is deployed from here on, or looked at, {_where(config, stack)}"
    try:
        made = program.inventory(config, stack)
    except UsageError:
        return  # what the program cannot say does not keep its access layer from going
    roles = ", ".join(role.name for role in made.roles.values())
    yield f"What goes: the roles {roles}, and the permissions boundary {made.boundary}"


def _where(config: DeployConfig, stack: Stack) -> str:
    return "in any account" if stack.name == config.tools.name else "in this account"
