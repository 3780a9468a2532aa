"""STS: who we are, and entering an account. Durations are negotiated the way AWS answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Caller, Granted, SessionLength
from deploy_project.accounts import CHAINED_LIMIT, Entrance

_REMEDIES = {
    "AccessDenied": remedies.ENTER_ROLE,
    **dict.fromkeys(
        ("SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed"),
        remedies.SET_CLOCK_OR_CREDENTIALS,
    ),
    "ExpiredToken": remedies.NEW_CREDENTIALS,
}


@dataclass(frozen=True)
class TemporaryCredentials:
    """Credentials of one role session. They expire by themselves; nobody prints them."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    arn: str
    session: SessionLength

    def __repr__(self) -> str:
        return f"TemporaryCredentials({self.arn})"

    def environment(self) -> Mapping[str, str]:
        """As the AWS SDKs and CLI read them."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


@dataclass(frozen=True)
class StsIdentity:
    """The Identity port over one session's STS. `sandbox` are the accounts that there are on this machine; empty on AWS.

    `ends` is when the session ends for good, in seconds since the epoch; None where it is renewed, or nobody knows.
    """

    aws: AwsSession
    sandbox: frozenset[str] = frozenset()
    ends: float | None = None

    def caller(self) -> Caller:
        """Who the machine is."""
        answer = asking("asking AWS who we are", self.aws.client("sts").get_caller_identity, by_code=_REMEDIES)
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        ahead = parsedate_to_datetime(said).timestamp() - time.time() if said else 0.0
        return Caller(answer["Account"], answer["Arn"], ahead=ahead, ends=self.ends)

    def assume(self, entrance: Entrance, region: str) -> Caller:
        """Enter, and say who that made us; the credentials are dropped."""
        entered = self.credentials(entrance, region)
        return Caller(entered.arn.split(":")[4], entered.arn, entered.session)

    def enter(self, entrance: Entrance, region: str) -> AwsSession:
        """Enter, for several questions one after the other. Raises NotReadyError with AWS's reason."""
        return self.aws.entered(entrance, region, lambda: self.credentials(entrance, region).environment())

    def _demand_account(self, role_arn: str) -> None:
        account = role_arn.split(":")[4]
        if self.sandbox and account not in self.sandbox:
            raise no_account(account)

    def credentials(self, entrance: Entrance, region: str) -> TemporaryCredentials:
        """Enter, and keep the credentials. Raises NotReadyError with AWS's reason."""
        self._demand_account(entrance.role_arn)
        sts = self.aws.client("sts", region)
        request: Mapping[str, Any] = entrance.request()
        what = f"entering {entrance.role_arn}"
        length = SessionLength(entrance.duration, entrance.duration, Granted.AS_ASKED)
        try:
            answer = asking(what, lambda: sts.assume_role(**request, DurationSeconds=length.got), by_code=_REMEDIES)
        except NotReadyError as error:
            if entrance.duration <= CHAINED_LIMIT or "role chaining" not in error.what:
                raise _too_long(error) from None
            length = SessionLength(entrance.duration, CHAINED_LIMIT, Granted.CHAINED)
            answer = asking(what, lambda: sts.assume_role(**request, DurationSeconds=CHAINED_LIMIT), by_code=_REMEDIES)
        keys, arn = answer["Credentials"], answer["AssumedRoleUser"]["Arn"]
        return TemporaryCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], arn, length)


def no_account(account: str) -> NotReadyError:
    """The sandbox was started before a stack file named this account."""
    return NotReadyError(
        f"the sandbox has no account {account}",
        remedy=remedies.MAKE_SANDBOX_ACCOUNTS,
    )


def _too_long(error: NotReadyError) -> NotReadyError:
    """The same, with the way out where the role allows less than is configured: its limit is not ours to guess."""
    if "MaxSessionDuration" not in error.what:
        return error
    remedy = remedies.LONGER_SESSIONS
    return NotReadyError(error.what, remedy=remedy)
