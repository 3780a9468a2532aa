"""What `Pulumi.yaml` and the `[access]` part of deploy.toml say of a whole project: its name, its program, what accounts admit."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PROJECT_FILE = "Pulumi.yaml"

SERVICES = frozenset({"lambda", "s3", "apigateway", "logs"})
"""What every account admits; further services an administrator names in deploy.toml. Words are IAM's prefixes."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class ProjectFile:
    """`name` is the service's; `main` names the folder of its program, or the file in it that starts it, relative to `root`.

    `config` are the settings of all stacks by full key, as texts: what a stack file does not say otherwise.
    """

    name: str
    root: Path
    main: str
    config: Mapping[str, str]

    @property
    def entry(self) -> Path:
        """The file in which the program starts."""
        place = self.root / self.main
        return place / "__main__.py" if place.is_dir() else place


def read_project(root: Path) -> ProjectFile:
    """Read `Pulumi.yaml` in `root`, and find the program as Pulumi's Python host does. Raises ValueError, which names the key."""
    try:
        said = YAML(typ="safe").load((root / PROJECT_FILE).read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{PROJECT_FILE}: cannot be read: {error.strerror}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{PROJECT_FILE}: not YAML: {str(error).splitlines()[0]}") from None
    name = said.get("name") if isinstance(said, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{PROJECT_FILE}: name: got {name!r}, expected a project's name: letters, digits and _.-")
    runtime = said.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language not in {None, "python"}:
        raise ValueError(
            f"{PROJECT_FILE}: runtime: got {language!r}, expected python: `deploy` runs programs in Python"
        )
    return ProjectFile(name, root, str(said.get("main") or "."), _config(name, said.get("config")))


def _config(project: str, said: object) -> Mapping[str, str]:
    """The values and the defaults that `config:` gives; one that only describes a setting gives none."""
    found: dict[str, str] = {}
    for key, about in said.items() if isinstance(said, dict) else ():
        value = about.get("value", about.get("default")) if isinstance(about, dict) else about
        if value is not None:
            full = key if ":" in str(key) else f"{project}:{key}"
            found[str(full)] = value if isinstance(value, str) else json.dumps(value)
    return found


def admitted(root: Path) -> frozenset[str]:
    """The AWS services that the accounts of the project admit: the usual ones and `services` under `[access]` in deploy.toml.

    Raises ValueError where that is no list of words.
    """
    file = root / "deploy.toml"
    try:
        said = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"deploy.toml: not TOML: {error}") from None
    access = said.get("access", {})
    services = access.get("services", []) if isinstance(access, dict) else None
    if not isinstance(services, list) or not all(isinstance(word, str) for word in services):
        raise ValueError('deploy.toml: access.services: expected a list of services, such as ["sqs"]')
    return SERVICES | frozenset(services)
