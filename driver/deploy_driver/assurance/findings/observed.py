"""The facts that the rules judge: what a thing should be, and what it was seen to be.

`seen` is None where the thing is not there, and `Unseen` where nobody could look. A rule never guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Unseen:
    """Why something could not be looked at. `refused`: it should have been possible, so the look was not complete."""

    why: str
    refused: bool = True


@dataclass(frozen=True)
class Inspected:
    """One thing of one stack: its name, its ARN or id in the account, and the place in the file that says so."""

    stack: str
    name: str
    file: str
    line: int
    column: int


@dataclass(frozen=True)
class SeenRole:
    """A role as IAM shows it. `boundary` is an ARN, empty without one; `max_session` is in seconds."""

    unique_id: str
    trust: Document
    inline: Mapping[str, Document]
    attached: tuple[str, ...]
    boundary: str
    max_session: int


@dataclass(frozen=True)
class InspectedRole(Inspected):
    """A role. Its one inline policy has the role's own name; `recorded_id` is the unique id at its last bootstrap."""

    trust: Document
    policy: Document
    boundary: str
    max_session: int
    recorded_id: str | Unseen
    seen: SeenRole | Unseen | None


@dataclass(frozen=True)
class InspectedBoundary(Inspected):
    """The managed policy that is the ceiling over an account's roles."""

    document: Document
    seen: Document | Unseen | None


@dataclass(frozen=True)
class SeenTrail:
    """A trail as CloudTrail shows it. `left_out` says which management events it does not record."""

    logging: bool
    multi_region: bool
    validation: bool
    bucket: str
    left_out: str | Unseen = ""


@dataclass(frozen=True)
class InspectedTrail(Inspected):
    """The account's trail, and the bucket that it delivers to."""

    bucket: str
    seen: SeenTrail | Unseen | None


@dataclass(frozen=True)
class SeenBucket:
    """A bucket's protections. `public_access_block` names the settings that are on; `policy` is None without one."""

    public_access_block: frozenset[str] | Unseen
    policy: Document | Unseen | None


@dataclass(frozen=True)
class InspectedBucket(Inspected):
    """A bucket that nobody but its owner may open."""

    policy: Document
    seen: SeenBucket | Unseen | None


@dataclass(frozen=True)
class InspectedAccessState(Inspected):
    """The bucket that Jenkins writes, and whether a state of this access layer stands in it. None should."""

    seen: bool | Unseen | None


@dataclass(frozen=True)
class SeenFunction:
    """The policies that say who may call a function, by alias or version; "" is the function's own."""

    policies: Mapping[str, Document | Unseen]


@dataclass(frozen=True)
class InspectedFunction(Inspected):
    """A function, and who may call it: the services that the program lets in, for `things`, the ARNs of the stack's own."""

    account: str
    callers: frozenset[str]
    things: frozenset[str]
    seen: SeenFunction | Unseen | None


@dataclass(frozen=True)
class SeenKeys:
    """The long-lived keys of an account: of the root user or not, and in words one for each user's key."""

    root: bool
    of_users: tuple[str, ...]


@dataclass(frozen=True)
class InspectedKeys(Inspected):
    """All long-lived keys of one account. There should be none."""

    seen: SeenKeys | Unseen | None


@dataclass(frozen=True)
class InspectedIssuer(Inspected):
    """The identity provider of agents that bring a token: the `audience` of those, and the ones that IAM takes from it."""

    audience: str
    seen: tuple[str, ...] | Unseen | None


@dataclass(frozen=True)
class InspectedExternalId(Inspected):
    """One account's ExternalId, and the files of the other accounts that say the same."""

    seen: tuple[str, ...] | Unseen | None
