"""One question about who may do what, and how it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What became of a request. `undecided` is never expected: the question could not be put."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class Method(StrEnum):
    """How an answer was come by: the request was really made, or a policy evaluator was asked."""

    EXECUTED = "executed"
    EVALUATED = "evaluated"


@dataclass(frozen=True)
class Case:
    """One question.

    `id` never changes once it is published: `group.what-it-is-about.the-one-fact@env`, for example
    `trust.deployment.wrong-external-id@dev`. `sentence` says it to a person. `twin` is the id of the case in which the
    same thing is answered the other way, so that a refusal cannot be had from a request that could never work.
    """

    id: str
    group: str
    account: str
    sentence: str
    expected: Answer
    twin: str = ""
    method: Method = Method.EXECUTED


@dataclass(frozen=True)
class Verdict:
    """A case and what happened. `reason` is AWS's own words for a refusal, or the statement that decided."""

    case: Case
    happened: Answer
    reason: str = ""
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """Whether it went as it should."""
        return self.happened is self.case.expected
