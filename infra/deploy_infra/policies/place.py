"""Where a stack's things are and what they are called: names from the program, ARNs from names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploy_infra.policies.resource_types import ResourceType, Scope, resource_types
from deploy_project.stacks import PARTITION

AUTONAMED = "???????"
"""In place of the seven characters that the engine adds to a name which it makes up; IAM's wildcard for one character."""

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
_BY_ARN = {"aws:sns/topic:Topic", "aws:secretsmanager/secret:Secret", "aws:sfn/stateMachine:StateMachine"}
"""Types whose id is their ARN; those of other named things is the name."""

_QUEUE = "aws:sqs/queue:Queue"
_OF_AWS = re.compile(r"^/aws/[a-z-]+/")


@dataclass(frozen=True)
class Place:
    """One stack of one service in its account and region. `beside` are stacks there whose names begin with this one's and a hyphen."""

    project: str
    stack: str
    account: str
    region: str
    partition: str = PARTITION
    beside: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What the name of everything begins with that is this stack's: `orders-dev`."""
        return f"{self.project}-{self.stack}"

    def name(self, thing: str) -> str:
        """What a thing of the service is called in AWS: `orders-dev-jobs`; the one called like the service is `orders-dev`."""
        return self.prefix if thing == self.project else f"{self.prefix}-{thing}"

    def owns(self, name: str) -> bool:
        """Whether a name is one of this stack's. A log group may lie in a folder of AWS's, a parameter in one of the stack's."""
        others = (replace(self, stack=stack) for stack in self.beside)
        return self.begins(name) and not any(other.begins(name) for other in others)

    def begins(self, name: str) -> bool:
        """Whether a name begins as those of this stack do, be it another's that is called nearly the same."""
        own = self.prefix
        rest = _OF_AWS.sub("", name).removeprefix("alias/").lstrip("/")  # so begins what KMS calls an alias
        return rest == own or rest.startswith((f"{own}-", f"{own}/", f"{own}."))

    def filled(self, template: str, name: str = "", parent: str = "") -> str:
        """The ARN that the template is of."""
        if ":parameter/" in template:  # SSM leaves the leading slash of a parameter's name out of its ARN
            name, parent = name.removeprefix("/"), parent.removeprefix("/")
        known = {**self._facts(), "name": name, "parent": parent}
        return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), template)

    def _facts(self) -> Mapping[str, str]:
        return {"partition": self.partition, "region": self.region, "account": self.account}


def name_of(kind: ResourceType, logical: str, inputs: Mapping[str, Any], place: Place) -> str:
    """What a resource is called in AWS, with IAM's wildcards where the engine makes the name up; empty where it has none."""
    said = inputs.get(kind.name) if kind.name else None
    if isinstance(said, str) and said:
        return said
    return f"{place.prefix}-{logical}-{AUTONAMED}" if kind.name and not kind.parent else ""


def parent_of(kind: ResourceType, inputs: Mapping[str, Any]) -> str:
    """The name of the thing that a resource belongs to; `*` where that is not known beforehand, empty where there is none."""
    if not kind.parent:
        return ""
    said = inputs.get(kind.parent)
    if not isinstance(said, str) or not said:
        return "*"
    if said.startswith("arn:"):
        return next(_parents(kind, said), "*")
    return said.rpartition("/")[2] if said.startswith("https:") else said


def made(token: str, logical: str, inputs: Mapping[str, Any], place: Place) -> tuple[str | None, dict[str, Any]]:
    """The id and the state of a resource that was asked for, as far as they follow from the request; None is not known."""
    kind = resource_types().get(token)
    if kind is None or kind.scope is not Scope.NAME:
        return None, dict(inputs)
    name, parent = name_of(kind, logical, inputs, place), parent_of(kind, inputs)
    state = {**inputs, "arn": place.filled(kind.arns[0], name, parent)}
    if kind.name:
        state[kind.name] = name
    if token == _QUEUE:
        state["url"] = f"https://sqs.{place.region}.amazonaws.com/{place.account}/{name}"
        return state["url"], state
    return state["arn"] if token in _BY_ARN else name or parent, state


def _parents(kind: ResourceType, arn: str) -> Iterator[str]:
    """The parent's name in an ARN of it."""
    for template in kind.arns:
        whole = re.escape(template).replace(re.escape("${parent}"), "(?P<parent>[^:]+)")
        pattern = re.sub(r"\\\$\\\{\w+\\\}", "[^:]*", whole)
        if found := re.match(pattern, arn):
            yield found["parent"]
