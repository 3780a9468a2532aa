"""Sessions survive a restart of the sandbox, as a session of AWS survives anything but its own end.

The emulator kept sessions in memory only, so that every running caller was thrown out by a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    replace("services.sts", "get_state", _state)
    replace("services.sts", "load_persisted_state", _restore)


def _state(_original: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    def get_state() -> dict[str, Any]:
        return {"sessions": emulator.SESSIONS}

    return get_state


def _restore(_original: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def load_persisted_state(data: dict[str, Any]) -> None:
        emulator.SESSIONS.update(data.get("sessions", {}))

    return load_persisted_state
