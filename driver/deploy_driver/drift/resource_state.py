"""What one look of the engine found: each resource as the state, the cloud and the code have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy_driver.values import EngineReport, Urn

PUBLISHED: Final[Mapping[str, tuple[str, ...]]] = {"aws:lambda/function:Function": ("codeSha256", "version")}
"""By type: the outputs that say what code stands there, and what was published of it.

The provider plans nothing when they are not as the state has them (terraform-provider-aws, `aws_lambda_function`).
"""


@dataclass(frozen=True)
class PropertyState:
    """One property that differs somewhere, in JSON values; None where there is nothing.

    `moved`: the provider says that the cloud is not as the state has it; `wanted`: that an `up` would change it.
    """

    path: str
    state: Any
    cloud: Any
    code: Any
    moved: bool
    wanted: bool


@dataclass(frozen=True)
class ResourceState:
    """One resource. `op` is Pulumi's word for what an `up` would do to it now; empty when the engine plans nothing.

    `known`: the state has it. `gone`: the state has it and the cloud does not. `id` and `inputs` are those of the
    state, or of the code where the state has none: they say which thing in the cloud it is.
    """

    urn: str
    op: str
    known: bool
    gone: bool
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    properties: tuple[PropertyState, ...] = ()

    @property
    def type(self) -> str:
        """The Pulumi type token."""
        return Urn(self.urn).type


@dataclass(frozen=True)
class StackStates:
    """One look at one stack: how the engine's call ended, and every resource that it came past."""

    report: EngineReport
    resources: tuple[ResourceState, ...] = ()
