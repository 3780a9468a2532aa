"""Why the engine failed, in one line, and the way out. One table; the recorded outputs in the tests are its proof."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """A reason in one line and what to do about it."""

    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class _Row:
    pattern: re.Pattern[str]
    reason: str
    remedy: str


def _row(pattern: str, reason: str, remedy: str) -> _Row:
    return _Row(re.compile(pattern, re.DOTALL), reason, remedy)


_TABLE: Sequence[_Row] = (
    _row(
        r"stack is currently locked by .*?(?P<lock>\.pulumi/locks/[^?\s]+)[^\n]*: created by (?P<who>[^\n]+)",
        "another run has locked the stack: {who}",
        "Wait until that run has ended. Only when it is certainly dead, delete its lock from the state bucket: {lock}",
    ),
    _row(
        r"no EC2 IMDS role found|failed to (refresh cached|retrieve) credentials|no valid providers in chain",
        "the engine found no AWS credentials",
        "Run on the Jenkins instance, whose profile gives them; `deploy doctor` shows who this machine is.",
    ),
    _row(
        r"(ExpiredToken\w*|RequestExpired|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient\w*)",
        "AWS does not take the credentials of this machine ({0})",
        "`deploy doctor` shows who this machine is; a run that outlasts its session needs a longer one.",
    ),
    _row(
        r"NoSuchBucket|specified bucket does not exist",
        "the state bucket does not exist",
        "Correct deploy:stateBucket, or let an administrator make it with `deploy bootstrap`.",
    ),
    _row(
        r"operation error KMS: \w+,.*?NotFoundException: (?P<what>[^\n]+)",
        "the key that encrypts the state's secrets is not there: {what}",
        "Correct deploy:stateKey, or let an administrator make it with `deploy bootstrap`.",
    ),
    _row(
        r"operation error KMS: (?P<call>\w+),.*?AccessDenied\w*: (User: (?P<who>\S+))?",
        "kms:{call} on the key that encrypts the state's secrets is denied to {who}",
        "Let that role use the key: `deploy bootstrap` does so for the Jenkins roles.",
    ),
    _row(
        r"operation error S3: (?P<call>\w+),[^\n]*?(AccessDenied|Forbidden)\w*(: User: (?P<who>\S+))?",
        "s3:{call} on the state bucket is denied to {who}",
        "Let that role use the bucket: `deploy bootstrap` does so for the Jenkins roles (the preview role may only read).",
    ),
    _row(
        r"operation error (S3|KMS): [^\n]*?(connection refused|no such host|i/o timeout|connection reset|TLS handshake)",
        "the state backend does not answer ({2})",
        "Check the network from here to S3 and KMS; in the sandbox, `deploy sandbox status`.",
    ),
    _row(
        r"role (?P<role>arn:\S+): AssumeRole was refused with (?P<code>\w+)",
        "the role {role} cannot be assumed ({code})",
        "Its trust policy must name the Jenkins role, this ExternalId and session name: `deploy doctor` compares them.",
    ),
    _row(
        r"IAM Role \((?P<role>arn:[^)]+)\) cannot be assumed",
        "the role {role} cannot be assumed",
        "Its trust policy must name the Jenkins role, this ExternalId and session name: `deploy doctor` compares them.",
    ),
    _row(
        r"wrong AWS account: expected (?P<expected>\d+) \(allowedAccountIds\), got (?P<got>\d+)",
        "the credentials lead into account {got}, and the stack belongs to {expected}",
        "Correct deploy:account or the role's name in the stack file.",
    ),
    _row(
        r"AWS account ID not allowed: (?P<got>\d+)",
        "the credentials lead into account {got}, which is not the stack's",
        "Correct deploy:account or the role's name in the stack file.",
    ),
    _row(
        r"no resource plugin '(?P<plugin>[^']+)' found in the workspace(?P<version> at version v[\d.]+)?",
        "the plugin {plugin}{version} is not installed",
        "Run `deploy setup`, and let the program use the AWS provider only, whose plugin it obtains.",
    ),
    _row(
        r"no space left on device",
        "the disk is full",
        "Free some space; the stack may have to be run again before its state is complete.",
    ),
    _row(
        r"failed to load checkpoint|could not deserialize|snapshot integrity failure",
        "the state of the stack is damaged",
        "Restore an earlier version of its file below .pulumi/stacks in the state bucket, which keeps versions.",
    ),
)


def classify(errors: Sequence[str], said: str, code: int) -> Failure:
    """The reason for a failed call: `errors` are the engine's error diagnostics, `said` is all else that it said."""
    text = "\n".join([*errors, said])
    for row in _TABLE:
        found = row.pattern.search(text)
        if found:
            facts = {name: value or "" for name, value in found.groupdict().items()}
            return Failure(row.reason.format(*_groups(found), **facts), row.remedy.format(**facts))
    if code < 0:
        return Failure(f"the engine was killed ({signal.Signals(-code).name})", "Its lock may have stayed behind.")
    words = _first_words(errors, said) or f"the engine ended with code {code} and did not say why"
    return Failure(words, _DENIED_REMEDY if re.search(_DENIED, words) else "")


_DENIED = r"AccessDenied|not authorized to perform|UnauthorizedOperation"
_DENIED_REMEDY = "The role may not do this: its policy is in infra/policies, and `deploy bootstrap` puts it in place."


def _groups(found: re.Match[str]) -> tuple[str, ...]:
    return found[0], *(group or "" for group in found.groups())


def _first_words(errors: Sequence[str], said: str) -> str:
    if errors:
        return errors[0].splitlines()[0]
    lines = [line.removeprefix("error: ") for line in said.splitlines() if line.strip()]
    return next((line for line in lines if not line.endswith("errors occurred:")), "")
