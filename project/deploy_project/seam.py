"""What the driver asks of the program: the types of the answers, made from the plain data that any program can return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pydantic import ConfigDict, StrictInt, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from deploy_project.written import Problem

T = TypeVar("T")


class AnswerError(ValueError):
    """What the program returned is not what was asked for. It says which key, and what is wrong with it."""


class DocumentKind(StrEnum):
    """What a policy document is to AWS."""

    INLINE = "inline policy"
    MANAGED = "managed policy"
    TRUST = "trust policy"
    SESSION = "session policy"
    BUCKET = "bucket policy"


QUOTAS: Mapping[DocumentKind, int] = {
    DocumentKind.INLINE: 10_240,  # all inline policies of a role together; each role here has one
    DocumentKind.MANAGED: 6_144,
    DocumentKind.TRUST: 2_048,  # by default; up to 4,096 on request
    DocumentKind.SESSION: 2_048,
    DocumentKind.BUCKET: 20_480,
}
"""Characters of a document at most.

Source: IAM User Guide, "IAM and AWS STS quotas" (white space does not count in identity policies); AWS STS API Reference,
AssumeRole, `Policy` (every character counts); Amazon S3 User Guide, "Bucket policies" (20 KB).
"""


def kind_of(name: str) -> DocumentKind:
    """What a document is, by the name that the program gives it; a name without an ending is a bucket's."""
    if name == "boundary":
        return DocumentKind.MANAGED
    endings = {"policy": DocumentKind.INLINE, "trust": DocumentKind.TRUST, "session": DocumentKind.SESSION}
    return endings.get(name.rpartition(".")[2], DocumentKind.BUCKET)


Document = Mapping[str, object]
Documents = Mapping[str, Document]
"""The policy documents of a stack by name.

`ROLE.trust` is a role's trust, `ROLE.policy` its inline policy, `ROLE.session` what a session of it is narrowed to when it is
entered, `boundary` the ceiling over all of them; the rest are bucket policies under the names of the buckets.
"""


@dataclass(frozen=True)
class RoleNeed:
    """One kind of request that a role makes. `resources` is on what, with IAM's `*` for what nobody knows beforehand.

    `name` is what the program calls the resource that it is made for; empty where it is for none.
    `policy`, `boundary` and `session` name the documents that decide what the role may; the latter two may be empty. `type` is
    the Pulumi type that is made, or the work that is done. `phase` is create, read, update, delete, preview, drift, state,
    enter, review, audit or run. `context` holds the condition keys that the policies decide by.
    """

    role: str
    arn: str
    policy: str
    boundary: str
    session: str
    type: str
    phase: str
    operation: str
    action: str
    resources: Sequence[str]
    context: Mapping[str, str | Sequence[str]]
    name: str = ""


@dataclass(frozen=True)
class MadeRole:
    """A role that a stack makes, and how many seconds a session of it may last."""

    __pydantic_config__ = ConfigDict(alias_generator=to_camel)

    name: str
    max_session: StrictInt


@dataclass(frozen=True)
class NamedThing:
    """A resource of a service that has a name of its own: its Pulumi type, the program's name for it, its name in AWS and its ARN.

    Both have `?` for each character that the engine makes up, and the ARN IAM's `*` for what AWS chooses.
    """

    type: str
    name: str
    called: str
    arn: str


@dataclass(frozen=True)
class Inventory:
    """What a stack has in its account that somebody could change by hand, by name; empty what it does not have.

    `roles` and `buckets` have the names of their documents. `functions`, `log_groups` and `runs_as` (the ARN of the role that a
    function runs as) are a service's, by the program's names; `things` are these and all others that it names.
    """

    __pydantic_config__ = ConfigDict(alias_generator=to_camel)

    roles: Mapping[str, MadeRole]
    boundary: str
    trail: str
    buckets: Mapping[str, str]
    functions: Mapping[str, str]
    log_groups: Mapping[str, str]
    runs_as: Mapping[str, str]
    things: Sequence[NamedThing]


PROBLEMS = TypeAdapter(tuple[Problem, ...])
DOCUMENTS: TypeAdapter[Documents] = TypeAdapter(Documents)
NEEDS = TypeAdapter(tuple[RoleNeed, ...])
INVENTORY = TypeAdapter(Inventory)


def answer(said: object, shape: TypeAdapter[T]) -> T:
    """The plain data that the program returned, in its type. Raises AnswerError, which names each key that is missing or wrong."""
    try:
        return shape.validate_python(said)
    except ValidationError as error:
        raise AnswerError("; ".join(map(_said, error.errors(include_url=False)))) from None


def _said(problem: Mapping[str, object]) -> str:
    place = problem["loc"]
    key = ".".join(map(str, place)) if isinstance(place, tuple) and place else "the answer"
    message = str(problem["msg"]).replace("Field required", "missing")
    return f"{key}: {message[:1].lower()}{message[1:]}"
