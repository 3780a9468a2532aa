"""The oldest Pulumi engine that is supported, for tests: where it is in this machine's cache.

python -m tests.oldest_engine   builds it there from its Go modules, in minutes, once per machine
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy_project.remedy import NO_REMEDY
from deploy_toolchain import Search
from deploy_toolchain.cache import CachedFile, fill, take
from deploy_toolchain.search import OLDEST_ENGINE, ClosedError

VERSION = ".".join(str(part) for part in OLDEST_ENGINE)
_PULUMI = "github.com/pulumi/pulumi"
_COMMAND = f"{_PULUMI}/pkg/v3/cmd/pulumi"


class AbsentError(Exception):
    """It is not on this machine; the message is one line that says so, and how it gets there."""


def oldest_engine() -> Path:
    """The engine. Raises AbsentError."""
    try:
        return take(_place(Search.of(os.environ)))
    except ClosedError as closed:
        raise AbsentError(
            f"Pulumi {VERSION}, the oldest supported engine, is left out: {closed}; `python -m tests.oldest_engine` builds it"
        ) from None


def _place(search: Search) -> CachedFile:
    return CachedFile("The oldest supported engine", search.cache / "engine" / VERSION / "pulumi", NO_REMEDY)


def _build(search: Search, target: Path) -> None:
    """By a Go module that asks for nothing but this engine."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    flags = [
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        f"-s -w -X {_PULUMI}/sdk/v3/go/common/version.Version=v{VERSION}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["go", "mod", "init", "deploy.local/oldest"],
            ["go", "get", f"{_COMMAND}@v{VERSION}"],
            ["go", "build", *flags, "-o", str(target), _COMMAND],
        ):
            search.say(" ".join(command))
            subprocess.run(command, cwd=folder, env=environment, check=True)


def main() -> None:
    """Build it where it is not, and say where it is."""
    search = Search.of(os.environ)
    sys.stdout.write(f"{fill(search, _place(search), _build)}\n")


if __name__ == "__main__":
    main()
