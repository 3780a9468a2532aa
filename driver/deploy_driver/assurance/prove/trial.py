"""A case together with what has to be asked of AWS to answer it, and as whom; plain values, so that a table of them can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy_driver.assurance.prove.case import Answer, Case


@dataclass(frozen=True)
class Instance:
    """A machine of the tools account, by the name of its instance profile; `administrator` is the one who runs the proof."""

    name: str


@dataclass(frozen=True)
class KeyHolder:
    """The throw-away user of the tools account: the only one here whose credentials are not a role's session."""


@dataclass(frozen=True)
class Entered:
    """Whoever `through` is, after taking the role with these parameters of AssumeRole."""

    through: Actor
    role_arn: str
    parameters: tuple[tuple[str, str | int], ...] = ()


Actor = Instance | KeyHolder | Entered
"""Who asks. Hashable: one session is made for each and kept."""

ADMINISTRATOR = Instance("administrator")


@dataclass(frozen=True)
class Request:
    """One call of an AWS API, as boto3 names service and operation."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Undo:
    """What puts things back after a request that was granted."""

    who: Actor
    request: Request


@dataclass(frozen=True)
class Trial:
    """One case and how it is tried.

    `because` is what AWS's reason must contain for a refusal to count: it tells which protection refused, where several
    could. `undo` is done as soon as the request has been granted, whether that was expected or not.
    """

    case: Case
    who: Actor
    request: Request
    because: str = ""
    undo: tuple[Undo, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What AWS answered. `done` says that the request took effect, not only that it was let in."""

    answer: Answer
    reason: str = ""
    done: bool = False


class World(Protocol):
    """AWS, asked by anybody."""

    def ask(self, who: Actor, request: Request) -> Outcome:
        """Make the request as `who`. Never raises: what could not be asked is undecided, with the reason."""
