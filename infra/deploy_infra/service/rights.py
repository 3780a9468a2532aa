"""What something of a service may do while it runs, in the words of the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from deploy_infra.policies.wants import EXECUTION_ROLE, GRANT


@dataclass(frozen=True)
class Rights:
    """IAM actions on things. An ARN may be a resource's output, as long as it follows from the resource's name."""

    actions: tuple[str, ...]
    arns: tuple[pulumi.Input[str], ...]

    def said(self) -> Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]:
        """As plain data, which the access layer reads."""
        return {"actions": list(self.actions), "resources": list(self.arns)}


May = Sequence[Rights | tuple[Rights, ...]]
"""What `may` takes: `store.read_write`, `jobs.send`, or `rights(["dynamodb:GetItem"], table.arn)`."""


def rights(actions: Sequence[str], *arns: pulumi.Input[str]) -> Rights:
    """Rights by hand: IAM actions such as `dynamodb:GetItem`, on these ARNs."""
    return Rights(tuple(actions), arns)


class RunsAs(pulumi.ComponentResource):
    """Says what something runs as: a role that the access layer makes, with these rights. It makes nothing itself."""

    def __init__(
        self,
        name: str,
        *,
        role: str,
        runs_in: str,
        may: May,
        log_group: str = "",
        retention: int = 0,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        each = [one for part in may for one in (part if isinstance(part, tuple) else (part,))]
        said = {
            "role": role,
            "runsIn": runs_in,
            "logGroup": log_group,
            "retention": retention,
            "may": [one.said() for one in each],
        }
        super().__init__(EXECUTION_ROLE, name, said, opts)
        self.register_outputs({"role": role})


class GrantedByHand(pulumi.ComponentResource):
    """Says what whoever deploys the stack may do beyond what follows from its resources. It makes nothing itself."""

    def __init__(self, name: str, given: Rights, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(GRANT, name, dict(given.said()), opts)
        self.register_outputs({"actions": list(given.actions)})
