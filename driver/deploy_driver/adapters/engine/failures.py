"""Why the engine failed, in one line, and the way out. One table; the recorded outputs in the tests are its proof.

The engine's backend and the AWS provider speak through the same SDK: `operation error S3: …` is the one's or the other's.
So a row is only tried on what its speaker said: a message about a resource is never the backend's.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from deploy_driver import remedies
from deploy_driver.adapters.engine.advice import ours
from deploy_project.remedy import NO_REMEDY, Remedy


@dataclass(frozen=True)
class Failure:
    """A reason in one line and what to do about it. `busy`: another engine is at work on the stack."""

    reason: str
    remedy: Remedy = NO_REMEDY
    busy: bool = False


@dataclass(frozen=True)
class Said:
    """An error of the engine. `resource`: it is about a resource or its provider, and not the engine's own."""

    message: str
    resource: bool = False


class _By(Enum):
    """Who said what a row knows."""

    ANYBODY = auto()
    ENGINE = auto()
    RESOURCE = auto()


@dataclass(frozen=True)
class _Row:
    """`reason` of None: what the provider said, which names the resource, is the reason."""

    by: _By
    pattern: re.Pattern[str]
    reason: str | None
    remedy: Remedy
    busy: bool = False


def _row(by: _By, pattern: str, reason: str | None, remedy: Remedy, *, busy: bool = False) -> _Row:
    return _Row(by, re.compile(pattern, re.DOTALL), reason, remedy, busy)


_BEGINNINGS = re.compile(r"^\s*(?:error: |\* |\d+\) )?")
"""What stands before an error in the engine's lists of errors."""

_CALL = r"operation error (?P<service>S3|KMS): (?P<call>\w+),"
_WHO = r"(?:(?:: User:)? (?P<who>arn:\S+) is not authorized)?"
_THROTTLED = r"\b(?P<code>SlowDown|Throttl\w+|TooManyRequests\w*|RequestLimitExceeded|RequestThrottled\w*)\b"
_EXPIRED = r"\b(?P<code>ExpiredToken\w*|RequestExpired)\b"
_UNREACHABLE = (
    r"(?P<code>connection refused|no such host|i/o timeout|connection reset|TLS handshake"
    r"|EndpointConnectionError|Connect\w*Timeout\w*)"
)
_BROKEN = r"(?:StatusCode: |HTTP )5\d\d\b"

_MISSING_SETTING = r"(?P<what>Missing required configuration variable '[^'\n]+')[^`]*[`]pulumi config set"

