"""The sources of the house, read once: paths, names, trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "deploy_driver": "driver",
    "deploy_infra": "infra",
    "deploy_project": "project",
    "deploy_sandbox": "sandbox",
    "deploy_toolchain": "toolchain",
}
"""What is installed, and the folder in which each stands."""
FOLDERS = tuple(PACKAGES.values())


@dataclass(frozen=True)
class Module:
    """One file of ours: its path from the root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """What it is imported as: `deploy_driver.run.runner`."""
        return self.path.removesuffix(".py").split("/", 1)[1].replace("/", ".")

    def calls(self) -> Iterator[str]:
        """What is called, as it is written: `sys.exit`, `pulumi.Config`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func)

    def imports(self) -> Iterator[str]:
        """What is imported, with the module it comes from: `sys.exit`, `pulumi`."""
        for node in ast.walk(self.tree):
            yield from imported(node)


def imported(node: ast.AST) -> Iterator[str]:
    """What one import statement names; nothing when it is no import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every module in these folders; in all when none is named."""
    paths = sorted(path for folder in folders or FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), text := path.read_text("utf-8"), ast.parse(text)) for path in paths
    )


@cache
def import_graph() -> dict[str, set[str]]:
    """Which of our installed modules imports which, for types alone as well."""
    ours = {module.name.removesuffix(".__init__"): module for module in modules() if module.name.startswith("deploy_")}
    return {name: set(_imported_modules(module, ours)) - {name} for name, module in ours.items()}


def _imported_modules(module: Module, ours: Mapping[str, Module]) -> Iterator[str]:
    for named in module.imports():
        yield from [name for name in (named, named.rpartition(".")[0]) if name in ours][:1]
