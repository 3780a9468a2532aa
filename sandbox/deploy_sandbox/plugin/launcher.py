"""Puts the plugin where the engine looks for an installed one."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from deploy_sandbox.plugin import VERSION

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "pulumi-resource-aws"


def write_launcher(plugins_dir: Path, python: Path) -> Path:
    """Write `resource-aws-v7.51.1/pulumi-resource-aws` into the engine's plugins folder (`$PULUMI_HOME/plugins`) and return its path.

    The launcher runs `python`, which must have this project installed; isolated (`-I`), so neither the working directory nor PYTHON*
    variables can put another module in its place. Written where it is another one, atomically: a plugin being started never sees
    half of it, and a folder that holds it need not be writable.
    """
    folder = plugins_dir / f"resource-aws-v{VERSION}"
    launcher = folder / _NAME
    script = f'#!/bin/sh\nexec {shlex.quote(str(python.absolute()))} -I -m deploy_sandbox.plugin "$@"\n'
    if os.access(launcher, os.X_OK) and launcher.read_text() == script:
        return launcher
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{_NAME}.{os.getpid()}"
    draft.write_text(script)
    draft.chmod(0o755)
    draft.replace(launcher)
    return launcher
