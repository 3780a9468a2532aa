"""What is wrong with a role's policies: the rule, where, the fact and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The rules of `deploy iam check`; their names never change."""

    MISSING = "iam.missing"
    SURPLUS = "iam.surplus"
    SURPLUS_RESOURCE = "iam.surplus-resource"
    WILDCARD_ACTION = "iam.wildcard-action"
    ANY_RESOURCE = "iam.any-resource"
    REACHES_OTHERS = "iam.reaches-others"
    REACHES_ACCESS_STATE = "iam.reaches-access-state"
    UNCONDITIONED = "iam.unconditioned"
    TOO_BIG = "iam.too-big"
    WRITES = "iam.writes"
    SECRETS = "iam.secrets"
    ESCALATION = "iam.escalation"


REMEDIES = {
    Rule.MISSING: "allow it in the role's policy, and within the boundary and the session policy",
    Rule.SURPLUS: "take it out of the statement, or say in the program's table what needs it",
    Rule.SURPLUS_RESOURCE: "take the resource out of the statement, or narrow it to what is needed",
    Rule.WILDCARD_ACTION: "name the actions that are needed",
    Rule.ANY_RESOURCE: "name the resources; AWS lets these actions be allowed on single ones",
    Rule.REACHES_OTHERS: "narrow the resource to this stack's own names, or by its tag",
    Rule.REACHES_ACCESS_STATE: "leave the states of access layers to administrators: give them a bucket and a key of their own "
    "(deploy:accessStateBucket, deploy:accessStateKey), and no role here any right to them",
    Rule.UNCONDITIONED: "put the condition back",
    Rule.TOO_BIG: "make the document smaller; AWS refuses it",
    Rule.WRITES: "take the action out of the reading role's policy",
    Rule.SECRETS: "take the action out of the reading role's policy",
    Rule.ESCALATION: "take out one of the actions, or narrow what they can be done to",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. `where` is the document, with the statement where there is one."""

    rule: Rule
    stack: str
    role: str
    where: str
    fact: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.rule]
