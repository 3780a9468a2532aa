"""The table of resource types as a page to read: `python -m generate.resource_types_reference > docs/reference/resource-types.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from deploy_infra.policies.resource_types import ResourceType, Scope, refused, resource_types

_HEAD = """\
# Resource types

The types of the Pulumi AWS provider that the roles of a stack can be derived for, and what narrows a role to the stack's own.

This page is made from the table: `python -m generate.resource_types_reference > docs/reference/resource-types.md`. The table,
`infra/deploy_infra/policies/resource_types.json`, also has the calls that the provider makes for each type, and the IAM actions
and ARNs that AWS asks for.

- **Service** is the word that an administrator admits a type by: the prefix of its IAM actions.
- **By name**: the name, or that of what it belongs to, is in the ARN. **By tag**: AWS chooses the id, so the stack's
  tags narrow it, on the thing itself or on what it belongs to. **Not at all**: AWS allows what changes it for the
  whole account or not at all.
- **Named by** is the input that names it, with AWS's rule: the longest name, and the regular expression that all of it matches.
- A first VPC link, scalable target, connection of EventBridge or user pool that sends mail through SES needs a service-linked
  role of the account (`iam:CreateServiceLinkedRole`). An administrator makes it once; no role of a stack may.
"""
_HOW = {Scope.NAME: "by name", Scope.TAG: "by tag", Scope.ACCOUNT: "not at all"}


def reference() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            "| type | service | narrowed | belongs to | named by |",
            "| --- | --- | --- | --- | --- |",
            *(_row(kind) for kind in resource_types().values()),
            "",
            "## Refused",
            "",
            "No role is derived for these. A type that is neither here nor above is not known.",
            "",
            "| type | reason |",
            "| --- | --- |",
            *(f"| `{token}` | {reason} |" for token, reason in refused().items()),
        ]
    )


def _row(kind: ResourceType) -> str:
    parent = f"`{kind.parent}`" if kind.parent else ""
    named = ", ".join(_named(kind))
    return f"| `{kind.type}` | {kind.service} | {_HOW[kind.scope]} | {parent} | {named} |"


def _named(kind: ResourceType) -> Iterator[str]:
    if kind.name:
        yield f"`{kind.name}`"
    if kind.longest:
        yield f"at most {kind.longest}"
    if kind.pattern:
        yield "`{}`".format(kind.pattern.replace("|", "\\|"))


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
