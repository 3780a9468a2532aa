"""What a role does, said once: from it come its policy's statement and its needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy_infra.policies.document import Conditions, Statement, allow


@dataclass(frozen=True)
class RoleGrant:
    """One statement of a policy and why it is there.

    `calls` says which SDK operations are made, and the IAM action that each is authorised by. `resources` is on what: ARNs
    in which IAM's `*` stands for what nobody knows beforehand, such as an id that AWS chooses or an object's name. `context`
    are the condition keys of those requests that `when` decides by.
    """

    sid: str
    phase: str
    calls: Mapping[str, str]
    resources: Sequence[str]
    when: Conditions | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def statement(self) -> Statement:
        """The statement, its actions in the order of `calls`."""
        return allow(self.sid, list(dict.fromkeys(self.calls.values())), self.resources, self.when)