_TABLE: Sequence[_Row] = (
    _row(
        _By.ANYBODY,
        rf"{_MISSING_SETTING} --secret (?P<key>\S+) <value>`",
        "{what}",
        remedies.SET_SECRET_SETTING,
    ),
    _row(
        _By.ANYBODY,
        rf"{_MISSING_SETTING} (?P<key>\S+) <value>`",
        "{what}",
        remedies.SET_SETTING,
    ),
    _row(
        _By.ENGINE,
        r"stack is currently locked by .*?\.pulumi/locks/[^?\s]+[^\n]*: created by (?P<who>[^\n]+)",
        "another run has locked the stack: {who}",
        remedies.WAIT_FOR_RUN,
        busy=True,
    ),
    _row(
        _By.ENGINE,
        r"stack '[^']+' already exists|\.pulumi/locks/\S+.*?NoSuchKey",
        "another run works on the stack at the same time",
        remedies.WAIT_FOR_RUN,
        busy=True,
    ),
    _row(
        _By.ENGINE,
        r"no EC2 IMDS role found|failed to (refresh cached|retrieve) credentials|no valid providers in chain",
        "the engine found no AWS credentials",
        remedies.HAVE_CREDENTIALS,
    ),
    _row(
        _By.ENGINE,
        r"\b(?P<code>ExpiredToken\w*|RequestExpired|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient\w*)\b",
        "AWS does not take the credentials of {machine} ({code})",
        remedies.SET_CLOCK_OR_CREDENTIALS,
    ),
    _row(
        _By.ENGINE,
        r"NoSuchBucket|specified bucket does not exist",
        "the state bucket does not exist",
        remedies.MAKE_STATE_BUCKET,
    ),
    _row(
        _By.ENGINE,
        r"operation error KMS: \w+,.*?NotFoundException: (?P<what>[^\n]+)",
        "the key that encrypts the state's secrets is not there: {what}",
        remedies.MAKE_STATE_KEY,
    ),
    _row(
        _By.ENGINE,
        rf"operation error KMS: (?P<call>\w+),[^\n]*?AccessDenied\w*{_WHO}",
        "kms:{call} on the key that encrypts the state's secrets is denied{to}",
        remedies.GRANT_KEY,
    ),
    _row(
        _By.ENGINE,
        rf"operation error S3: (?P<call>\w+),[^\n]*?(?:AccessDenied|Forbidden)\w*{_WHO}",
        "s3:{call} on the state bucket is denied{to}",
        remedies.GRANT_STATES,
    ),
    _row(
        _By.ENGINE,
        rf"{_CALL}[^\n]*?{_UNREACHABLE}",
        "the state backend does not answer ({code})",
        remedies.CHECK_NETWORK_TO_AWS,
    ),
    _row(
        _By.ENGINE,
        rf"{_CALL}[^\n]*?{_THROTTLED}",
        "the state backend is asked too often ({service} {call}: {code})",
        remedies.CALLS_TOO_FAST,
    ),
    _row(
        _By.ENGINE,
        rf"{_CALL}[^\n]*?{_BROKEN}, RequestID: [^,]*,(?: HostID: [^,]*,)?(?: api error)? (?P<code>\w+): ",
        "the state backend has failed by itself ({service} {call}: {code})",
        remedies.SERVICE_FAILS,
    ),
    _row(
        _By.ENGINE,
        r"unsupported checkpoint version|needs support for the following features|is newer than what this version",
        "the state was written by a newer Pulumi engine than this one",
        remedies.NEWER_DEPLOY,
    ),
    _row(
        _By.ENGINE,
        r"failed to load checkpoint|could not deserialize|unable to deserialize|snapshot integrity failure",
        "the state of the stack is damaged",
        remedies.RESTORE_STATE,
    ),
    _row(
        _By.ENGINE,
        r"\bPULUMI_CONFIG_PASSPHRASE\b",
        "the secrets in the state of the stack are encrypted with a passphrase, which no run is given",
        remedies.RESTORE_STATE,
    ),
    _row(
        _By.ANYBODY,
        r"role (?P<role>arn:\S+): AssumeRole was refused with (?P<code>\w+)",
        "the role {role} cannot be assumed ({code})",
        remedies.ENTER_ROLE,
    ),
    _row(
        _By.ANYBODY,
        r"IAM Role \((?P<role>arn:[^)]+)\) cannot be assumed",
        "the role {role} cannot be assumed",
        remedies.ENTER_ROLE,
    ),
    _row(
        _By.ANYBODY,
        r"wrong AWS account: expected (?P<expected>\d+) \(allowedAccountIds\), got (?P<got>\d+)",
        "the credentials lead into account {got}, and the stack belongs to {expected}",
        remedies.CORRECT_ACCOUNT_OR_ROLE,
    ),
    _row(
        _By.ANYBODY,
        r"AWS account ID not allowed: (?P<got>\d+)",
        "the credentials lead into account {got}, which is not the stack's",
        remedies.CORRECT_ACCOUNT_OR_ROLE,
    ),
    _row(
        _By.ANYBODY,
        r"no resource plugin '(?P<plugin>[^']+)' found in the workspace(?P<version> at version v[\d.]+)?",
        "the plugin {plugin}{version} is not installed",
        remedies.AWS_PROVIDER_ONLY,
    ),
    _row(
        _By.ANYBODY,
        r"Default provider for '(?P<package>[^']+)' disabled",
        None,
        remedies.PROVIDER_OF_STACK,
    ),
    _row(
        _By.ANYBODY,
        r"(?i:no space left on device)",
        "the disk is full",
        remedies.FREE_SPACE,
    ),
    _row(
        _By.RESOURCE,
        r"AccessDenied|not authorized to perform|UnauthorizedOperation",
        None,
        remedies.POLICIES_OF_ROLES,
    ),
    _row(
        _By.RESOURCE,
        rf"{_EXPIRED}",
        None,
        remedies.RUN_AGAIN_WITH_NEW_SESSION,
    ),
    _row(
        _By.RESOURCE,
        r"\bBucketAlreadyExists\b",
        None,
        remedies.OTHER_BUCKET_NAME,
    ),
    _row(
        _By.RESOURCE,
        r"\w*Already(?:Exists|OwnedByYou)\w*|[Aa]lready exist",
        None,
        remedies.ADOPT_OR_RENAME,
    ),
    _row(
        _By.RESOURCE,
        r"\bNoSuch(?:Bucket|Entity)\w*|NotFound\w*|StatusCode: 404\b|HTTP 404\b",
        None,
        remedies.REFRESH_STATE,
    ),
    _row(
        _By.RESOURCE,
        rf"{_THROTTLED}",
        None,
        remedies.CALLS_TOO_FAST,
    ),
    _row(
        _By.RESOURCE,
        r"Conflict|OperationAborted|ConcurrentModification|in progress|(?:StatusCode: |HTTP )409\b",
        None,
        remedies.RUN_AGAIN_AFTER_OTHER_CHANGE,
    ),
    _row(
        _By.RESOURCE,
        rf"{_UNREACHABLE}",
        None,
        remedies.CHECK_NETWORK_TO_AWS,
    ),
    _row(
        _By.RESOURCE,
        rf"{_BROKEN}",
        None,
        remedies.SERVICE_FAILS,
    ),
)


