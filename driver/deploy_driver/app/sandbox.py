"""The work of `deploy sandbox`: the lifecycle of the project's own sandbox, shown as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy_driver.app import session as wiring
from deploy_driver.cli.options import Output
from deploy_driver.cli.output import write, write_json
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import NotReadyError
from deploy_driver.render.text import table


@dataclass(frozen=True)
class Shown:
    """A running sandbox and the project it belongs to."""

    config: DeployConfig
    sandbox: Any


def up(project: Path | None, port: int | None, *, powers: bool) -> Shown:
    """Start it, saying what goes on."""
    config = _config(project)
    home = config.sandbox_home
    return Shown(config, wiring.with_sandbox(lambda life: life.up(home, port=port, powers=powers, say=_say)))


def status(project: Path | None) -> Shown:
    """The running sandbox. Raises NotReadyError."""
    config = _config(project)
    return Shown(config, wiring.running_sandbox(config))


def reset(project: Path | None) -> Shown:
    """Empty it."""
    config = _config(project)
    return Shown(config, wiring.with_sandbox(lambda life: life.reset(config.sandbox_home)))


def down(project: Path | None) -> None:
    """Stop it."""
    config = _config(project)
    stopped = wiring.with_sandbox(lambda life: life.down(config.sandbox_home))
    sys.stderr.write("the sandbox is down; its accounts are kept\n" if stopped else "the sandbox was not running\n")


def show(shown: Shown, output: Output) -> None:
    """Write it to stdout."""
    facts = _facts(shown)
    if output is Output.JSON:
        write_json(facts)
        return
    rows = [[name, account] for name, account in facts["accounts"].items()]
    write(f"sandbox at {facts['endpoint']} ({facts['region']}), process {facts['pid']}, home {facts['home']}")
    write(f"engine  {facts['engine']}\nplugin  {facts['plugin']}\n\n{table(['ACCOUNT', 'ID'], rows)}")


def _facts(shown: Shown) -> Mapping[str, Any]:
    sandbox = shown.sandbox
    try:
        tools = wiring.find_tools(shown.config)
        engine, plugin = (f"{tool.version} ({tool.source})" for tool in (tools.engine, tools.plugin))
    except NotReadyError as error:
        engine = plugin = f"not found: {error.what}"
    return {
        "endpoint": sandbox.endpoint,
        "region": sandbox.region,
        "accounts": dict(sandbox.accounts),
        "instances": dict(sandbox.instances),
        "home": str(sandbox.home),
        "pid": sandbox.pid,
        "engine": engine,
        "plugin": plugin,
    }


def _config(project: Path | None) -> DeployConfig:
    return wiring.open_project(project, "sandbox")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
