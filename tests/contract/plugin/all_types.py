"""Every resource type that the sandbox's AWS plugin knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_sandbox.plugin.registry import _FILES, _types

if TYPE_CHECKING:
    from deploy_sandbox.plugin.resource import ResourceType


def all_types() -> tuple[ResourceType, ...]:
    """Every type, by token."""
    return tuple(sorted((one for service in _FILES for one in _types(service)), key=lambda one: one.token))
