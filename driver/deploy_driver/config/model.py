"""The shape of `deploy.toml`, and what leaves this package: one frozen DeployConfig."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from deploy_driver.values import Backend, Cloud, Layer, Plugin, Stack
from deploy_project.stacks import ACCESS, ENV_EXPECTED, TOOLS, is_access, is_env


def _entry_point(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", value):
        raise ValueError("expected package.module:function")
    return value


def _stack_name(value: str) -> str:
    if not is_env(value):
        raise ValueError(f"expected a stack's name: {ENV_EXPECTED}")
    if is_access(value):
        raise ValueError(f"expected a service stack: {TOOLS} and NAME{ACCESS} are there by themselves")
    return value


EntryPoint = Annotated[StrictStr, AfterValidator(_entry_point)]
StackName = Annotated[str, AfterValidator(_stack_name)]
RoleName = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_+=,.@-]{1,64}$", description="a role's name")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class ProgramTable(_Strict):
    """`[program]`: functions of the program that the driver asks, as `package.module:function`, and how long it may be silent."""

    timeout: Annotated[StrictInt, Field(ge=1)] = 600
    settings_check: EntryPoint | None = None
    documents: EntryPoint | None = None
    needs: EntryPoint | None = None
    inventory: EntryPoint | None = None


class SandboxTable(_Strict):
    """`[sandbox]`: where the accounts on this machine keep their state, and which AWS plugin deploys to them."""

    home: StrictStr = ".deploy/sandbox"
    plugin: Plugin = Plugin.STAND_IN


class StackTable(_Strict):
    """`[stacks.NAME]`: order, gates and limits of one service stack.

    `former_roles` are names that roles of the stack file had before: until the next deployment the state still says them.
    """

    needs: tuple[StrictStr, ...] = ()
    approve: StrictBool = False
    max_deletes: Annotated[StrictInt, Field(ge=0)] | None = None
    smoke_timeout: Annotated[StrictInt, Field(ge=1, le=900)] = 60
    former_roles: tuple[RoleName, ...] = ()


class AccessTable(_Strict):
    """`[access]`: limits of every access layer."""

    max_deletes: Annotated[StrictInt, Field(ge=0)] = 0


class IgnoreTable(_Strict):
    """`[[drift.ignore]]`: a difference that somebody answers for until a day; `*` stands for anything in a pattern."""

    urn: Annotated[StrictStr, Field(pattern=r"\S", description="a pattern of URNs, such as urn:pulumi:dev::*")]
    property: Annotated[StrictStr, Field(pattern=r"\S", description="a pattern of property paths, such as tags.*")]
    owner: Annotated[StrictStr, Field(pattern=r"\S", description="who answers for it")]
    reason: Annotated[StrictStr, Field(pattern=r"\S", description="why it is as it is")]
    expires: Annotated[date, Field(strict=True, description="the last day, such as 2027-01-31")]


class DriftTable(_Strict):
    """`[drift]`: what `deploy drift` leaves out."""

    ignore: tuple[IgnoreTable, ...] = ()


class DeployToml(_Strict):
    """The whole file."""

    cloud: Annotated[Cloud, Field(description='"aws" or "sandbox"')]
    program: ProgramTable = ProgramTable()
    sandbox: SandboxTable = SandboxTable()
    drift: DriftTable = DriftTable()
    access: AccessTable = AccessTable()
    stacks: Annotated[Mapping[StackName, StackTable], Field(description="a table [stacks.NAME] for each service stack")]


@dataclass(frozen=True)
class IgnoreRule:
    """Drift that does not count until the end of the day on which the rule `expires`. `urn` and `property` are patterns."""

    urn: str
    property: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True)
class DeployConfig:
    """All that a command needs to know, from every source, checked. `stacks` holds both layers, tools first.

    `plugin` is the AWS plugin of its runs; `program` is the folder of the program, relative to `root`. `backend` is where the
    states of service layers and the records of runs are, which Jenkins writes; `access_backend` where the states of access
    layers are, which only administrators write. `program_timeout` is how many seconds the program may say nothing to the engine
    while nothing is being deployed.
    """

    root: Path
    project: str
    cloud: Cloud
    plugin: Plugin
    backend: Backend
    access_backend: Backend
    stacks: tuple[Stack, ...]
    sandbox_home: Path
    jenkins_deploy_role: str
    jenkins_preview_role: str
    plan_key: str
    program: str = "."
    program_timeout: int = 600
    settings_check: str = ""
    documents: str = ""
    needs: str = ""
    inventory: str = ""
    drift_ignore: tuple[IgnoreRule, ...] = ()

    def stack(self, name: str) -> Stack:
        """The stack of that name. Raises KeyError."""
        return {stack.name: stack for stack in self.stacks}[name]

    def layer(self, layer: Layer) -> tuple[Stack, ...]:
        """All stacks of one layer, in the files' order."""
        return tuple(stack for stack in self.stacks if stack.layer is layer)

    @property
    def tools(self) -> Stack:
        """The access layer of Jenkins' own account."""
        return self.stack(TOOLS)
