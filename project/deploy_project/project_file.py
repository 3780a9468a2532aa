"""What `Pulumi.yaml` and deploy.toml say of a project that its roles follow from: name, program, what accounts admit, alarms."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node

from deploy_project.files import content_of
from deploy_project.written import Problem, at, data_of, document, entries, strangers, text_of, within

PROJECT_FILE = "Pulumi.yaml"

SERVICES = frozenset({"lambda", "s3", "apigateway", "logs"})
"""What every account admits; further services an administrator names in deploy.toml. Words are IAM's prefixes."""

_KNOWN = (
    *("name", "runtime", "main", "description", "author", "website", "license", "config", "options", "template"),
    *("plugins", "packages", "requiredPulumiVersion"),
)
"""The keys of `Pulumi.yaml` (Pulumi's reference, "Project file") but for those that `deploy` has another way for."""

_INSTEAD = {
    "backend": "remove it: `deploy` keeps states where Pulumi.tools.yaml says, in deploy:stateBucket",
    "stackConfigDir": "remove it, and put the stack files beside Pulumi.yaml",
}

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_ALARM = re.compile(r"[A-Za-z0-9 ._:/#=@+,()-]{1,255}", re.ASCII)


@dataclass(frozen=True)
class ProjectFile:
    """`name` is the service's; `main` names the folder of its program, or the file in it that starts it, relative to `root`.

    `config` are the settings of all stacks by full key, as texts: what a stack file does not say otherwise. `said` is the whole file.
    """

    name: str
    root: Path
    main: str
    config: Mapping[str, str]
    said: Mapping[str, Any]

    @property
    def entry(self) -> Path:
        """The file in which the program starts."""
        place = self.root / self.main
        return place / "__main__.py" if place.is_dir() else place


def read_project(root: Path) -> ProjectFile:
    """Read `Pulumi.yaml` in `root`, and find the program as Pulumi's Python host does. Raises ValueError, a line for each problem."""
    try:
        whole = document(PROJECT_FILE, content_of(root / PROJECT_FILE))
    except OSError as error:
        raise ValueError(f"{PROJECT_FILE}: cannot be read: {error.strerror}") from None
    problems = list(whole.problems)
    said = data_of(whole.root) if isinstance(whole.root, MappingNode) else {}
    if not problems and not isinstance(whole.root, MappingNode):
        problems.append(Problem(PROJECT_FILE, 1, 1, "name", "missing, expected a project's name"))
    elif whole.root is not None:
        problems += [*within(PROJECT_FILE, "", whole.root), *strangers(PROJECT_FILE, whole.root, _KNOWN, _INSTEAD)]
        problems += _wrong(whole.root, said)
    if problems:
        raise ValueError("\n".join(map(str, sorted(problems))))
    settings = {key: value for key, value in said.items() if value is not None}
    return ProjectFile(said["name"], root, said.get("main") or ".", _config(said["name"], said.get("config")), settings)


def _wrong(root: Node, said: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the keys that `deploy` itself reads."""
    nodes = {text_of(key): key for key, _ in entries(root)}
    name, main, runtime = said.get("name"), said.get("main"), said.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        expected = "expected a project's name: letters, digits and _.-"
        yield at(
            PROJECT_FILE,
            nodes.get("name", root),
            "name",
            f"got {name!r}, {expected}" if name else f"missing, {expected}",
        )
    if main is not None and (not isinstance(main, str) or "\0" in main):
        yield at(PROJECT_FILE, nodes["main"], "main", "expected the program's folder, or the file in it that starts it")
    if language not in {None, "python"}:
        what = f"got {language!r}, expected python: `deploy` runs programs in Python"
        yield at(PROJECT_FILE, nodes["runtime"], "runtime", what)


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
    access = _deploy_toml(root).get("access", {})
    services = access.get("services", []) if isinstance(access, dict) else None
    if not isinstance(services, list) or not all(isinstance(word, str) for word in services):
        raise ValueError('deploy.toml: access.services: expected a list of services, such as ["sqs"]')
    return SERVICES | frozenset(services)


def alarms(root: Path, service: str, stack: str, account: str) -> tuple[str, ...]:
    """The alarms that are watched while the stack soaks: those of its ring in deploy.toml. Raises ValueError."""
    try:
        rings = [ring for ring in _deploy_toml(root).get("rings", ()) if stack in ring["stacks"]]
        named = [said for ring in rings for said in ring.get("alarms", ())]
        return tuple(alarm_name(said, service, stack, account) for said in named)
    except (TypeError, AttributeError, KeyError):
        raise ValueError("deploy.toml: rings: expected tables [[rings]] with lists of stacks and alarms") from None


def alarm_name(said: str, service: str, stack: str, account: str) -> str:
    """The name of a CloudWatch alarm, its placeholders filled in. Raises ValueError where that is none, or would be a pattern to IAM."""
    name = said.replace("{service}", service).replace("{stack}", stack).replace("{account}", account)
    if not _ALARM.fullmatch(name):
        raise ValueError(
            "expected an alarm's name, such as {service}-{stack}-errors: 1 to 255 of A-Z a-z 0-9, space and . _ : / # = @ + , ( ) -, "
            "with {service}, {stack} and {account} in it where they are wanted"
        )
    return name


def _deploy_toml(root: Path) -> Mapping[str, Any]:
    file = root / "deploy.toml"
    try:
        return tomllib.loads(content_of(file).decode("utf-8-sig")) if file.is_file() else {}
    except OSError as error:
        raise ValueError(f"deploy.toml: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"deploy.toml: not TOML: {error}") from None
