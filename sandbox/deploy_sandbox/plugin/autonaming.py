"""The name of a thing that the program does not name: its logical name and seven hex characters, as pulumi-aws makes it up.

The characters come from the engine's random seed, so one run asks twice and gets the same. An update keeps the name that was made up
before. What the project says under `pulumi:autonaming` arrives with the request and is done. (Pulumi's documentation, "Autonaming".)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deploy_sandbox.plugin.resource import Inputs, ResourceType

DEFAULTS = "__defaults"
"""The key under which the bridge, and so this plugin, lists the inputs that it filled in itself."""

_RANDOM = 7  # hex characters
_LONGEST = {
    "aws:apigatewayv2/api:Api": 128,
    "aws:apigatewayv2/stage:Stage": 128,
    "aws:cloudtrail/trail:Trail": 128,
    "aws:iam/instanceProfile:InstanceProfile": 128,
    "aws:iam/policy:Policy": 128,
    "aws:iam/role:Role": 64,
    "aws:iam/rolePolicy:RolePolicy": 128,
    "aws:lambda/alias:Alias": 128,
    "aws:lambda/function:Function": 64,
    "aws:lambda/permission:Permission": 100,
    "aws:s3/bucket:Bucket": 63,
    "aws:sqs/queue:Queue": 80,
}
"""How long AWS lets a name be, where that is less than 255."""
_LOWER = {"aws:s3/bucket:Bucket"}
"""Types whose names have no capitals."""
_FIFO = ".fifo"


class Autonaming(Enum):
    """What the project says of names: make them up, take the proposed one as a suggestion or as it is, or make none up."""

    DEFAULT = "default"
    PROPOSE = "propose"
    ENFORCE = "enforce"
    DISABLE = "disable"


@dataclass(frozen=True)
class Naming:
    """What the engine says of a resource that may need a name: its logical name, the inputs that it had, and how to name it."""

    logical: str = ""
    old: Mapping[str, Any] = field(default_factory=dict)
    seed: bytes = b""
    mode: Autonaming = Autonaming.DEFAULT
    proposed: str = ""


def named(kind: ResourceType, given: Inputs, naming: Naming) -> tuple[str, str] | None:
    """The input that is the thing's name, and the name made up for it; None when there is one or none may be made up.

    Raises ValueError when the name would be longer than AWS takes.
    """
    name = next((one.name for one in kind.inputs if one.names), None)
    if name is None or given.get(name) is not None or not naming.logical:
        return None
    if name in naming.old.get(DEFAULTS, ()) and naming.old.get(name):
        return name, str(naming.old[name])
    if naming.mode is Autonaming.DISABLE:
        return None
    if naming.mode is Autonaming.ENFORCE:
        return name, naming.proposed
    ending = _FIFO if given.get("fifoQueue") is True or given.get("fifoTopic") is True else ""
    stem = naming.proposed or f"{naming.logical}-{_random(naming)}"
    made = (stem.lower() if kind.token in _LOWER else stem) + ending
    longest = _LONGEST.get(kind.token, 255)
    if len(made) > longest:
        raise ValueError(f"the name made up for it, {made!r}, is longer than {longest} characters: give one")
    return name, made


def _random(naming: Naming) -> str:
    return hashlib.sha256(naming.seed + naming.logical.encode()).hexdigest()[:_RANDOM]
