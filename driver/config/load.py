"""Finds the project and makes its DeployConfig; every problem of every file is reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from driver.config.model import DeployConfig, DeployToml, StackTable
from driver.config.stackfile import TARGET_FACTS, TOOLS_FACTS, StackFile, read
from driver.errors import UsageError
from driver.values import Backend, Cloud, Layer, Stack

FILE = "deploy.toml"
TOOLS = "tools"
ACCESS = "-access"


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds deploy.toml. Raises UsageError."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(
        f"no {FILE} here or in any folder above",
        where=str(start),
        remedy="run deploy inside a project, or name one with --project",
    )


def load(root: Path, environment: Mapping[str, str], cloud: str | None = None) -> DeployConfig:
    """Read deploy.toml, Pulumi.yaml and every stack file. A flag goes before the environment, that before the file.

    Raises UsageError with all problems, each with its file and key.
    """
    toml = _read_toml(root / FILE)
    problems: list[str] = []
    tools, found = read(_stack_file(root, TOOLS), TOOLS_FACTS)
    problems += found
    targets: dict[str, StackFile] = {}
    for env in toml.stacks:
        targets[env], found = read(_stack_file(root, env), TARGET_FACTS)
        problems += found
    problems += _unknown_needs(toml)
    problems += _shared_accounts({TOOLS: tools, **targets})
    if problems:
        raise UsageError(
            "the settings do not hold", detail=problems, remedy="correct the lines above; nothing was started"
        )
    return DeployConfig(
        root=root,
        project=_project_name(root),
        cloud=_cloud(cloud or environment.get("DEPLOY_CLOUD"), toml.cloud),
        backend=Backend(
            account=tools.facts["account"],
            region=tools.facts["region"],
            bucket=tools.facts["stateBucket"],
            key_alias=tools.facts["stateKey"],
        ),
        stacks=_stacks(tools, targets, toml.stacks),
        sandbox_home=root / environment.get("DEPLOY_SANDBOX_HOME", toml.sandbox.home),
        jenkins_deploy_role=tools.facts["jenkinsDeployRole"],
        jenkins_preview_role=tools.facts["jenkinsPreviewRole"],
        settings_check=toml.program.settings_check or "",
        documents=toml.program.documents or "",
    )


def _read_toml(path: Path) -> DeployToml:
    try:
        return DeployToml.model_validate(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not TOML: {error}", where=path.name) from None
    except ValidationError as error:
        detail = [
            f"{path.name}: {'.'.join(str(part) for part in problem['loc'])}: got {problem['input']!r}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise UsageError(
            "the settings do not hold", detail=detail, remedy="docs/reference/settings.md lists every key"
        ) from None


def _stack_file(root: Path, env: str) -> Path:
    path = root / f"Pulumi.{env}.yaml"
    if not path.is_file():
        raise UsageError(
            f"no such file, though {FILE} names the stack {env}"
            if env != TOOLS
            else "no such file: it says where Jenkins lives",
            where=path.name,
            remedy=f"write {path.name} (docs/reference/settings.md), or take the stack out of {FILE}",
        )
    return path


def _project_name(root: Path) -> str:
    path = root / "Pulumi.yaml"
    document: Any = YAML(typ="safe").load(path) if path.is_file() else None
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise UsageError("no project name", where=path.name, remedy="Pulumi.yaml needs `name`, `runtime` and `main`")
    return str(document["name"])


def _cloud(asked: str | None, written: Cloud) -> Cloud:
    if asked is None:
        return written
    try:
        return Cloud(asked)
    except ValueError:
        raise UsageError(f"got {asked!r}, expected aws or sandbox", where="--cloud or DEPLOY_CLOUD") from None


def _unknown_needs(toml: DeployToml) -> list[str]:
    return [
        f"{FILE}: stacks.{name}.needs: got {need!r}, expected one of {', '.join(toml.stacks)}"
        for name, table in toml.stacks.items()
        for need in table.needs
        if need not in toml.stacks
    ]


def _shared_accounts(files: Mapping[str, StackFile]) -> list[str]:
    owner: dict[str, str] = {}
    problems = []
    for env, file in files.items():
        account = file.facts.get("account")
        if isinstance(account, str) and account in owner:
            problems.append(
                f"{file.path.name}: deploy:account: {account} is {owner[account]}'s account too, expected one of its own"
            )
        elif isinstance(account, str):
            owner[account] = env
    return problems


def _stacks(tools: StackFile, targets: Mapping[str, StackFile], tables: Mapping[str, StackTable]) -> tuple[Stack, ...]:
    stacks = [
        Stack(TOOLS, TOOLS, Layer.ACCESS, tools.facts["account"], tools.facts["region"], tools.path),
    ]
    for env, file in targets.items():
        facts = file.facts
        entrance = {
            "account": facts["account"],
            "region": facts["region"],
            "file": file.path,
            "deployment_role": facts["deploymentRole"],
            "preview_role": facts["previewRole"],
            "bootstrap_role": facts["bootstrapRole"],
            "external_id": facts["externalId"],
            "session_duration": facts.get("sessionDuration", 3600),
        }
        table = tables[env]
        stacks.append(Stack(env + ACCESS, env, Layer.ACCESS, **entrance))
        stacks.append(
            Stack(
                env,
                env,
                Layer.SERVICE,
                **entrance,
                needs=table.needs,
                approve=table.approve,
                max_deletes=table.max_deletes,
                smoke_timeout=table.smoke_timeout,
            )
        )
    return tuple(stacks)
