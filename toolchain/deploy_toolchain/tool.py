"""What the toolchain is: an engine, a plugin, and a home folder in which the engine finds the plugin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ENGINE_VERSION = "3.250.0"
"""The engine that is fetched or built; any engine from `OLDEST_ENGINE` on is used where it is found."""

OLDEST_ENGINE = (3, 206, 0)
"""The first whose events reach the Automation API directly; the next major version is not known to work."""

PLUGIN_VERSION = "7.51.1"
"""The AWS plugin that the pinned `pulumi-aws` package asks for."""

PLUGIN_FOLDER = f"resource-aws-v{PLUGIN_VERSION}"
PLUGIN_FILE = "pulumi-resource-aws"


@dataclass(frozen=True)
class Tool:
    """One executable: which, in which version, where, and how it was come by in a few words."""

    name: str
    version: str
    path: Path
    source: str


@dataclass(frozen=True)
class Toolchain:
    """All that is needed to run the program. `pulumi_home` is a PULUMI_HOME in which the engine finds this plugin."""

    engine: Tool
    plugin: Tool
    pulumi_home: Path


class ToolchainError(Exception):
    """A tool cannot be had. `tried` is one line per way that was tried, `remedy` what a person can do."""

    def __init__(self, what: str, tried: list[str], remedy: str) -> None:
        super().__init__("\n".join([what, *(f"  tried {line}" for line in tried), remedy]))
        self.what = what
        self.tried = tuple(tried)
        self.remedy = remedy
