"""Amazon S3 controls (Security Hub User Guide)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.configuration.view import View, entries, principals, statements
from tests.infra.program import Registered

BUCKET = "aws:s3/bucket:Bucket"
IAM_POLICY = "aws:iam/policy:Policy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_OTHERS_MAY_NOT = (
    "s3:deletebucketpolicy",
    "s3:putbucketacl",
    "s3:putbucketpolicy",
    "s3:putencryptionconfiguration",
    "s3:putobjectacl",
)
"""The actions that S3.6 names."""

Holds = Callable[[View, Registered], bool]


def account(view: View) -> list[Registered]:
    return view.account()


def account_is_blocked(view: View, _: Registered) -> bool:
    return any(_closed(block) for block in view.run.of(_ACCOUNT_BLOCK))


def is_blocked(view: View, bucket: Registered) -> bool:
    """The block is stated; or it is the one that every new bucket is made with, and the ceiling lets nobody change it.

    Security Hub looks at the bucket itself, which has the block either way (Amazon S3 User Guide, "Default settings for
    new S3 buckets").
    """
    stated = view.beside(bucket, _BLOCK)
    return any(_closed(block) for block in stated) if stated else _stays_as_it_is_born(view)


def _stays_as_it_is_born(view: View) -> bool:
    ceilings = [statements(policy.inputs["policy"]) for policy in view.access.of(IAM_POLICY)]
    return bool(ceilings) and all(any(_denies_unblocking(one) for one in ceiling) for ceiling in ceilings)


def _denies_unblocking(statement: Mapping[str, Any]) -> bool:
    everywhere = entries(statement["Resource"]) == ["*"] and "Condition" not in statement
    return statement["Effect"] == "Deny" and everywhere and "s3:putbucketpublicaccessblock" in _actions(statement)


def nobody_may(*prefixes: str) -> Holds:
    """Public access is blocked, and no statement lets everybody do what begins like this."""

    def holds(view: View, bucket: Registered) -> bool:
        public = [allowed for allowed in _allowed(view, bucket) if "*" in principals(allowed)]
        opened = [action for one in public for action in _actions(one) if action.startswith(prefixes) or "*" in action]
        return is_blocked(view, bucket) and not opened

    return holds


def demands_tls(view: View, bucket: Registered) -> bool:
    name = f"arn:aws:s3:::{bucket.inputs['bucket']}"
    return any(
        denied["Effect"] == "Deny"
        and principals(denied) == ["*"]
        and _actions(denied) == ["s3:*"]
        and {name, f"{name}/*"} <= set(entries(denied["Resource"]))
        and denied.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for denied in _statements(view, bucket)
    )


def keeps_its_policy(view: View, bucket: Registered) -> bool:
    return not any(
        action in _OTHERS_MAY_NOT or "*" in action
        for allowed in _allowed(view, bucket)
        if not all(principal.endswith(".amazonaws.com") for principal in principals(allowed))
        for action in _actions(allowed)
    )


def has_no_acl(view: View, bucket: Registered) -> bool:
    """With the owner enforced, ACLs are off (Amazon S3 User Guide, "Object Ownership")."""
    owned = [found.inputs["rule"]["objectOwnership"] for found in view.beside(bucket, _OWNERSHIP)]
    return owned == ["BucketOwnerEnforced"] and "acl" not in bucket.inputs


def has(kind: str) -> Holds:
    """The bucket has a setting of its own."""
    return lambda view, bucket: bool(view.beside(bucket, kind))


def _closed(block: Registered) -> bool:
    return all(block.inputs.get(setting) is True for setting in _BLOCKS)


def _statements(view: View, bucket: Registered) -> list[Mapping[str, Any]]:
    return [one for policy in view.beside(bucket, _POLICY) for one in statements(policy.inputs["policy"])]


def _allowed(view: View, bucket: Registered) -> list[Mapping[str, Any]]:
    return [statement for statement in _statements(view, bucket) if statement["Effect"] == "Allow"]


def _actions(statement: Mapping[str, Any]) -> list[str]:
    return [action.lower() for action in entries(statement.get("Action", "*"))]
