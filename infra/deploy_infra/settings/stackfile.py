"""Reads a Pulumi stack file with the line of every key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy_infra.settings.problem import Problem


@dataclass(frozen=True)
class StackFile:
    """The `config:` of one stack file, and the line (from 1) that each key is on."""

    name: str
    config: dict[str, Any]
    lines: dict[str, int]
    first_line: int = 1


def file_name(env: str) -> str:
    """The file that says everything about one account."""
    return f"Pulumi.{env}.yaml"


def read(root: Path, env: str) -> StackFile | Problem:
    """The file of `env` in the project folder `root`, or why it cannot be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    name = file_name(env)
    try:
        content = YAML(typ="rt").load((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Problem(name, 1, "config", f"no such file in {root}, expected one for each account")
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Problem(name, line, "config", f"not YAML: {error.problem or error.context}")
    except (YAMLError, ValueError, OSError) as error:
        return Problem(name, 1, "config", f"not readable: {type(error).__name__}")
    config = content.get("config") if isinstance(content, CommentedMap) else None
    if not isinstance(config, CommentedMap):
        return Problem(name, 1, "config", "got nothing, expected the settings of this account")
    lines = {str(key): config.lc.key(key)[0] + 1 for key in config}
    return StackFile(name, {str(key): value for key, value in config.items()}, lines, content.lc.key("config")[0] + 1)
