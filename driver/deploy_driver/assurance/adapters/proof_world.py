"""AWS, asked by anybody: the sessions of a proof, each got once, and what each answer means: let in, kept out, or no answer at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.assurance.prove.case import Actor, ApiRequest, CaseAnswer, Ec2Instance, Entered, TrialOutcome
from deploy_driver.errors import DeployError

_REFUSALS = {"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_NO_ANSWER = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
    "InternalFailure",
    "NotImplemented",
    "UnknownOperationException",
    "InvalidAction",
}


def of_error(service: str, code: str, message: str) -> TrialOutcome:
    """What an error means.

    For STS every error keeps somebody out, whether a policy or a rule of the API said it. Elsewhere AWS authorises before
    it looks: whoever hears that something is missing or malformed was let in.
    """
    said = f"{code}: {message}"
    if code in _NO_ANSWER or code.startswith("5"):
        return TrialOutcome(CaseAnswer.UNDECIDED, said)
    if code in _REFUSALS or service == "sts":
        return TrialOutcome(CaseAnswer.REFUSED, said)
    return TrialOutcome(CaseAnswer.ALLOWED, f"let in; then {said}")


def of_simulation(results: Sequence[Mapping[str, Any]]) -> TrialOutcome:
    """What IAM's policy simulator decided of one action, or of several: the refused ones first, as refused is what needs a reason."""
    if not results:
        return TrialOutcome(CaseAnswer.UNDECIDED, "the simulator gave no result")
    parts = [[each for each in results if (each["EvalDecision"] == "allowed") is allowed] for allowed in (False, True)]
    first, *rest = [_of_alike(part, several=len(results) > 1) for part in parts if part]
    return replace(first, otherwise=rest[0]) if rest else first


def _of_alike(results: Sequence[Mapping[str, Any]], *, several: bool) -> TrialOutcome:
    """`allowed`, `explicitDeny` or `implicitDeny` (IAM API, EvaluationResult)."""
    decision = str(results[0]["EvalDecision"])
    within = results[0].get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
    reason = {
        "allowed": "the simulator says allowed",
        "explicitDeny": "the simulator says explicit deny",
        "implicitDeny": "the simulator says that nothing allows it",
    }.get(decision, f"the simulator says {decision}")
    if within is False:
        reason += ", and the boundary does not"
    if several:
        reason = f"{', '.join(str(each['EvalActionName']) for each in results)}: {reason}"
    return TrialOutcome(CaseAnswer.ALLOWED if decision == "allowed" else CaseAnswer.REFUSED, reason)


_SIMULATIONS = {"simulate_principal_policy"}


@dataclass(frozen=True)
class AwsWorld:
    """The World port over boto3. `instance` gives the session of a machine; `regions` says where each account works.

    `user_keys` are those of the throw-away user, empty while there is none. Requests go out as they are written: what
    STS refuses, STS must refuse, not the SDK.
    """

    instance: Callable[[str], AwsSession]
    regions: Mapping[str, str]
    region: str
    user_keys: dict[str, str] = field(default_factory=dict)
    _sessions: dict[Actor, Future[AwsSession]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, who: Actor, request: ApiRequest) -> TrialOutcome:
        """Make the request as `who`; what could not be asked is undecided."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self.session(who).client(request.service)
            answer = getattr(client, request.operation)(**request.parameters)
        except ClientError as error:
            said = error.response.get("Error", {})
            return of_error(request.service, str(said.get("Code", "Unknown")), str(said.get("Message", error)))
        except DeployError as error:
            return TrialOutcome(CaseAnswer.UNDECIDED, f"could not be asked: {error}")
        except (BotoCoreError, ValueError, TypeError) as error:
            return TrialOutcome(CaseAnswer.UNDECIDED, f"could not be asked: {type(error).__name__}: {error}")
        if request.operation in _SIMULATIONS:
            return of_simulation(answer.get("EvaluationResults", []))
        return TrialOutcome(CaseAnswer.ALLOWED, done=True)

    def session(self, who: Actor) -> AwsSession:
        """The session of somebody, got when it is first asked for. Raises NotReadyError with AWS's reason."""
        with self._lock:
            known = self._sessions.get(who)
            future: Future[AwsSession] = known or Future()
            self._sessions[who] = future
        if known is None:
            try:
                future.set_result(self._new(who))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _new(self, who: Actor) -> AwsSession:
        if isinstance(who, Ec2Instance):
            return self.instance(who.name)
        if isinstance(who, Entered):
            return self._entered(who)
        return AwsSession(self.region, keys=self.user_keys, checked=False)

    def _entered(self, who: Entered) -> AwsSession:
        sts = self.session(who.through).client("sts")
        parameters: dict[str, Any] = dict(who.parameters)
        answer = asking(f"entering {who.role_arn}", lambda: sts.assume_role(RoleArn=who.role_arn, **parameters))
        given = answer["Credentials"]
        keys = {
            "AWS_ACCESS_KEY_ID": str(given["AccessKeyId"]),
            "AWS_SECRET_ACCESS_KEY": str(given["SecretAccessKey"]),
            "AWS_SESSION_TOKEN": str(given["SessionToken"]),
        }
        return AwsSession(self.regions.get(who.role_arn.split(":")[4], self.region), keys=keys, checked=False)
