"""Who may become a role: each case is the request that succeeds with one fact changed.

The requests are made of the real roles, then of copies of them: the real role refuses a stranger already because of who he
is. In a copy that one name is a user's of the tools account, so that what refuses him is what is left: the principal, the
organisation, the tags, the time. He holds a key and no role, so that the limits of role chaining do not hide those of the role.

A request needs several statements of a trust at once, so that one of them may stand in for another that has lost a condition.
The verdicts put each action to the trust alone, with the one fact wrong, and decide from the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import (
    ADMINISTRATOR,
    Actor,
    ApiRequest,
    CaseAnswer,
    Ec2Instance,
    Entered,
    Method,
    ProofCase,
    Trial,
    Verdict,
    decided,
)
from deploy_driver.assurance.prove.facts import Facts, ProvedTarget
from deploy_driver.iam_policy import Decision, Layers, PolicyRequest, decide, read
from deploy_project.accounts import CHAINED_LIMIT
from deploy_project.stacks import arn

GROUP = "trust"

LONGEST = 43_200
"""Seconds that any session may last (AWS STS, AssumeRole)."""

_GONE = object()

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class RoleEntry:
    """One role that Jenkins may take, in the words of the cases, and who takes it."""

    facts: Facts
    target: ProvedTarget
    word: str
    role: str
    jenkins: str

    @property
    def arn(self) -> str:
        """The role."""
        return self.target.role_arn(self.role)

    def right(self) -> Parameters:
        """The parameters with which it opens."""
        return {
            "RoleArn": self.arn,
            "RoleSessionName": self.target.session,
            "SourceIdentity": self.target.session,
            "ExternalId": self.target.external_id,
            "DurationSeconds": CHAINED_LIMIT,
        }

    def trial(
        self, fact: str, sentence: str, *, who: Actor | None = None, allowed: bool = False, **changed: Any
    ) -> Trial:
        """The right request, asked by `who` (Jenkins, unless said), with these parameters changed."""
        parameters = {key: value for key, value in {**self.right(), **changed}.items() if value is not _GONE}
        twin = f"{GROUP}.{self.word}.{'no-external-id' if allowed else 'as-it-should-be'}"
        case = ProofCase(
            f"{GROUP}.{self.word}.{fact}@{self.target.env}",
            GROUP,
            self.target.env,
            sentence,
            CaseAnswer.ALLOWED if allowed else CaseAnswer.REFUSED,
            f"{twin}@{self.target.env}",
        )
        return Trial(case, who or Ec2Instance(self.jenkins), ApiRequest("sts", "assume_role", parameters))


def trials(facts: Facts) -> Iterator[Trial]:
    """Every case of every role of every target account, and of their copies; none of those where there are no copies."""
    for target in facts.targets:
        for word, role, jenkins in (
            ("deployment", target.deployment_role, facts.tools.deploy_role),
            ("preview", target.preview_role, facts.tools.preview_role),
        ):
            entry = RoleEntry(facts, target, word, role, jenkins)
            yield from _right(entry)
            yield from _wrong_caller(entry)
            yield from _wrong_words(entry)
            yield from _wrong_time(entry)
    for target in facts.targets:
        if target.account in facts.created:
            for word in ("deployment", "preview"):
                yield from _copies_of(facts, target, word)


def _right(entry: RoleEntry) -> Iterator[Trial]:
    yield entry.trial(
        "as-it-should-be", f"{entry.jenkins} takes the {entry.word} role with everything right", allowed=True
    )
    if entry.word == "preview":
        deploy = Ec2Instance(entry.facts.tools.deploy_role)
        yield entry.trial(
            "by-deploy", f"{entry.facts.tools.deploy_role} takes the preview role", who=deploy, allowed=True
        )


def _wrong_caller(entry: RoleEntry) -> Iterator[Trial]:
    tools, target = entry.facts.tools, entry.target
    other = entry.facts.beside(target)
    asks = f"asks for the {entry.word} role with everything else right"
    yield entry.trial("wrong-account", f"a role of the account {other.env} {asks}", who=created.stranger(other))
    yield entry.trial("same-account", f"a role of the account {target.env} {asks}", who=created.stranger(target))
    yield entry.trial("sibling-role", f"another role of the tools account {asks}", who=created.sibling(tools))
    yield entry.trial("tools-administrator", f"the administrator of the tools account {asks}", who=ADMINISTRATOR)
    yield entry.trial("tools-user", f"a user of the tools account {asks}", who=created.user())
    if entry.word == "deployment":
        preview = Ec2Instance(tools.preview_role)
        yield entry.trial("jenkins-preview", f"{tools.preview_role} {asks}", who=preview)
        inside = _session(entry, target.preview_role)
        yield entry.trial("preview-session", f"a session of the preview role {asks}", who=inside)
    if other.env != target.env:
        deployment = _session(
            RoleEntry(entry.facts, other, "", other.deployment_role, tools.deploy_role), other.deployment_role
        )
        said = f"a session of {other.env}'s deployment role {asks}"
        yield entry.trial("other-accounts-deployment-session", said, who=deployment, SourceIdentity=_GONE)


def _session(entry: RoleEntry, role: str) -> Actor:
    """A session that Jenkins' deploying agents get in that account."""
    parameters = {**entry.right(), "RoleArn": entry.target.role_arn(role)}
    arn = str(parameters.pop("RoleArn"))
    return Entered(Ec2Instance(entry.facts.tools.deploy_role), arn, tuple(sorted(parameters.items())))