_REFUSED_SAVE = re.compile(
    r"failed to save snapshot.*?\b(?:ExpiredToken|RequestExpired|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidClientTokenId"
    r"|AccessDenied|Forbidden)",
    re.DOTALL,
)
"""AWS's answers to a write of the state that asking again does not change."""


def refuses_state(error: Said) -> bool:
    """Whether the engine says that it may write its state no more."""
    return not error.resource and bool(_REFUSED_SAVE.search(error.message))


def state_refused(errors: Sequence[Said], machine: str) -> Failure:
    """The reason for a call that was ended because the engine could write its state no more."""
    known = classify([error for error in errors if refuses_state(error)], "", 0, machine=machine)
    return Failure(
        f"the state could not be written any more: {known.reason}",
        remedies.THEN_RESUME.of(first=known.remedy),
    )


def classify(errors: Sequence[Said], said: str, code: int, stack: str = "", machine: str = "") -> Failure:
    """The reason for a failed call of `stack`: `errors` are the engine's error diagnostics, `said` is all else that it said.

    `machine` is who it keeps its state as.

    What the engine says of itself goes first: without its backend it cannot tell what became of the resources.
    """
    own = "\n".join([*(error.message for error in errors if not error.resource), said])
    about = [error.message for error in errors if error.resource]
    names = {"stack": stack, "machine": machine or "this machine"}
    for found in (*_matches([own], _By.ENGINE, names), *_matches(about, _By.RESOURCE, names)):
        return found
    if code < 0:
        return Failure(
            f"the engine was killed ({signal.Signals(-code).name})",
            remedies.RESUME_KILLED,
        )
    words = ours(_first_words([error.message for error in errors], said), stack)
    return Failure(words or f"the engine ended with code {code} and did not say why")


def _matches(messages: Sequence[str], by: _By, names: Mapping[str, str]) -> Iterator[Failure]:
    """What the rows of a speaker know of the messages, the first message first; `names` are those that they leave open."""
    for message in messages:
        for row in _TABLE:
            found = row.pattern.search(message) if row.by in {by, _By.ANYBODY} else None
            if found:
                facts = {name: value or "" for name, value in found.groupdict().items()}
                facts |= {**names, "to": f" to {facts['who']}" if facts.get("who") else ""}
                reason = (
                    ours(_first_words([message], ""), names["stack"])
                    if row.reason is None
                    else row.reason.format(**facts)
                )
                yield Failure(reason, row.remedy.of(**facts), row.busy)


def _first_words(errors: Sequence[str], said: str) -> str:
    """The first line that says something, without the colons at its end, where AWS sent no message."""
    lines = (errors[0] if errors else said).splitlines()
    words = (_BEGINNINGS.sub("", line).rstrip(": ") for line in lines if not re.search(r"\d errors? occurred:$", line))
    return next((line for line in words if line), "")
