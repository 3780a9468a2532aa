"""Settings: written into stack files, secret ones encrypted with the key of the stack's backend; or given to one run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from deploy_driver import remedies
from deploy_driver.adapters.stack_file import Encrypted, with_setting
from deploy_driver.app import program
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    LocalProject,
    new_run,
    open_project,
    start_session,
)
from deploy_driver.errors import UsageError
from deploy_driver.plan.selection import select
from deploy_driver.record.redaction import learn
from deploy_driver.values import Layer, Stack
from deploy_project.files import content_of
from deploy_project.stacks import env_of

_NOT_FOR_ONE_RUN = {"deploy", "pulumi"}
"""Namespaces of what says who enters which account, and how the engine works."""

_KEY = re.compile(r"[A-Za-z0-9_.-]+:[^\s:]+")


def set_(project: LocalProject, key: str, value: str, stack: str, *, secret: bool = False) -> str:
    """Write the setting into the stack's file, and say which file and under which full key.

    The file is left as it was where the settings would not hold with it. Raises UsageError or NotReadyError.
    """
    chosen = select(project.config.stacks, [stack])[0]
    full = _full(key, project.config.project)
    _require_text(full, value)
    before = _read(chosen.file)
    new = _encrypted(project, chosen, full, value, before) if secret else value
    _write(chosen.file, with_setting(before, full, new))
    try:
        again = open_project(project.machine, project.config.root, project.config.cloud)
        program.check_settings(again.config, [chosen])
    except UsageError as error:
        _write(chosen.file, before)
        raise UsageError(
            f"with this value the settings do not hold; {chosen.file.name} is as it was",
            where=full,
            detail=error.detail,
            remedy=remedies.OTHER_VALUE,
        ) from None
    return f"{chosen.file.name}: {full} is set"


def for_one_run(given: Sequence[str], project: str) -> Mapping[str, str]:
    """The settings that `--config KEY=VALUE` gives to one run, by full key. Raises UsageError."""
    settings: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"--config: got {each!r}, expected KEY=VALUE")
        full = _full(key, project)
        if full.split(":", maxsplit=1)[0] in _NOT_FOR_ONE_RUN:
            raise UsageError(
                f"--config: {full} is not the program's own, and holds for every run",
                remedy=remedies.SET_IN_STACK_FILE.of(key=full),
            )
        if full in settings:
            raise UsageError(f"--config: {full} is given twice", remedy=remedies.GIVE_ONCE)
        _require_text(full, value)
        settings[full] = value
    return settings


def _require_text(key: str, value: str) -> None:
    if value != value.encode("utf-8", "replace").decode("utf-8"):
        raise UsageError("the value is not text in UTF-8", where=key, remedy=remedies.ENCODE)


def _full(key: str, project: str) -> str:
    """The key with its namespace: the project's own where none is said. Raises UsageError."""
    full = key if ":" in key else f"{project}:{key}"
    if not _KEY.fullmatch(full):
        raise UsageError(f"got the key {key!r}, expected a name such as memory or {project}:memory")
    return full


def _encrypted(project: LocalProject, stack: Stack, key: str, value: str, content: bytes) -> Encrypted:
    from deploy_driver.adapters.engine.secret import encrypted
    from deploy_driver.adapters.engine.workdir import secrets_provider

    if env_of(stack.name) != stack.name:
        raise UsageError(
            f"{stack.name} is an access layer and takes no secrets: its settings are also those of {stack.env}",
            remedy=remedies.PASS_STACK.of(stack=stack.env),
        )
    document = YAML(typ="safe").load(content)
    learn([value])
    tools = project.find_tools()
    session = start_session(project, ADMINISTRATOR if stack.layer is Layer.ACCESS else JENKINS_DEPLOY, new_run())
    return encrypted(
        tools.engine.path,
        tools.pulumi_home,
        session.environment,
        key,
        value,
        provider=str(document.get("secretsprovider") or secrets_provider(stack.backend)),
        data_key=str(document.get("encryptedkey") or ""),
    )


def _read(file: Path) -> bytes:
    try:
        return content_of(file)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file)) from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file)) from None
