"""One question about who may do what, how it is tried and as whom, and how it was answered; plain values, to be written as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from deploy_driver.iam_policy import Context, Decision


class CaseAnswer(StrEnum):
    """What became of a request. `undecided` is never expected: the question could not be put."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class Method(StrEnum):
    """How an answer was come by: the request was really made, or a policy evaluator was asked."""

    EXECUTED = "executed"
    EVALUATED = "evaluated"


@dataclass(frozen=True)
class ProofCase:
    """One question.

    `id` never changes once it is published: `group.what-it-is-about.the-one-fact@env`, for example
    `trust.deployment.wrong-external-id@dev`. `sentence` says it to a person. `twin` is the id of the case in which the
    same thing is answered the other way, so that a refusal cannot be had from a request that could never work.
    """

    id: str
    group: str
    account: str
    sentence: str
    expected: CaseAnswer
    twin: str = ""
    method: Method = Method.EXECUTED


@dataclass(frozen=True)
class Verdict:
    """A case and what happened. `reason` is AWS's own words for a refusal, or the statement that decided."""

    case: ProofCase
    happened: CaseAnswer
    reason: str = ""
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether it went as it should."""
        return self.happened is self.case.expected


def decided(case: ProofCase, decision: Decision) -> Verdict:
    """The verdict where a policy evaluator was asked."""
    return Verdict(case, CaseAnswer.ALLOWED if decision.allowed else CaseAnswer.REFUSED, decision.reason)


@dataclass(frozen=True)
class Ec2Instance:
    """A machine of the tools account, by the name of its instance profile; `administrator` is the one who runs the proof."""

    name: str


@dataclass(frozen=True)
class KeyHolder:
    """The throw-away user of the tools account: the only one here whose credentials are not a role's session."""


@dataclass(frozen=True)
class Entered:
    """Whoever `through` is, after taking the role with these parameters of AssumeRole."""

    through: Actor
    role_arn: str
    parameters: tuple[tuple[str, str | int], ...] = ()


Actor = Ec2Instance | KeyHolder | Entered
"""Who asks. Hashable: one session is made for each and kept."""

ADMINISTRATOR = Ec2Instance("administrator")


@dataclass(frozen=True)
class ApiRequest:
    """One call of an AWS API, as boto3 names service and operation."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Undo:
    """What puts things back after a request that was granted."""

    who: Actor
    request: ApiRequest


@dataclass(frozen=True)
class Trial:
    """One case and how it is tried.

    `because` is what AWS's reason must contain for a refusal to count: it tells which protection refused, where several
    could. `undo` is done as soon as a request has been granted, whether that was expected or not. `more` are the same question
    about further things: the first that is not answered as expected counts.
    """

    case: ProofCase
    who: Actor
    request: ApiRequest
    because: str = ""
    undo: tuple[Undo, ...] = ()
    more: tuple[ApiRequest, ...] = ()


@dataclass(frozen=True)
class TrialOutcome:
    """What AWS answered. `done` says that the request took effect, not only that it was let in.

    `otherwise` is what was answered to a part of it, where that is not the same.
    """

    answer: CaseAnswer
    reason: str = ""
    done: bool = False
    otherwise: TrialOutcome | None = None


class World(Protocol):
    """AWS, asked by anybody."""

    def ask(self, who: Actor, request: ApiRequest) -> TrialOutcome:
        """Make the request as `who`. Never raises: what could not be asked is undecided, with the reason."""


_LISTS = {"kms:ResourceAliases": "stringList"}
"""Condition keys with several values; the simulator wants to be told (IAM API, ContextEntry)."""


@dataclass(frozen=True)
class CaseTable:
    """The cases of one caller, a line each: `who` asks, `word` is his name in the cases.

    `twin` is the fact that shows that he can do his own work.
    """

    group: str
    word: str
    env: str
    who: Actor
    twin: str

    def id(self, fact: str) -> str:
        """The id of a case of this table."""
        return f"{self.group}.{self.word}.{fact}@{self.env}"

    def allow(self, fact: str, sentence: str, call: ApiRequest, *, twin: str, undo: Sequence[Undo] = ()) -> Trial:
        """A call that must be granted; `twin` is a fact of his that must not."""
        return Trial(self._case(fact, sentence, CaseAnswer.ALLOWED, twin), self.who, call, undo=tuple(undo))

    def deny(
        self,
        fact: str,
        sentence: str,
        call: ApiRequest,
        *,
        twin: str = "",
        because: str = "",
        undo: Sequence[Undo] = (),
    ) -> Trial:
        """A call that must be refused; `twin` is the nearest one that is granted."""
        case = self._case(fact, sentence, CaseAnswer.REFUSED, twin or self.twin)
        return Trial(case, self.who, call, because, tuple(undo))

    def simulate(
        self,
        fact: str,
        sentence: str,
        questions: ApiRequest | Sequence[ApiRequest],
        *,
        allowed: bool,
        twin: str,
        because: str = "",
    ) -> Trial:
        """What IAM's policy simulator decides; `who` asks the simulator, nothing is done. Several questions have one answer."""
        answer = CaseAnswer.ALLOWED if allowed else CaseAnswer.REFUSED
        case = self._case(fact, sentence, answer, twin, Method.EVALUATED)
        first, *more = [questions] if isinstance(questions, ApiRequest) else questions
        return Trial(case, self.who, first, because, more=tuple(more))

    def _case(
        self, fact: str, sentence: str, expected: CaseAnswer, twin: str, method: Method = Method.EXECUTED
    ) -> ProofCase:
        says = f"{self.word}: {sentence}"
        return ProofCase(self.id(fact), self.group, self.env, says, expected, self.id(twin), method)


def call(service: str, operation: str, **parameters: Any) -> ApiRequest:
    """One call, written as boto3 writes it."""
    return ApiRequest(service, operation, parameters)


def simulated(
    role_arn: str, action: str | Sequence[str], resource: str, *, keys: Context | None = None, also: str = ""
) -> ApiRequest:
    """Ask the simulator whether a role may do `action`, or each of several; `also` is a policy that it is imagined to have besides."""
    entries = [
        {"ContextKeyName": key, "ContextKeyType": _LISTS.get(key, "string"), "ContextKeyValues": _many(value)}
        for key, value in (keys or {}).items()
    ]
    more = {"PolicyInputList": [also]} if also else {}
    context = {"ContextEntries": entries} if entries else {}
    asked = {"PolicySourceArn": role_arn, "ActionNames": _many(action), "ResourceArns": [resource]}
    return ApiRequest("iam", "simulate_principal_policy", {**asked, **context, **more})


def _many(said: str | Sequence[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)
