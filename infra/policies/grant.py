"""What a role does, said once: its policy's statement and the requests that the statement is there for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra.policies.document import Conditions, Statement, allow


@dataclass(frozen=True)
class Grant:
    """One statement of a policy and why it is there.

    `calls` says which SDK operations are made, and the IAM action that each is authorised by. `resources` are the
    patterns of the statement; `asked` are ARNs as they are in requests; `context` are the condition keys of those
    requests that `when` decides by.
    """

    sid: str
    phase: str
    calls: Mapping[str, str]
    resources: Sequence[str]
    asked: Sequence[str]
    when: Conditions | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def statement(self) -> Statement:
        """The statement, its actions in the order of `calls`."""
        return allow(self.sid, list(dict.fromkeys(self.calls.values())), self.resources, self.when)
