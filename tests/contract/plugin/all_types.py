"""Every resource type that the sandbox's AWS plugin knows, and the case of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_sandbox.plugin.registry import _FILES, _types
from tests.contract.plugin import cases, cases_events

if TYPE_CHECKING:
    from deploy_sandbox.plugin.resource import ResourceType

CASES = (*cases.CASES, *cases_events.CASES)


def all_types() -> tuple[ResourceType, ...]:
    """Every type, by token."""
    return tuple(sorted((one for service in _FILES for one in _types(service)), key=lambda one: one.token))
