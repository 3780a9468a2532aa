"""The lifecycle of the project's own sandbox: start, look, empty, stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy_driver.app.session import LocalProject, with_sandbox
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Layer
from deploy_project.stacks import TOOLS

if TYPE_CHECKING:
    from deploy_driver.app.session import Sandbox


@dataclass(frozen=True)
class SandboxStatus:
    """A running sandbox: where it answers, its accounts and machines by name, and the tools of the project it belongs to."""

    endpoint: str
    region: str
    accounts: Mapping[str, str]
    instances: Mapping[str, str]
    home: Path
    pid: int
    engine: str
    plugin: str


def up(project: LocalProject, port: int | None, *, powers: bool, notice: Callable[[str], None]) -> SandboxStatus:
    """Start it with the accounts that the stack files name; `notice` hears what goes on."""
    home, accounts = project.config.sandbox_home, _accounts(project)
    started = with_sandbox(lambda life: life.up(home, port=port, accounts=accounts, powers=powers, say=notice))
    return _status(project, started)


def status(project: LocalProject) -> SandboxStatus:
    """The running sandbox. Raises NotReadyError."""
    return _status(project, project.running_sandbox())


def reset(project: LocalProject) -> SandboxStatus:
    """Empty it."""
    return _status(project, with_sandbox(lambda life: life.reset(project.config.sandbox_home)))


def down(project: LocalProject) -> bool:
    """Stop it; whether it was running."""
    return bool(with_sandbox(lambda life: life.down(project.config.sandbox_home)))


def _accounts(project: LocalProject) -> Mapping[str, str]:
    """The accounts that the project deploys to, by stack, and the tools account."""
    config = project.config
    targets = {stack.name: stack.account for stack in config.stacks if stack.layer is Layer.SERVICE}
    return {TOOLS: config.tools.account, **targets}


def _status(project: LocalProject, sandbox: Sandbox) -> SandboxStatus:
    try:
        tools = project.find_tools()
        engine, plugin = (f"{tool.version} ({tool.source})" for tool in (tools.engine, tools.plugin))
    except NotReadyError as error:
        engine = plugin = f"not found: {error.what}"
    accounts, instances = dict(sandbox.accounts), dict(sandbox.instances)
    return SandboxStatus(
        sandbox.endpoint, sandbox.region, accounts, instances, sandbox.home, sandbox.pid, engine, plugin
    )
