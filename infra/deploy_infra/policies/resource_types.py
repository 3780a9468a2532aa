"""From resource type to SDK operation to IAM action and ARN: the one table that roles are derived from.

`resource_types.json` is made by `generate/resource_types.py` from what was recorded of the AWS provider and from AWS's DeclaredService
Authorization Reference, with what was reviewed by hand in `generate/reviewed_types.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class CallPhase(StrEnum):
    """When the provider makes a call. `PLAN` is beside `READ`: what is called while a change is computed."""

    PLAN = "plan"
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Scope(StrEnum):
    """What narrows the rights on a resource to one stack's own."""

    NAME = "name"
    """Its name, or its parent's, which is in the ARN."""
    TAG = "tag"
    """The tag `deploy:stack` that it carries, or its parent does: AWS chooses the id that is in the ARN."""
    ACCOUNT = "account"
    """Nothing: what changes it is allowed for the whole account or not at all."""


@dataclass(frozen=True)
class ActionRequest:
    """One action that an operation is authorised by.

    `on` is an ARN, or `*` for an action that AWS only allows on everything. In it stand `${partition}`, `${region}`, `${account}`,
    `${name}` and `${parent}` (the resource's name, and that of what it belongs to), and at most one `${input:PATH}`: what the input
    at this path says, put in as it is, and once for each value of a list. An `on` that is nothing but an `${input:PATH}` is an ARN.
    IAM's `*` and `?` stand for what AWS chooses. SSM leaves the leading slash of a parameter's name out of its ARN.

    `when` is "" if the request is always made; otherwise the inputs of which one must be given, as paths (`vpcConfig`,
    `serverSideEncryption.kmsKeyArn`) joined by `|`. `passed_to` is the service that a role is handed to (iam:PassRole).
    """

    action: str
    on: str
    when: str = ""
    passed_to: str = ""


@dataclass(frozen=True)
class AwsResourceType:
    """A type of the Pulumi AWS provider, what it is called by, and what the provider calls for it.

    `service` is the prefix of its IAM actions, the word that an administrator admits it by. `name` is the input that names it ("" for
    none), `longest` (0 if unknown) and `pattern` ("" if unknown, for the whole name) are AWS's rule for it. `parent` is the input that
    says what it belongs to, by name, ARN or URL. `arns` are its own, or its parent's where it is authorised on its parent.
    """

    type: str
    service: str
    name: str
    longest: int
    pattern: str
    parent: str
    arns: tuple[str, ...]
    scope: Scope
    taggable: bool
    calls: Mapping[CallPhase, Mapping[str, tuple[ActionRequest, ...]]]


Phase = CallPhase
Request = ActionRequest
ResourceType = AwsResourceType


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every type that roles can be derived for, by its token."""
    return MappingProxyType({token: _resource_type(token, said) for token, said in _file()["types"].items()})


@cache
def refused() -> Mapping[str, str]:
    """Types, and patterns of types, that no role is derived for, each with the reason."""
    return MappingProxyType(_file()["refused"])


def _resource_type(token: str, said: Mapping[str, Any]) -> ResourceType:
    arns = tuple(said["arns"])
    requests = {operation: tuple(_requests(rows, arns)) for operation, rows in said["requests"].items()}
    return ResourceType(
        type=token,
        service=said["service"],
        name=said["name"],
        longest=said["longest"],
        pattern=said["pattern"],
        parent=said["parent"],
        arns=arns,
        scope=Scope(said["scope"]),
        taggable=said["taggable"],
        calls=MappingProxyType(
            {
                Phase(phase): MappingProxyType({operation: requests[operation] for operation in operations})
                for phase, operations in said["calls"].items()
            }
        ),
    )


def _requests(rows: Sequence[Sequence[Any]], own: Sequence[str]) -> Iterator[ActionRequest]:
    """Rows are `[action, [on, ...], when, passed_to]`. What is empty at the end is left out; no `on` means the type's own ARNs."""
    for action, *said in rows:
        ons, *rest = said or [[]]
        yield from (Request(action, on, *rest) for on in ons or own)


@cache
def _file() -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads((files("deploy_infra.policies") / "resource_types.json").read_text("utf-8"))
    return said
