"""The one door through which corrections replace the emulator's names.

The emulator's internals are not an interface. So its version is pinned, every replaced name must exist, and what is
missing is collected and said in one error at start, before the first request is served.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from deploy_sandbox.accounts import SandboxError
from deploy_sandbox.cloud.configuration import EMULATOR

if TYPE_CHECKING:
    from collections.abc import Callable

_missing: list[str] = []


class EmulatorMismatchError(SandboxError):
    """The installed emulator is not the one that the corrections were written for."""


def replace(module: str, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `module.name` by `make(original)`, also where other emulator modules imported that name.

    `module` is given without its package: `services.sts`. A module that `module` imported is replaced there only. A
    missing name is remembered for `check_names`.
    """
    owner = importlib.import_module(f"ministack.{module}")
    if not hasattr(owner, name):
        _missing.append(f"ministack.{module}.{name}")
        return
    original = getattr(owner, name)
    replacement = make(original)
    setattr(owner, name, replacement)
    if isinstance(original, ModuleType):
        return
    for loaded in [module for key, module in sys.modules.items() if key.split(".")[0] == "ministack"]:
        if getattr(loaded, name, None) is original:
            setattr(loaded, name, replacement)


def check_version() -> None:
    """Raise EmulatorMismatchError unless exactly the pinned emulator is installed."""
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError as error:
        raise EmulatorMismatchError(
            f"The sandbox needs ministack {EMULATOR}, which is not installed: install `deploy` with its extra `sandbox`."
        ) from error
    if found != EMULATOR:
        raise EmulatorMismatchError(
            f"The sandbox corrects ministack {EMULATOR}, but {found} is installed: install ministack=={EMULATOR}."
        )


def check_names() -> None:
    """Raise EmulatorMismatchError naming every replaced name that the emulator does not have."""
    if _missing:
        raise EmulatorMismatchError(
            f"ministack {EMULATOR} lacks names that the sandbox replaces: {', '.join(sorted(_missing))}."
        )
