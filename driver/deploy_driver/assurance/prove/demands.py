"""What each statement of a trust demands by itself, decided from the documents.

A request needs several statements at once, so that one of them may stand in for another that has lost a condition. Here
each action is put to the trust alone, with the one fact wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver.assurance.iam.evaluate import Decision, Layers, Request, decide, read
from deploy_driver.assurance.prove.case import Answer, Case, Method, Verdict
from deploy_driver.assurance.prove.facts import Facts, Target

GROUP = "demands"

_ACTIONS = {"assume-role": "sts:AssumeRole", "set-source-identity": "sts:SetSourceIdentity"}
_WITH_SOURCE_IDENTITY = {"aws:PrincipalArn", "aws:PrincipalOrgID", "sts:SourceIdentity"}
"""What AWS gives with sts:SetSourceIdentity (Service Authorization Reference, "AWS Security Token Service")."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Trust:
    """The trust of one role and the facts with which it is to be entered."""

    target: Target
    word: str
    document: Document
    tools_account: str
    facts: Mapping[str, str]

    def case(self, fact: str, sentence: str, expected: Answer, twin: str) -> Case:
        """A case of this trust."""
        env = self.target.env
        return Case(
            f"{GROUP}.{self.word}.{fact}@{env}",
            GROUP,
            env,
            f"the {self.word} role's trust {sentence}",
            expected,
            f"{GROUP}.{self.word}.{twin}@{env}" if twin else "",
            Method.EVALUATED,
        )


def verdicts(facts: Facts, documents: Mapping[str, Mapping[str, Document]]) -> Iterator[Verdict]:
    """Every demand of every role; `documents` are those of each access layer, by the account's name."""
    for target in facts.targets:
        for word, jenkins in (("deployment", facts.tools.deploy_role), ("preview", facts.tools.preview_role)):
            document = documents[target.env][f"{word}.trust"]
            trust = Trust(target, word, document, facts.tools.account, _right(facts, target, jenkins))
            yield from _of(trust, facts)


def _right(facts: Facts, target: Target, jenkins: str) -> Mapping[str, str]:
    return {
        "aws:PrincipalArn": facts.tools.role_arn(jenkins),
        "sts:ExternalId": target.external_id,
        "sts:RoleSessionName": target.session,
        "sts:SourceIdentity": target.session,
        **({"aws:PrincipalOrgID": target.organisation} if target.organisation else {}),
    }


def _of(trust: Trust, facts: Facts) -> Iterator[Verdict]:
    yield _principal(trust)
    wrong = {**_wrong(facts, trust.target), "aws:PrincipalOrgID": ("o-proveprove",)}
    for word, action in _ACTIONS.items():
        given = {
            key: value
            for key, value in trust.facts.items()
            if action == "sts:AssumeRole" or key in _WITH_SOURCE_IDENTITY
        }
        first = next(iter(given))
        case = trust.case(
            f"{word}.right", f"allows {action} with everything right", Answer.ALLOWED, f"{word}.{_said(first)}"
        )
        yield _verdict(case, _asked(trust, action, [given]))
        for key in given:
            contexts = [{**given, key: value} for value in wrong[key]]
            missing = {other: value for other, value in given.items() if other != key}
            says = f"refuses {action} where {key} is another or missing"
            case = trust.case(f"{word}.{_said(key)}", says, Answer.REFUSED, f"{word}.right")
            yield _verdict(case, _asked(trust, action, [*contexts, missing]))
    case = trust.case("tag-session", "allows no session tags", Answer.REFUSED, "assume-role.right")
    yield _verdict(case, _asked(trust, "sts:TagSession", [trust.facts]))


def _wrong(facts: Facts, target: Target) -> Mapping[str, tuple[str, ...]]:
    other, tools = facts.beside(target), facts.tools
    strangers = (
        f"arn:aws:iam::{tools.account}:root",
        tools.role_arn("prove-sibling"),
        f"arn:aws:iam::{tools.account}:user/prove-user",
        other.role_arn(tools.deploy_role),
        target.role_arn(target.preview_role),
    )
    sessions = ("somebody", *((other.session,) if other.env != target.env else ()))
    return {
        "aws:PrincipalArn": strangers,
        "sts:ExternalId": ("prove-nobody", *((other.external_id,) if other.env != target.env else ())),
        "sts:RoleSessionName": sessions,
        "sts:SourceIdentity": sessions,
    }


def _principal(trust: Trust) -> Verdict:
    expected = {"AWS": f"arn:aws:iam::{trust.tools_account}:root"}
    others = [each.get("Principal") for each in trust.document["Statement"] if each.get("Principal") != expected]
    case = trust.case("principal", "lets in nobody but the tools account's own", Answer.REFUSED, "assume-role.right")
    return _verdict(
        case,
        Decision(allowed=bool(others), reason=f"it names {others[0]}" if others else f"it names {expected['AWS']}"),
    )


def _asked(trust: Trust, action: str, contexts: list[Mapping[str, str]]) -> Decision:
    """The first that is allowed; otherwise the last refusal."""
    arn = trust.target.role_arn(trust.word)
    statements = [
        {**{key: value for key, value in each.items() if key != "Principal"}, "Resource": "*"}
        for each in trust.document["Statement"]
    ]
    layers = Layers(read(f"{trust.word}.trust", {**trust.document, "Statement": statements}))
    found = [decide(Request(action, arn, context), layers) for context in contexts]
    return next((decision for decision in found if decision.allowed), found[-1])


def _said(key: str) -> str:
    return key.partition(":")[2].lower()


def _verdict(case: Case, decision: Decision) -> Verdict:
    return Verdict(case, Answer.ALLOWED if decision.allowed else Answer.REFUSED, decision.reason)