def _wrong_words(entry: RoleEntry) -> Iterator[Trial]:
    other = entry.facts.beside(entry.target)
    yield entry.trial("no-external-id", "the ExternalId is missing", ExternalId=_GONE)
    yield entry.trial("wrong-external-id", "the ExternalId is one that nobody has", ExternalId="prove-nobody")
    yield entry.trial("no-source-identity", "the source identity is missing", SourceIdentity=_GONE)
    yield entry.trial("malformed-source-identity", "the source identity names no run", SourceIdentity="somebody")
    yield entry.trial(
        "bad-source-identity", "the source identity has a character that STS refuses", SourceIdentity="a b!"
    )
    yield entry.trial("malformed-session-name", "the session's name names no run", RoleSessionName="somebody")
    yield entry.trial("short-session-name", "the session's name has one character", RoleSessionName="x")
    yield entry.trial("bad-session-name", "the session's name has a character that STS refuses", RoleSessionName="a b!")
    if other.env != entry.target.env:
        said = f"the {{}} is the one of {other.env}"
        yield entry.trial("other-accounts-external-id", said.format("ExternalId"), ExternalId=other.external_id)
        yield entry.trial("other-stacks-source-identity", said.format("source identity"), SourceIdentity=other.session)
        yield entry.trial("other-stacks-session-name", said.format("session's name"), RoleSessionName=other.session)
    tags = [{"Key": "deploy:stack", "Value": entry.target.env}]
    yield entry.trial("session-tag", "the session brings a tag", Tags=tags)


def _wrong_time(entry: RoleEntry) -> Iterator[Trial]:
    yield entry.trial(
        "chained-too-long", "a session asks for more than the hour of role chaining", DurationSeconds=CHAINED_LIMIT + 1
    )
    yield entry.trial("beyond-aws", "the session shall last longer than AWS allows any", DurationSeconds=LONGEST + 1)
    yield entry.trial("too-short", "the session shall last less than AWS allows", DurationSeconds=899)


def organisation(trust: Parameters) -> str:
    """The organisation that a trust demands its caller to belong to; empty when it demands none."""
    conditions = (statement.get("Condition", {}) for statement in trust["Statement"])
    found = (
        keys["aws:PrincipalOrgID"]
        for condition in conditions
        for keys in condition.values()
        if "aws:PrincipalOrgID" in keys
    )
    return str(next(found, ""))


def _copies_of(facts: Facts, target: ProvedTarget, word: str) -> Iterator[Trial]:
    def trial(fact: str, sentence: str, *, who: Actor | None = None, role: str = created.COPY, **changed: Any) -> Trial:
        parameters = {
            "RoleArn": target.role_arn(f"{role}-{word}"),
            "RoleSessionName": target.session,
            "SourceIdentity": target.session,
            "ExternalId": target.external_id,
            "DurationSeconds": target.longest,
            **changed,
        }
        allowed = fact == "by-name"
        case = ProofCase(
            f"{GROUP}.{word}.{fact}@{target.env}",
            GROUP,
            target.env,
            sentence,
            CaseAnswer.ALLOWED if allowed else CaseAnswer.REFUSED,
            f"{GROUP}.{word}.{'tag-by-name' if allowed else 'by-name'}@{target.env}",
        )
        return Trial(case, who or created.user(), ApiRequest("sts", "assume_role", parameters))

    copy = f"a copy of the {word} role's trust that names"
    yield trial("by-name", f"{copy} a user: he gets in, for as long as the role allows")
    yield trial("tag-by-name", f"{copy} a user: he brings a session tag", Tags=[{"Key": "team", "Value": "other"}])
    yield trial(
        "beyond-the-role", f"{copy} a user: he asks for longer than the role allows", DurationSeconds=target.longest + 1
    )
    other = facts.beside(target)
    yield trial(
        "account-by-name",
        f"{copy} a role of the account {other.env}: its principal is the tools account still",
        who=created.stranger(other),
        role=created.STRANGE_COPY,
        DurationSeconds=900,
    )
    if target.organisation:
        said = f"{copy} a user, and another organisation than his"
        yield trial("other-organisation", said, role=created.FOREIGN_COPY)


DEMANDS = "demands"

