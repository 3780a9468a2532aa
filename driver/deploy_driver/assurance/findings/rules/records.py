"""The rules about the record of who did what, and about buckets."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver import remedies
from deploy_driver.assurance.findings.observed import (
    InspectedAccessState,
    InspectedBucket,
    InspectedTrail,
    SeenBucket,
    SeenTrail,
    Unseen,
)
from deploy_driver.assurance.findings.policy_diff import differences
from deploy_driver.assurance.findings.rule import DoctorRule, Severity

BLOCKS = frozenset({"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"})
"""The four settings of S3 Block Public Access; only together do they close a bucket (Amazon S3 User Guide)."""


def _missing(trail: InspectedTrail, _: None) -> Iterator[str]:
    yield f"there is no trail {trail.name}"


def _stopped(trail: InspectedTrail, seen: SeenTrail) -> Iterator[str]:
    del trail
    if not seen.logging:
        yield "it is not logging"


def _one_region(trail: InspectedTrail, seen: SeenTrail) -> Iterator[str]:
    del trail
    if not seen.multi_region:
        yield "it records its own region only"


def _unvalidated(trail: InspectedTrail, seen: SeenTrail) -> Iterator[str]:
    del trail
    if not seen.validation:
        yield "log file validation is off"


def _elsewhere(trail: InspectedTrail, seen: SeenTrail) -> Iterator[str]:
    if seen.bucket != trail.bucket:
        yield f"it delivers to the bucket {seen.bucket}; it should be {trail.bucket}"


def _left_out(trail: InspectedTrail, seen: SeenTrail) -> Iterator[str | Unseen]:
    del trail
    if seen.left_out:
        yield seen.left_out


def _bucket_missing(bucket: InspectedBucket, _: None) -> Iterator[str]:
    yield f"there is no bucket {bucket.name}"


def _opened(bucket: InspectedBucket, seen: SeenBucket) -> Iterator[str | Unseen]:
    del bucket
    if isinstance(seen.public_access_block, Unseen):
        yield seen.public_access_block
    elif off := BLOCKS - seen.public_access_block:
        yield "public access is not blocked" + (f": {', '.join(sorted(off))} is off" if off != BLOCKS else "")


def _policy(bucket: InspectedBucket, seen: SeenBucket) -> Iterator[str | Unseen]:
    if isinstance(seen.policy, Unseen):
        yield seen.policy
    elif seen.policy is None:
        if bucket.policy:
            yield "it has no bucket policy"
    elif changed := differences(bucket.policy, seen.policy):
        yield f"its bucket policy is not the derived one: {changed}"


def _written_by_jenkins(state: InspectedAccessState, seen: bool) -> Iterator[str]:
    if seen:
        yield f"a state of {state.stack} stands there"


RULES = (
    DoctorRule(
        "trail-missing",
        Severity.ERROR,
        "An account's trail is gone.",
        "What happens in the account from now on is on record for 90 days only, and in no file that can be validated.",
        remedies.AGAIN_PUTS_BACK,
        InspectedTrail,
        _missing,
        absent=True,
    ),
    DoctorRule(
        "trail-stopped",
        Severity.ERROR,
        "An account's trail does not log.",
        "What happens now is not in the record.",
        remedies.TRAIL_STOPPED,
        InspectedTrail,
        _stopped,
    ),
    DoctorRule(
        "trail-without-validation",
        Severity.ERROR,
        "Log file validation of an account's trail is off.",
        "Nobody can show that a log file was not changed or deleted after it was delivered.",
        remedies.TRAIL_UPDATED,
        InspectedTrail,
        _unvalidated,
    ),
    DoctorRule(
        "trail-in-one-region",
        Severity.ERROR,
        "An account's trail records one region only.",
        "What is done in any other region is not in the record.",
        remedies.TRAIL_UPDATED,
        InspectedTrail,
        _one_region,
    ),
    DoctorRule(
        "trail-delivers-elsewhere",
        Severity.ERROR,
        "An account's trail delivers to another bucket than its own.",
        "The record lies where somebody else decides who reads and deletes it.",
        remedies.TRAIL_UPDATED,
        InspectedTrail,
        _elsewhere,
    ),
    DoctorRule(
        "trail-leaves-events-out",
        Severity.ERROR,
        "An account's trail does not record all management events.",
        "Who read or changed what is only partly in the record.",
        remedies.RECORD_ALL_EVENTS,
        InspectedTrail,
        _left_out,
    ),
    DoctorRule(
        "bucket-missing",
        Severity.ERROR,
        "A bucket that the program or bootstrap made is gone.",
        "Bucket names are worldwide: whoever takes the name gets what is sent to it.",
        remedies.FIND_IN_TRAIL,
        InspectedBucket,
        _bucket_missing,
        absent=True,
    ),
    DoctorRule(
        "public-access-block-gone",
        Severity.ERROR,
        "A bucket's public access block is gone, or only partly on.",
        "One wrong ACL or bucket policy now shows its contents to everybody.",
        remedies.BLOCK_AGAIN,
        InspectedBucket,
        _opened,
    ),
    DoctorRule(
        "bucket-policy-edited-by-hand",
        Severity.ERROR,
        "A bucket's policy means something else than the derived one.",
        "Somebody may read or write there who should not, or without TLS.",
        remedies.FIND_IN_TRAIL,
        InspectedBucket,
        _policy,
    ),
    DoctorRule(
        "access-state-where-jenkins-writes",
        Severity.ERROR,
        "A state of an access layer lies in the bucket that Jenkins writes.",
        "Whoever writes a state decides what the next run deletes or changes, and an access layer's run is an administrator's.",
        remedies.MOVE_ACCESS_STATE,
        InspectedAccessState,
        _written_by_jenkins,
    ),
)
