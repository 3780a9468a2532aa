"""The rules as a page to read: `python -m generate.findings_reference > docs/reference/findings.md`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from deploy_driver.assurance.findings.catalogue import CHECKS, RULES
from deploy_driver.assurance.findings.observed import InspectedBucket
from deploy_driver.assurance.findings.rule import DoctorRule

_HEAD = """\
# Findings

What `deploy doctor` looks for. A finding has a rule's id, the fact, the risk and the remedy. The command exits with 0 when
nothing was found, with 3 when something was, or when something could not be looked at that should have been.

This page is made from the rules: `python -m generate.findings_reference > docs/reference/findings.md`.

## Who sees what

- `deploy doctor`, as Jenkins: what a run depends on, and the files.
- `deploy doctor --as-administrator`, as an administrator of the tools account and in each target through its
  `bootstrapRole`: the administrator's way in, the files, and what rots in every account.

Jenkins' roles get no right to read IAM, trails or buckets for this: who may only preview sees no more than a preview needs.
Each command names the rules that it did not ask, and why. In SARIF they are notifications of the run.

`--output sarif` is SARIF 2.1.0. A finding's place is the line and column of the stack file where the name of the thing is
said, or the account that it is in: `Pulumi.dev.yaml:9:3` in the text, `file`, `line` and `column` in JSON.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            "## What is in the way of a run",
            "",
            *_section(CHECKS),
            "## What rots in the files and accounts",
            "",
            *_section(RULES),
        ]
    ).rstrip()


def _section(rules: Sequence[DoctorRule]) -> list[str]:
    return [line for rule in rules for line in _rule(rule)]


def _rule(rule: DoctorRule) -> list[str]:
    again = "deploy bootstrap --stacks STACK"
    remedy = rule.remedy.replace(
        "{again}",
        f"{again}`, of a service `deploy up --stacks STACK --refresh" if rule.kind is InspectedBucket else again,
    )
    return [
        f"### {rule.id}",
        "",
        f"{rule.looks_for} ({rule.severity.value})",
        "",
        f"- Risk: {rule.risk}",
        f"- Remedy: {remedy}",
        "",
    ]


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
