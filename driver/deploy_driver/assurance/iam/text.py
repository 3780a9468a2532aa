"""Policy documents, their sizes, and what is wrong with them, as text and as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deploy_driver.assurance.iam.check import IamFinding
from deploy_driver.assurance.iam.roles import Documents, RoleDefinition
from deploy_driver.assurance.iam.sizes import WARN_FROM, Size, size
from deploy_driver.render.text import table
from deploy_project.seam import kind_of


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
    """The findings, a paragraph each, and one line that sums up."""
    parts = [
        f"{found.rule}  {' '.join(filter(None, [found.stack, found.role]))}  {found.where}\n"
        f"  {found.fact}\n  {found.remedy}"
        for found in findings
    ]
    requests = sum(len(role.requests) for role in roles)
    said = f"{len(findings)} findings" if len(findings) > 1 else "1 finding" if findings else "no findings"
    return "\n".join([*parts, f"{len(roles)} roles, {requests} requests decided: {said}"])


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
