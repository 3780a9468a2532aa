"""The documents and roles of the real stack files, as the driver sees them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from deploy_driver.assurance.iam.roles import CallNeed, Documents, RoleDefinition, roles
from deploy_driver.iam_policy import Layers, read
from deploy_infra.documents import documents
from deploy_infra.needs import needs
from deploy_project.seam import NEEDS, answer

ROOT = Path(__file__).resolve().parents[4]
STACKS = ("tools", "dev-access", "staging-access", "prod-access")
ACCOUNT = "222222222222"


@cache
def stacks() -> Mapping[str, Documents]:
    return {stack: documents(ROOT, stack) for stack in STACKS}


@cache
def shipped() -> tuple[RoleDefinition, ...]:
    said = {stack: answer(needs(ROOT, stack), NEEDS) for stack in STACKS}
    return tuple(
        role for stack in STACKS for role in roles(stack, stack.removesuffix("-access"), stacks()[stack], said[stack])
    )


def role(stack: str, name: str) -> RoleDefinition:
    return next(each for each in shipped() if (each.stack, each.name) == (stack, name))


def allowing(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Action": list(actions), "Resource": resource, **more})


def denying(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Deny", "Action": list(actions), "Resource": resource, **more})


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def somebody(policy: Mapping[str, Any], *needs_: CallNeed) -> RoleDefinition:
    arn = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    return RoleDefinition("dev-access", "dev", "somebody", arn, Layers(read("policy", policy)), needs_)
