"""Policy documents, their sizes, and what is wrong with them, as text and as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy_driver.assurance.iam.check import IamFinding
from deploy_driver.assurance.iam.roles import Documents, RoleDefinition
from deploy_driver.assurance.iam.sizes import WARN_FROM, Size, size
from deploy_driver.render.text import counted, table
from deploy_driver.render.width import folded
from deploy_project.seam import kind_of
from deploy_project.stacks import ACCESS


def as_data(stack: str, documents: Documents) -> Mapping[str, Any]:
    """The documents with what AWS makes of their sizes."""
    return {"stack": stack, "documents": [_document(name, documents[name]) for name in sorted(documents)]}


def as_text(stack: str, documents: Documents) -> str:
    """Every document, one member a line, and a table of the sizes at the end."""
    parts = [f"# {stack}: {name}\n{json.dumps(documents[name], indent=2)}" for name in sorted(documents)]
    rows = [
        [name, kind_of(name), str(found.characters), str(found.quota), f"{found.share:.0%}", _warning(found)]
        for name, found in ((name, size(name, documents[name])) for name in sorted(documents))
    ]
    return "\n\n".join([*parts, table(["DOCUMENT", "KIND", "CHARACTERS", "QUOTA", "TAKEN", "WARNING"], rows)])


def check_as_data(roles: Sequence[RoleDefinition], findings: Sequence[IamFinding]) -> Mapping[str, Any]:
    """How much was looked at, and what was found."""
    return {
        "roles": [{"stack": role.stack, "role": role.name, "requests": len(role.requests)} for role in roles],
        "findings": [
            {
                "rule": found.rule.value,
                "stack": found.stack,
                "role": found.role,
                "where": found.where,
                "fact": found.fact,
                "remedy": found.remedy,
            }
            for found in findings
        ],
    }


def check_as_text(roles: Sequence[RoleDefinition], findings: Sequence[IamFinding]) -> str:
    """The findings, a paragraph each, with the stacks that have the same one, and one line that sums up."""
    parts = [
        f"{found.rule}  {' '.join(filter(None, [found.stack, found.role]))}  {found.where}\n"
        f"  {found.fact}\n  {found.remedy}" + (f"\n  the same in {', '.join(others)}" if others else "")
        for found, others in _once(findings)
    ]
    requests = sum(len(role.requests) for role in roles)
    said = counted(len(findings), "finding") if findings else "no findings"
    return folded("\n".join([*parts, f"{len(roles)} roles, {requests} requests decided: {said}"]))


def _document(name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = size(name, document)
    return {
        "name": name,
        "kind": kind_of(name).value,
        "characters": found.characters,
        "quota": found.quota,
        "warning": _warning(found),
        "document": document,
    }


def _warning(found: Size) -> str:
    if found.too_big:
        return "AWS refuses it"
    return f"above {WARN_FROM:.0%} of the quota" if found.near else ""


def _once(findings: Sequence[IamFinding]) -> Iterator[tuple[IamFinding, Sequence[str]]]:
    """Each finding with the other stacks that have it too: the same words, but for the stack's own name and account."""
    alike: dict[tuple[str, ...], list[IamFinding]] = {}
    for found in findings:
        own = found.stack.removesuffix(ACCESS)
        said = (found.rule, *(_without(own, text) for text in (found.role, found.where, found.fact)))
        alike.setdefault(said, []).append(found)
    for first, *others in alike.values():
        yield first, tuple(dict.fromkeys(found.stack for found in others if found.stack != first.stack))


def _without(stack: str, text: str) -> str:
    """The text with `*` in place of the stack's name, where there is one, and of accounts."""
    own = rf"(?<![a-z0-9]){re.escape(stack)}(?![a-z0-9])|" if stack else ""
    return re.sub(own + r"(?<!\d)\d{12}(?!\d)", "*", text)
