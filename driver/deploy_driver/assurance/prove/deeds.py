"""How a table of deeds is written: one line each, for one subject in one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy_driver.assurance.prove.case import Answer, Case, Method
from deploy_driver.assurance.prove.trial import Actor, Request, Trial, Undo

_LISTS = {"kms:ResourceAliases": "stringList"}
"""Condition keys with several values; the simulator wants to be told (IAM API, ContextEntry)."""


@dataclass(frozen=True)
class Subject:
    """Whose deeds: `who` asks, `word` is his name in the cases. `twin` is the fact that shows he can do his own work."""

    group: str
    word: str
    env: str
    who: Actor
    twin: str

    def id(self, fact: str) -> str:
        """The id of a case of this subject."""
        return f"{self.group}.{self.word}.{fact}@{self.env}"

    def may(self, fact: str, sentence: str, call: Request, *, twin: str, undo: Sequence[Undo] = ()) -> Trial:
        """A deed that must be granted; `twin` is a fact of his that must not."""
        case = Case(self.id(fact), self.group, self.env, f"{self.word}: {sentence}", Answer.ALLOWED, self.id(twin))
        return Trial(case, self.who, call, undo=tuple(undo))

    def may_not(
        self, fact: str, sentence: str, call: Request, *, twin: str = "", because: str = "", undo: Sequence[Undo] = ()
    ) -> Trial:
        """A deed that must be refused; `twin` is the nearest one that is granted."""
        case = Case(
            self.id(fact), self.group, self.env, f"{self.word}: {sentence}", Answer.REFUSED, self.id(twin or self.twin)
        )
        return Trial(case, self.who, call, because, tuple(undo))

    def would(
        self, fact: str, sentence: str, question: Request, *, allowed: bool, twin: str, because: str = ""
    ) -> Trial:
        """A deed that IAM's policy simulator decides; `who` asks the simulator, nothing is done."""
        answer = Answer.ALLOWED if allowed else Answer.REFUSED
        case = Case(
            self.id(fact), self.group, self.env, f"{self.word}: {sentence}", answer, self.id(twin), Method.EVALUATED
        )
        return Trial(case, self.who, question, because)


def call(service: str, operation: str, **parameters: Any) -> Request:
    """One call, written as boto3 writes it."""
    return Request(service, operation, parameters)


def simulated(
    role_arn: str, action: str, resource: str, *, keys: Mapping[str, str] | None = None, also: str = ""
) -> Request:
    """Ask the simulator whether a role may do `action`; `also` is a policy that the role is imagined to have besides."""
    entries = [
        {"ContextKeyName": key, "ContextKeyType": _LISTS.get(key, "string"), "ContextKeyValues": [value]}
        for key, value in (keys or {}).items()
    ]
    more = {"PolicyInputList": [also]} if also else {}
    context = {"ContextEntries": entries} if entries else {}
    return Request(
        "iam",
        "simulate_principal_policy",
        {"PolicySourceArn": role_arn, "ActionNames": [action], "ResourceArns": [resource], **context, **more},
    )
