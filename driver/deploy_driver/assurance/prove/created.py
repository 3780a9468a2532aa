"""What the proof makes for itself and removes afterwards: names, and who is who behind them. Everything begins with `prove-`."""

from __future__ import annotations

import json

from deploy_driver.assurance.prove.case import ADMINISTRATOR, Actor, ApiRequest, Entered, KeyHolder, call
from deploy_driver.assurance.prove.facts import ProvedBucket, ProvedTarget, ProvedTools
from deploy_project.stacks import arn

PREFIX = "prove-"

EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
"""A policy that allows everything."""

USER = "prove-user"
"""A user of the tools account. He may ask for any role: what refuses him is the other side."""
SIBLING = "prove-sibling"
"""A role of the tools account that may ask for any role."""
STRANGER = "prove-stranger"
"""A role of a target account that may ask for any role."""
CAPPED = "prove-capped"
"""A role of a target account with a policy that allows everything, under the stack's boundary."""
OPEN = "prove-open"
"""A role of a target account that trusts the whole tools account and its own: what keeps others out is their own policy."""
OTHER = "prove-other"
"""What another stack of the same account is called: an HTTP API, a function."""
COPY = "prove-copy"
"""A role with a real role's trust in which one name is another: the user's instead of the Jenkins role's."""
STRANGE_COPY = "prove-strange-copy"
"""The same, with the name of another account's role: the trust names him, but its principal is the tools account."""
FOREIGN_COPY = "prove-foreign-copy"
"""The same as COPY, with another organisation than the caller's."""


def other_bucket(target: ProvedTarget) -> str:
    """A bucket of nobody's stack in the target account."""
    return f"{OTHER}-{target.account}"


def in_account(target: ProvedTarget) -> Actor:
    """The administrator, inside the target account."""
    return Entered(ADMINISTRATOR, target.role_arn(target.bootstrap_role), _named())


def sibling(tools: ProvedTools) -> Actor:
    """A session of the sibling role."""
    return Entered(ADMINISTRATOR, tools.role_arn(SIBLING), _named())


def stranger(target: ProvedTarget) -> Actor:
    """A session of the stranger in an account."""
    return Entered(ADMINISTRATOR, target.role_arn(STRANGER), _named())


def capped(target: ProvedTarget) -> Actor:
    """A session of the role that only the boundary holds back."""
    return Entered(ADMINISTRATOR, target.role_arn(CAPPED), _named())


def user() -> Actor:
    """The user, by his key."""
    return KeyHolder()


def _named() -> tuple[tuple[str, str | int], ...]:
    return (("RoleSessionName", "deploy-prove"),)


def open_to_all(bucket: str) -> str:
    """A bucket policy that everybody may read by."""
    return _policy(bucket, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"})


def policy_back(bucket: ProvedBucket) -> ApiRequest:
    """What makes the policy of a bucket the one that it should have, or none."""
    its = {"Bucket": bucket.bucket}
    return (
        call("s3", "put_bucket_policy", **its, Policy=bucket.policy)
        if bucket.policy
        else call("s3", "delete_bucket_policy", **its)
    )


def private(bucket: str) -> str:
    """A bucket policy that nobody gets in by."""
    return _policy(bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectTorrent"})


def _policy(bucket: str, statement: dict[str, str]) -> str:
    resource = {"Resource": arn("s3", f"{bucket}/*")}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **resource}]})


def bucket_location(target: ProvedTarget) -> dict[str, object]:
    """Where a bucket is made: us-east-1 is the one region that must not be named (S3 API, CreateBucket)."""
    if target.region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": target.region}}