_ACTIONS = {"assume-role": "sts:AssumeRole", "set-source-identity": "sts:SetSourceIdentity"}
_WITH_SOURCE_IDENTITY = {"aws:PrincipalArn", "aws:PrincipalOrgID", "sts:SourceIdentity"}
"""What AWS gives with sts:SetSourceIdentity (Service Authorization Reference, "AWS Security Token Service")."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class TrustDocument:
    """The trust of one role and the facts with which it is to be entered."""

    target: ProvedTarget
    word: str
    document: Document
    tools_account: str
    facts: Mapping[str, str]

    def case(self, fact: str, sentence: str, expected: CaseAnswer, twin: str) -> ProofCase:
        """A case of this trust."""
        env = self.target.env
        return ProofCase(
            f"{DEMANDS}.{self.word}.{fact}@{env}",
            DEMANDS,
            env,
            f"the {self.word} role's trust {sentence}",
            expected,
            f"{DEMANDS}.{self.word}.{twin}@{env}" if twin else "",
            Method.EVALUATED,
        )


def verdicts(facts: Facts, documents: Mapping[str, Mapping[str, Document]]) -> Iterator[Verdict]:
    """Every demand of every role; `documents` are those of each access layer, by the account's name."""
    for target in facts.targets:
        for word, jenkins in (("deployment", facts.tools.deploy_role), ("preview", facts.tools.preview_role)):
            document = documents[target.env][f"{word}.trust"]
            trust = TrustDocument(target, word, document, facts.tools.account, _right_context(facts, target, jenkins))
            yield from _demands_of(trust, facts)


def _right_context(facts: Facts, target: ProvedTarget, jenkins: str) -> Mapping[str, str]:
    return {
        "aws:PrincipalArn": facts.tools.role_arn(jenkins),
        "sts:ExternalId": target.external_id,
        "sts:RoleSessionName": target.session,
        "sts:SourceIdentity": target.session,
        **({"aws:PrincipalOrgID": target.organisation} if target.organisation else {}),
    }


def _demands_of(trust: TrustDocument, facts: Facts) -> Iterator[Verdict]:
    yield _principal(trust)
    wrong = {**_wrong_contexts(facts, trust.target), "aws:PrincipalOrgID": ("o-proveprove",)}
    for word, action in _ACTIONS.items():
        given = {
            key: value
            for key, value in trust.facts.items()
            if action == "sts:AssumeRole" or key in _WITH_SOURCE_IDENTITY
        }
        first = next(iter(given))
        case = trust.case(
            f"{word}.right", f"allows {action} with everything right", CaseAnswer.ALLOWED, f"{word}.{_word_of(first)}"
        )
        yield decided(case, _asked(trust, action, [given]))
        for key in given:
            contexts = [{**given, key: value} for value in wrong[key]]
            missing = {other: value for other, value in given.items() if other != key}
            says = f"refuses {action} where {key} is another or missing"
            case = trust.case(f"{word}.{_word_of(key)}", says, CaseAnswer.REFUSED, f"{word}.right")
            yield decided(case, _asked(trust, action, [*contexts, missing]))
    case = trust.case("tag-session", "allows no session tags", CaseAnswer.REFUSED, "assume-role.right")
    yield decided(case, _asked(trust, "sts:TagSession", [trust.facts]))


def _wrong_contexts(facts: Facts, target: ProvedTarget) -> Mapping[str, tuple[str, ...]]:
    other, tools = facts.beside(target), facts.tools
    strangers = (
        arn("iam", "root", account=tools.account),
        tools.role_arn("prove-sibling"),
        arn("iam", "user/prove-user", account=tools.account),
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


def _principal(trust: TrustDocument) -> Verdict:
    expected = {"AWS": arn("iam", "root", account=trust.tools_account)}
    others = [each.get("Principal") for each in trust.document["Statement"] if each.get("Principal") != expected]
    case = trust.case(
        "principal", "lets in nobody but the tools account's own", CaseAnswer.REFUSED, "assume-role.right"
    )
    return decided(
        case,
        Decision(allowed=bool(others), reason=f"it names {others[0]}" if others else f"it names {expected['AWS']}"),
    )


def _asked(trust: TrustDocument, action: str, contexts: list[Mapping[str, str]]) -> Decision:
    """The first that is allowed; otherwise the last refusal."""
    arn = trust.target.role_arn(trust.word)
    statements = [
        {**{key: value for key, value in each.items() if key != "Principal"}, "Resource": "*"}
        for each in trust.document["Statement"]
    ]
    layers = Layers(read(f"{trust.word}.trust", {**trust.document, "Statement": statements}))
    found = [decide(PolicyRequest(action, arn, context), layers) for context in contexts]
    return next((decision for decision in found if decision.allowed), found[-1])


def _word_of(key: str) -> str:
    return key.partition(":")[2].lower()
