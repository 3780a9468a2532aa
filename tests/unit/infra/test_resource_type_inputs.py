"""The table of resource types speaks of inputs that the pinned provider's types have."""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from deploy_infra.policies.resource_types import ResourceType, resource_types

ALL = sorted(resource_types())


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def properties(args: type) -> dict[str, str]:
    """The inputs of a class of the SDK, in Pulumi's words, each with its type as it is written."""
    return {
        camel(name): str(said.fget.__annotations__.get("return", ""))
        for name, said in vars(args).items()
        if isinstance(said, property) and said.fget
    }


@cache
def sdk(token: str) -> tuple[ModuleType, type]:
    package, _, name = token.partition(":")[2].partition("/")
    module = importlib.import_module(f"pulumi_aws.{'lambda_' if package == 'lambda' else package}")
    kind = name.partition(":")[2]
    found: Any = getattr(module, f"{kind}InitArgs", None) or getattr(module, f"{kind}Args")
    return module, found


def has(token: str, path: str) -> bool:
    module, args = sdk(token)
    for step in path.split("."):
        known = properties(args)
        if step not in known:
            return False
        inner = re.search(r"'(\w+Args)'", known[step])
        args = getattr(module, inner[1]) if inner else args
    return True


def paths(kind: ResourceType) -> set[str]:
    found = {kind.name, kind.parent} - {""}
    for operations in kind.calls.values():
        for asked in operations.values():
            for request in asked:
                found |= {*request.when.split("|"), *re.findall(r"\$\{input:([^}]*)\}", request.on)} - {""}
    return found


@pytest.mark.parametrize("token", ALL)
def test_every_input_that_the_table_names_is_one(token: str) -> None:
    assert [path for path in sorted(paths(resource_types()[token])) if not has(token, path)] == []


@pytest.mark.parametrize("token", ALL)
def test_what_takes_tags_is_taggable(token: str) -> None:
    assert has(token, "tags") is resource_types()[token].taggable


def test_an_input_that_is_none_is_found_out() -> None:
    assert has("aws:scheduler/schedule:Schedule", "target.roleArn")
    assert not has("aws:scheduler/schedule:Schedule", "target.role")
    assert not has("aws:sqs/queue:Queue", "target")
