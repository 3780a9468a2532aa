"""AWS, asked by anybody: the sessions of a proof, each got once, and what became of each request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.assurance.prove.answers import of_error, of_simulation
from deploy_driver.assurance.prove.case import Answer
from deploy_driver.assurance.prove.trial import Actor, Entered, Instance, Outcome, Request
from deploy_driver.errors import DeployError

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

    def ask(self, who: Actor, request: Request) -> Outcome:
        """Make the request as `who`; what could not be asked is undecided."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self.session(who).client(request.service)
            answer = getattr(client, request.operation)(**request.parameters)
        except ClientError as error:
            said = error.response.get("Error", {})
            return of_error(request.service, str(said.get("Code", "Unknown")), str(said.get("Message", error)))
        except DeployError as error:
            return Outcome(Answer.UNDECIDED, f"could not be asked: {error}")
        except (BotoCoreError, ValueError, TypeError) as error:
            return Outcome(Answer.UNDECIDED, f"could not be asked: {type(error).__name__}: {error}")
        if request.operation in _SIMULATIONS:
            return of_simulation(answer.get("EvaluationResults", []))
        return Outcome(Answer.ALLOWED, done=True)

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
        if isinstance(who, Instance):
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
