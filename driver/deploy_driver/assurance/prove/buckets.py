"""What protects the buckets: S3 refuses to open them to everybody, and their policies refuse what did not come over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import (
    CaseAnswer,
    CaseTable,
    Method,
    ProofCase,
    Trial,
    Undo,
    Verdict,
    call,
    decided,
)
from deploy_driver.assurance.prove.facts import Facts, ProvedBucket, ProvedTarget
from deploy_driver.iam_policy import Layers, PolicyRequest, decide, read
from deploy_project.stacks import arn

GROUP = "buckets"
_ALLOW_ALL = {"Sid": "Owner", "Effect": "Allow", "Action": "*", "Resource": "*"}

Document = Mapping[str, Any]


def trials(facts: Facts) -> Iterator[Trial]:
    """Not even an administrator opens a bucket to everybody as long as its public access block stands."""
    for target in facts.targets:
        administrator = created.in_account(target)
        for place, word, bucket in _protected(target):
            cases = CaseTable(GROUP, place, target.env, administrator, f"policy{word}")
            right = call("s3", "put_bucket_policy", Bucket=bucket.bucket, Policy=bucket.policy)
            said = f"the administrator puts the policy of the bucket {bucket.name}"
            yield cases.allow(f"policy{word}", said, right, twin=f"open-policy{word}")
            wrong = call("s3", "put_bucket_policy", Bucket=bucket.bucket, Policy=created.open_to_all(bucket.bucket))
            said, undo = f"the administrator opens the bucket {bucket.name} to everybody", [Undo(administrator, right)]
            yield cases.deny(f"open-policy{word}", said, wrong, because="BlockPublicPolicy", undo=undo)


def _protected(target: ProvedTarget) -> Iterator[tuple[str, str, ProvedBucket]]:
    """The trail's bucket and the service's that have a policy: the words for it in the cases, and the bucket."""
    yield from (("service", f".{bucket.name}", bucket) for bucket in target.buckets if bucket.policy)
    yield "trail", "", ProvedBucket("trail", target.trail_bucket, target.trail_policy)


def verdicts(facts: Facts) -> Iterator[Verdict]:
    """What the bucket policies say, decided from the documents."""
    for target in facts.targets:
        for place, word, bucket in _protected(target):
            yield from _of(target, place, word, bucket)
        trail = json.loads(target.trail_policy)
        yield from _delivery(target, trail)
        yield _principal(target, trail)


def _of(target: ProvedTarget, place: str, word: str, bucket: ProvedBucket) -> Iterator[Verdict]:
    document = json.loads(bucket.policy)
    owner = {**document, "Statement": [*document["Statement"], _ALLOW_ALL]}
    for fact, secure, expected in (("tls", "true", CaseAnswer.ALLOWED), ("no-tls", "false", CaseAnswer.REFUSED)):
        says = f"{bucket.name}: the owner reads {'over' if secure == 'true' else 'without'} TLS"
        twin = "no-tls" if fact == "tls" else "tls"
        case = _case(target, f"{place}.{fact}{word}", says, expected, f"{place}.{twin}{word}")
        yield _decided(
            case, owner, PolicyRequest("s3:GetObject", f"{bucket.arn}/prove", {"aws:SecureTransport": secure})
        )


def _delivery(target: ProvedTarget, document: Document) -> Iterator[Verdict]:
    """CloudTrail delivers this account's trail and no other's."""
    file = arn("s3", f"{target.trail_bucket}/AWSLogs/{target.account}/prove")
    right = {
        "aws:SecureTransport": "true",
        "aws:SourceArn": target.trail,
        "s3:x-amz-acl": "bucket-owner-full-control",
    }
    other = {**right, "aws:SourceArn": target.trail.replace(target.account, "000000000000")}
    bucket = arn("s3", target.trail_bucket)
    for fact, says, expected, asked in (
        ("delivers", "CloudTrail delivers this account's trail", CaseAnswer.ALLOWED, PolicyRequest("s3:PutObject", file, right)),
        ("other-trail", "CloudTrail delivers another account's trail", CaseAnswer.REFUSED, PolicyRequest("s3:PutObject", file, other)),
        ("looks", "CloudTrail looks for this account's trail", CaseAnswer.ALLOWED, PolicyRequest("s3:GetBucketAcl", bucket, right)),
        ("other-looks", "CloudTrail looks for another account's trail", CaseAnswer.REFUSED,
         PolicyRequest("s3:GetBucketAcl", bucket, other)),
        ("other-owner", "CloudTrail delivers what the account does not own", CaseAnswer.REFUSED,
         PolicyRequest("s3:PutObject", file, {**right, "s3:x-amz-acl": "private"})),
        ("elsewhere", "CloudTrail delivers to another place of the bucket", CaseAnswer.REFUSED,
         PolicyRequest("s3:PutObject", arn("s3", f"{target.trail_bucket}/prove"), right)),
    ):  # fmt: skip
        twin = {"delivers": "other-trail", "looks": "other-looks", "other-looks": "looks"}.get(fact, "delivers")
        yield _decided(_case(target, f"trail.{fact}", f"trail: {says}", expected, f"trail.{twin}"), document, asked)


def _principal(target: ProvedTarget, document: Document) -> Verdict:
    """Whoever the trail's bucket lets in is CloudTrail."""
    expected = {"Service": "cloudtrail.amazonaws.com"}
    allowing = [each for each in document["Statement"] if each["Effect"] == "Allow"]
    others = [each["Principal"] for each in allowing if each["Principal"] != expected]
    says = "trail: anybody but CloudTrail is let in by the bucket's policy"
    case = _case(target, "trail.others", says, CaseAnswer.REFUSED, "trail.delivers")
    return Verdict(case, CaseAnswer.ALLOWED if others else CaseAnswer.REFUSED, f"it lets in {others or expected}")


def _case(target: ProvedTarget, fact: str, says: str, expected: CaseAnswer, twin: str) -> ProofCase:
    ids = (f"{GROUP}.{each}@{target.env}" for each in (fact, twin))
    return ProofCase(next(ids), GROUP, target.env, says, expected, next(ids), Method.EVALUATED)


def _decided(case: ProofCase, document: Document, request: PolicyRequest) -> Verdict:
    """The statements as one identity policy: who they name has been looked at where they are made."""
    statements = [{key: value for key, value in each.items() if key != "Principal"} for each in document["Statement"]]
    decision = decide(request, Layers(read("bucket policy", {**document, "Statement": statements})))
    return decided(case, decision)
