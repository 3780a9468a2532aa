"""What the SDK says beside the point, kept from the screen."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

_ABANDONED = {"run_pulumi_func", "run_in_stack"}
"""The SDK's coroutines that are left unfinished when the engine ends before the program does, and that complain about it
when they are collected."""


@cache
def quiet_sdk() -> None:
    """Once per process. An event that the SDK cannot parse it would print whole, values included."""
    warnings.filterwarnings("ignore", message="(?s)(Failed to parse engine event|Error in event stream)")
    sys.unraisablehook = without_abandoned(sys.unraisablehook)


def without_abandoned(hook: Callable[[Any], object]) -> Callable[[Any], None]:
    """A `sys.unraisablehook` that lets everything through to `hook` but those."""

    def filtered(unraisable: Any) -> None:
        if getattr(unraisable.object, "__name__", "") not in _ABANDONED:
            hook(unraisable)

    return filtered
