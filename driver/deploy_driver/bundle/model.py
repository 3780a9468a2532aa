"""What a reviewed plan is: its steps as the reviewer saw them, and the facts that must still hold when it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy_driver.values import PropertyDiff

FORMAT = 3
"""The shape that is written and read here. A change of any field is another format."""

ABSENT = "absent"
"""Stands where there is no file, no state or no commit to take a digest of."""


@dataclass(frozen=True)
class ReviewedStep:
    """One resource and what would be done to it, in an order and form that do not depend on when and as whom it was asked."""

    urn: str
    op: str
    keys: tuple[str, ...] = ()
    diffs: tuple[PropertyDiff, ...] = ()


@dataclass(frozen=True)
class BoundStack:
    """One stack of the plan. `settings` and `state` are digests; `role` is the one under which it was previewed."""

    stack: str
    account: str
    role: str
    settings: str
    state: str
    steps: tuple[ReviewedStep, ...] = ()


@dataclass(frozen=True)
class Binding:
    """Everything that the plan depends on, as it was or as it is. Files are digests; `stacks` are in the order of the plan.

    `changes` are the files in which the work tree is not its commit, each with how and its digest; empty when it is clean.
    `plugin` is its version and where it comes from.
    """

    deploy: str
    project: str
    cloud: str
    commit: str
    changes: Mapping[str, str]
    program: str
    lock: str
    deploy_toml: str
    project_file: str
    tools_settings: str
    engine: str
    plugin: str
    stacks: tuple[BoundStack, ...]


@dataclass(frozen=True)
class Bundle:
    """The signed content. Moments are whole seconds since the epoch; `document` is the digest of the page that people read.

    `allow_delete` are the URNs of what is deleted or replaced although it holds data, or although nothing else stays.
    `config` are the settings that hold for this plan only, by full key.
    """

    format: int
    id: str
    created: int
    expires: int
    saved_by: str
    document: str
    allow_delete: tuple[str, ...]
    config: Mapping[str, str]
    binding: Binding

    def stack(self, name: str) -> BoundStack:
        """The stack of that name. Raises KeyError."""
        return {stack.stack: stack for stack in self.binding.stacks}[name]
