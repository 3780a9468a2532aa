"""The folder one call of the engine works in: generated copies of the user's files, so that those are never written."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from driver.errors import UsageError

_NOT_COPIED = ("backend", "stackConfigDir")
"""Keys of the user's `Pulumi.yaml` that say where state and stack files are: the driver says so itself."""


@dataclass(frozen=True)
class Project:
    """The user's Pulumi project: its name, its folder, and the file in which its program starts."""

    name: str
    root: Path
    entry: Path
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class WorkDir:
    """A prepared folder. `secrets_provider` is the one that the user's stack file names, if it names any."""

    path: Path
    secrets_provider: str


def read_project(root: Path) -> Project:
    """Read `Pulumi.yaml` and find the program as Pulumi's Python host does. Raises UsageError."""
    file = root / "Pulumi.yaml"
    settings = _load(file)
    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError("the project has no name", where=f"{file}: name", remedy="Add a line such as `name: items`.")
    main = root / str(settings.get("main") or ".")
    entry = main / "__main__.py" if main.is_dir() else main
    if not entry.is_file():
        raise UsageError(
            f"there is no program at {entry}",
            where=f"{file}: main",
            remedy="Let `main` name the folder that holds the program's `__main__.py`.",
        )
    return Project(name=name, root=root, entry=entry, settings=settings)


def prepare(project: Project, folder: Path, stack: str, config_file: Path, facts: Mapping[str, str]) -> WorkDir:
    """Make `folder` anew and write `Pulumi.yaml` and `Pulumi.<stack>.yaml` into it: the user's own, plus the facts of this run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _dump(_project_file(project), folder / "Pulumi.yaml")
    stack_file = _load(config_file)
    config = stack_file.setdefault("config", {}) or {}
    config.update(facts)
    stack_file["config"] = config
    _dump(stack_file, folder / f"Pulumi.{stack}.yaml")
    named = str(stack_file.get("secretsprovider") or "")
    return WorkDir(path=folder, secrets_provider="passphrase" if stack_file.get("encryptionsalt") else named)


def _project_file(project: Project) -> dict[str, Any]:
    """Relative paths in the program are relative to its own folder, as under the plain `pulumi` CLI."""
    kept = {key: value for key, value in project.settings.items() if key not in _NOT_COPIED}
    return kept | {"runtime": "python", "main": str(project.entry.parent.resolve())}


def _load(file: Path) -> dict[str, Any]:
    try:
        loaded = YAML().load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("the file does not exist", where=str(file)) from None
    except YAMLError as error:
        raise UsageError("the file is not YAML", where=str(file), detail=str(error).splitlines()) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UsageError("the file must hold keys and values", where=str(file))
    return loaded


def _dump(content: Mapping[str, Any], file: Path) -> None:
    text = io.StringIO()
    YAML().dump(content, text)
    file.write_text(text.getvalue(), encoding="utf-8")
