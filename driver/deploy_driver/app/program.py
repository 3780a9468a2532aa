"""Asks the project's program, by the functions that deploy.toml names, about its settings, roles and resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from deploy_driver.assurance.iam import holders
from deploy_driver.assurance.iam.evaluate import Request
from deploy_driver.assurance.iam.holders import Role
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import UsageError
from deploy_driver.values import Layer, Stack


def check_settings(config: DeployConfig, stacks: Sequence[Stack]) -> None:
    """Ask the program about the settings of the stacks. Raises UsageError with every problem of every file."""
    if not config.settings_check:
        return
    problems = _entry_point(config.settings_check, "program.settings-check")
    found = [problem for stack in stacks for problem in problems(config.root, stack.name)]
    if found:
        detail = list(dict.fromkeys(found))
        raise UsageError(
            "the settings do not hold", detail=detail, remedy="correct the lines above; nothing was started"
        )


def documents(config: DeployConfig, stack: Stack) -> Mapping[str, Any]:
    """The policy documents that the program would make for a stack, by name. Raises UsageError when it cannot say."""
    if not config.documents:
        raise UsageError("the program names no function that shows them", where="deploy.toml: program.documents")
    shown: Mapping[str, Any] = _entry_point(config.documents, "program.documents")(config.root, stack.name)
    return shown


def needs(config: DeployConfig, stack: Stack) -> Sequence[Mapping[str, Any]]:
    """What every role that a stack makes needs, as plain data. Raises UsageError when the program cannot say."""
    if not config.needs:
        raise UsageError(
            "the program names no function that says what its roles need", where="deploy.toml: program.needs"
        )
    said: Sequence[Mapping[str, Any]] = _entry_point(config.needs, "program.needs")(config.root, stack.name)
    return said


def inventory(config: DeployConfig, stack: Stack) -> Mapping[str, Any]:
    """What the program makes for a stack, by name. Raises UsageError when it cannot say."""
    if not config.inventory:
        raise UsageError(
            "the program names no function that says what it makes", where="deploy.toml: program.inventory"
        )
    said: Mapping[str, Any] = _entry_point(config.inventory, "program.inventory")(config.root, stack.name)
    return said


def roles(config: DeployConfig) -> tuple[Role, ...]:
    """Every role of every access layer, with its policies and its needs. Raises UsageError."""
    return tuple(
        role
        for stack in config.layer(Layer.ACCESS)
        for role in holders.roles(stack.name, stack.env, documents(config, stack), needs(config, stack))
    )


def access_states(config: DeployConfig) -> tuple[Request, ...]:
    """Where the states of access layers are, as requests that no role of ours may make: files, their bucket, their key."""
    found: list[Request] = []
    for stack in config.layer(Layer.ACCESS):
        backend, name = stack.backend, f"{config.project}/{stack.name}"
        files = (f"stacks/{name}.json", f"history/{name}/1", f"backups/{name}/1", f"locks/organization/{name}/1.json")
        bucket = f"arn:aws:s3:::{backend.bucket}"
        found += [Request("s3:*", f"{bucket}/.pulumi/{file}") for file in files]
        key = f"arn:aws:kms:{backend.region}:{backend.account}:key/1"
        found.append(Request("kms:*", key, {"kms:ResourceAliases": (backend.key_alias,)}))
    return tuple(found)


def _entry_point(name: str, key: str) -> Callable[..., Any]:
    module, function = name.split(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{name} is not there: {error}", where=f"deploy.toml: {key}") from None
    return found
