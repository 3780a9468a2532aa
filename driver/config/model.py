"""The shape of `deploy.toml`, and what leaves this package: one frozen DeployConfig."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from driver.values import Backend, Cloud, Layer, Stack

EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class ProgramTable(_Strict):
    """`[program]`: functions of the program that the driver asks, as `package.module:function`."""

    settings_check: EntryPoint | None = None
    documents: EntryPoint | None = None


class SandboxTable(_Strict):
    """`[sandbox]`: where the four accounts keep their state."""

    home: str = ".deploy/sandbox"


class StackTable(_Strict):
    """`[stacks.NAME]`: order, gates and limits of one service stack."""

    needs: tuple[str, ...] = ()
    approve: bool = False
    max_deletes: Annotated[int, Field(ge=0)] | None = None
    smoke_timeout: Annotated[int, Field(ge=1, le=900)] = 60


class DeployToml(_Strict):
    """The whole file."""

    cloud: Cloud
    program: ProgramTable = ProgramTable()
    sandbox: SandboxTable = SandboxTable()
    stacks: Mapping[str, StackTable]


@dataclass(frozen=True)
class DeployConfig:
    """All that a command needs to know, from every source, checked. `stacks` holds both layers, tools first."""

    root: Path
    project: str
    cloud: Cloud
    backend: Backend
    stacks: tuple[Stack, ...]
    sandbox_home: Path
    jenkins_deploy_role: str
    jenkins_preview_role: str
    settings_check: str = ""
    documents: str = ""

    def stack(self, name: str) -> Stack:
        """The stack of that name. Raises KeyError."""
        return {stack.name: stack for stack in self.stacks}[name]

    def layer(self, layer: Layer) -> tuple[Stack, ...]:
        """All stacks of one layer, in the files' order."""
        return tuple(stack for stack in self.stacks if stack.layer is layer)

    @property
    def tools(self) -> Stack:
        """The access layer of Jenkins' own account."""
        return self.stack("tools")
