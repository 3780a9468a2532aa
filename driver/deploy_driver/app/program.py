"""Asks the project's program, by the functions that deploy.toml names, about its settings, roles and resources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from deploy_driver import remedies
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.assurance.iam.roles import roles as roles_of
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import UsageError
from deploy_driver.iam_policy import PolicyRequest
from deploy_driver.values import Layer, Stack, Urn
from deploy_project.seam import (
    DOCUMENTS,
    INVENTORY,
    NEEDS,
    PROBLEMS,
    AnswerError,
    Documents,
    Inventory,
    RoleNeed,
    answer,
)
from deploy_project.source_lines import frames_of, own_line
from deploy_project.stacks import arn, project_of
from deploy_project.written import Problem

T = TypeVar("T")

About = str | Sequence[str] | Mapping[str, Any]
"""What the program is asked about: a stack, the names of all, or resources of one."""


def check_settings(config: DeployConfig, stacks: Sequence[Stack]) -> None:
    """Ask the program about the settings of the stacks, once. Raises UsageError with every problem of every file."""
    if found := problems(config, stacks):
        raise UsageError(
            "the settings do not hold",
            detail=[str(problem) for problem in found],
            remedy=remedies.CORRECT_LINES,
        )


def problems(config: DeployConfig, stacks: Sequence[Stack]) -> Sequence[Problem]:
    """What the program finds wrong in the files of the stacks. Raises UsageError."""
    return settings_problems(config.settings_check, config.root, [stack.name for stack in stacks])


def settings_problems(entry: str, root: Path, stacks: Sequence[str]) -> Sequence[Problem]:
    """What the function `entry` of the program finds wrong in the files of the stacks, in order. Raises UsageError."""
    found = _asked(entry, "settings-check", root, stacks, PROBLEMS)
    return sorted(found)


def documents(config: DeployConfig, stack: Stack, *names: str, others: Sequence[str] = ()) -> Documents:
    """The policy documents that the program would make for a stack, by name; `names` must be among them.

    `others` are accounts that other projects deploy into, which those of the stack `tools` name. Raises UsageError when it cannot say.
    """
    more = {"others": tuple(others)} if others else {}
    shown = _asked(config.documents, "documents", config.root, stack.name, DOCUMENTS, **more)
    _require(names, shown, config.documents, "documents", stack)
    return shown


def needs(config: DeployConfig, stack: Stack) -> Sequence[RoleNeed]:
    """What every role that a stack makes needs. Raises UsageError when the program cannot say."""
    return _asked(config.needs, "needs", config.root, stack.name, NEEDS)


def deletions(config: DeployConfig, stack: Stack, resources: Iterable[Mapping[str, Any]]) -> Sequence[RoleNeed]:
    """What the deployment role that the access layer `stack` makes needs to delete resources of a state. Raises UsageError."""
    given = [
        {"type": one["type"], "name": Urn(one["urn"]).name, "inputs": one.get("inputs") or {}} for one in resources
    ]
    about = {"stack": stack.name, "resources": given}
    return _asked(config.deletions, "deletions", config.root, about, NEEDS)


def inventory(config: DeployConfig, stack: Stack, *names: str) -> Inventory:
    """What the program makes for a stack; `names` must be among it, such as `roles.deployment` or `buckets.trail`.

    Raises UsageError when it cannot say.
    """
    made = _asked(config.inventory, "inventory", config.root, stack.name, INVENTORY)
    there = [*(f"roles.{name}" for name in made.roles), *(f"buckets.{name}" for name in made.buckets)]
    _require(names, there, config.inventory, "inventory", stack)
    return made


def roles(config: DeployConfig) -> tuple[RoleDefinition, ...]:
    """Every role of every access layer, with its policies and its needs. Raises UsageError."""
    return tuple(
        role
        for stack in config.layer(Layer.ACCESS)
        for role in roles_of(stack.name, stack.env, documents(config, stack), needs(config, stack))
    )


def access_states(config: DeployConfig) -> tuple[PolicyRequest, ...]:
    """Where the states of access layers are, as requests that no role of ours may make: files, their bucket, their key."""
    found: list[PolicyRequest] = []
    for stack in config.layer(Layer.ACCESS):
        backend, name = stack.backend, f"{project_of(config.project, stack.name)}/{stack.name}"
        files = (f"stacks/{name}.json", f"history/{name}/1", f"backups/{name}/1", f"locks/organization/{name}/1.json")
        found += [PolicyRequest("s3:*", arn("s3", f"{backend.bucket}/.pulumi/{file}")) for file in files]
        key = arn("kms", "key/1", region=backend.region, account=backend.account)
        found.append(PolicyRequest("kms:*", key, {"kms:ResourceAliases": (backend.key_alias,)}))
    return tuple(found)


def _asked(entry: str, key: str, root: Path, about: About, shape: TypeAdapter[T], **more: Sequence[str]) -> T:
    """What the program answers about a stack or some stacks. Raises UsageError where it is no answer."""
    where = f"deploy.toml: program.{key}"
    function = _entry_point(entry, where, root)
    try:
        said = function(root, about, **more)
    except ValueError as error:
        detail = str(error).splitlines()
        raise UsageError(f"{entry} cannot answer", where=where, detail=detail) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a program raises is its own failure
        raise UsageError(f"{entry} cannot answer", where=where, detail=_failure(error, root)) from None
    try:
        return answer(said, shape)
    except AnswerError as error:
        raise UsageError(f"{_returned(entry, about)} is not what is asked for: {error}", where=where) from None


def _require(names: Iterable[str], there: Collection[str], entry: str, key: str, stack: Stack) -> None:
    if missing := [name for name in names if name not in there]:
        what = f"{_returned(entry, stack.name)} is not what is asked for: {'; '.join(missing)}: missing"
        raise UsageError(what, where=f"deploy.toml: program.{key}")


def _returned(entry: str, about: About) -> str:
    name = about["stack"] if isinstance(about, Mapping) else about if isinstance(about, str) else ", ".join(about)
    return f"what {entry} returns for {name}"


def _entry_point(name: str, where: str, root: Path) -> Callable[..., object]:
    module, function = name.split(":")
    try:
        found: Callable[..., object] = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{name} is not there: {error}", where=where) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a program raises is its own failure
        raise UsageError(f"{module} cannot be imported", where=where, detail=_failure(error, root)) from None
    return found


def _failure(error: BaseException, root: Path) -> list[str]:
    """What the program raised, and the last of its own lines on the way there."""
    line = own_line(frames_of(error), root)
    return [f"{type(error).__name__}: {error}", *([f"at {line}"] if line else [])]
