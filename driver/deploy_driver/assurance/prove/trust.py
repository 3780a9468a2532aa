"""Who may become a role: each case is the request that succeeds with one fact changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver.assurance.prove import throwaway
from deploy_driver.assurance.prove.case import Answer, Case
from deploy_driver.assurance.prove.facts import Facts, Target
from deploy_driver.assurance.prove.trial import ADMINISTRATOR, Actor, Entered, Instance, Request, Trial

GROUP = "trust"

CHAINED = 3600
"""Seconds that a session got by a role session may last (IAM User Guide, role chaining)."""
LONGEST = 43_200
"""Seconds that any session may last (AWS STS, AssumeRole)."""

_GONE = object()

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Door:
    """One role that Jenkins may take, in the words of the cases, and who takes it."""

    facts: Facts
    target: Target
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
            "DurationSeconds": CHAINED,
        }

    def trial(
        self, fact: str, sentence: str, *, who: Actor | None = None, allowed: bool = False, **changed: Any
    ) -> Trial:
        """The right request, asked by `who` (Jenkins, unless said), with these parameters changed."""
        parameters = {key: value for key, value in {**self.right(), **changed}.items() if value is not _GONE}
        twin = f"{GROUP}.{self.word}.{'no-external-id' if allowed else 'as-it-should-be'}"
        case = Case(
            f"{GROUP}.{self.word}.{fact}@{self.target.env}",
            GROUP,
            self.target.env,
            sentence,
            Answer.ALLOWED if allowed else Answer.REFUSED,
            f"{twin}@{self.target.env}",
        )
        return Trial(case, who or Instance(self.jenkins), Request("sts", "assume_role", parameters))


def trials(facts: Facts) -> Iterator[Trial]:
    """Every case of every role of every target account."""
    for target in facts.targets:
        for word, role, jenkins in (
            ("deployment", target.deployment_role, facts.tools.deploy_role),
            ("preview", target.preview_role, facts.tools.preview_role),
        ):
            door = Door(facts, target, word, role, jenkins)
            yield from _right(door)
            yield from _wrong_caller(door)
            yield from _wrong_words(door)
            yield from _wrong_time(door)


def _right(door: Door) -> Iterator[Trial]:
    yield door.trial(
        "as-it-should-be", f"{door.jenkins} takes the {door.word} role with everything right", allowed=True
    )
    if door.word == "preview":
        deploy = Instance(door.facts.tools.deploy_role)
        yield door.trial(
            "by-deploy", f"{door.facts.tools.deploy_role} takes the preview role", who=deploy, allowed=True
        )


def _wrong_caller(door: Door) -> Iterator[Trial]:
    tools, target = door.facts.tools, door.target
    other = door.facts.beside(target)
    asks = f"asks for the {door.word} role with everything else right"
    yield door.trial("wrong-account", f"a role of the account {other.env} {asks}", who=throwaway.stranger(other))
    yield door.trial("same-account", f"a role of the account {target.env} {asks}", who=throwaway.stranger(target))
    yield door.trial("sibling-role", f"another role of the tools account {asks}", who=throwaway.sibling(tools))
    yield door.trial("tools-administrator", f"the administrator of the tools account {asks}", who=ADMINISTRATOR)
    yield door.trial("tools-user", f"a user of the tools account {asks}", who=throwaway.user())
    if door.word == "deployment":
        preview = Instance(tools.preview_role)
        yield door.trial("jenkins-preview", f"{tools.preview_role} {asks}", who=preview)
        inside = _session(door, target.preview_role)
        yield door.trial("preview-session", f"a session of the preview role {asks}", who=inside)
    if other.env != target.env:
        deployment = _session(
            Door(door.facts, other, "", other.deployment_role, tools.deploy_role), other.deployment_role
        )
        said = f"a session of {other.env}'s deployment role {asks}"
        yield door.trial("other-accounts-deployment-session", said, who=deployment, SourceIdentity=_GONE)


def _session(door: Door, role: str) -> Actor:
    """A session that Jenkins' deploying agents get in that account."""
    parameters = {**door.right(), "RoleArn": door.target.role_arn(role)}
    arn = str(parameters.pop("RoleArn"))
    return Entered(Instance(door.facts.tools.deploy_role), arn, tuple(sorted(parameters.items())))


def _wrong_words(door: Door) -> Iterator[Trial]:
    other = door.facts.beside(door.target)
    yield door.trial("no-external-id", "the ExternalId is missing", ExternalId=_GONE)
    yield door.trial("wrong-external-id", "the ExternalId is one that nobody has", ExternalId="prove-nobody")
    yield door.trial("no-source-identity", "the source identity is missing", SourceIdentity=_GONE)
    yield door.trial("malformed-source-identity", "the source identity names no run", SourceIdentity="somebody")
    yield door.trial(
        "bad-source-identity", "the source identity has a character that STS refuses", SourceIdentity="a b!"
    )
    yield door.trial("malformed-session-name", "the session's name names no run", RoleSessionName="somebody")
    yield door.trial("short-session-name", "the session's name has one character", RoleSessionName="x")
    yield door.trial("bad-session-name", "the session's name has a character that STS refuses", RoleSessionName="a b!")
    if other.env != door.target.env:
        said = f"the {{}} is the one of {other.env}"
        yield door.trial("other-accounts-external-id", said.format("ExternalId"), ExternalId=other.external_id)
        yield door.trial("other-stacks-source-identity", said.format("source identity"), SourceIdentity=other.session)
        yield door.trial("other-stacks-session-name", said.format("session's name"), RoleSessionName=other.session)
    tags = [{"Key": "deploy:stack", "Value": door.target.env}]
    yield door.trial("session-tag", "the session brings a tag", Tags=tags)


def _wrong_time(door: Door) -> Iterator[Trial]:
    yield door.trial(
        "chained-too-long", "a session asks for more than the hour of role chaining", DurationSeconds=CHAINED + 1
    )
    yield door.trial("beyond-aws", "the session shall last longer than AWS allows any", DurationSeconds=LONGEST + 1)
    yield door.trial("too-short", "the session shall last less than AWS allows", DurationSeconds=899)
