"""What a shell offers for the names of stacks: read from deploy.toml alone, since it is asked at every press of a key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import typer

from deploy_driver.config.environment import Machine
from deploy_driver.config.root import FILE, find_root
from deploy_driver.errors import UsageError
from deploy_project.stacks import ACCESS, TOOLS


def stack_name(context: typer.Context, incomplete: str) -> list[str]:
    """The stacks whose name begins like that, for an option that takes one."""
    return [name for name in _names(context) if name.startswith(incomplete)]


def stack_names(context: typer.Context, incomplete: str) -> list[str]:
    """The same for an option that takes several with commas between them: what stands before the last comma stays."""
    before, comma, begun = incomplete.rpartition(",")
    return [
        f"{before}{comma}{name}" for name in _names(context) if name.startswith(begun) and name not in before.split(",")
    ]


def _names(context: typer.Context) -> list[str]:
    """The stacks of the project, those of services first; none where there is no project, or its file is not fit to read."""
    said = context.params.get("project") or context.ensure_object(Machine).environment.get("DEPLOY_PROJECT") or "."
    try:
        root = find_root(Path(said).resolve())
        tables = tomllib.loads((root / FILE).read_text("utf-8-sig")).get("stacks", {})
    except (UsageError, OSError, ValueError, RecursionError):
        return []
    services = list(tables) if isinstance(tables, dict) else []
    return [*services, *(f"{name}{ACCESS}" for name in services), TOOLS]
