"""What Jenkins' own roles may do in the tools account: enter the targets' roles, and hold the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.policies import record
from infra.policies.document import Conditions, Document, document
from infra.policies.grant import Grant

STATE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt")
PLAN_KEY_ACTIONS = ("kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify")


@dataclass(frozen=True)
class State:
    """Where Pulumi's state lives, and the key that its secrets are encrypted with."""

    bucket_arn: str
    keys_arn: str
    key_alias: str


@dataclass(frozen=True)
class PlanKey:
    """The key that reviewed plans are signed with."""

    keys_arn: str
    key_alias: str


def deploy(state: State, plan_key: PlanKey, trail_bucket_arn: str, role_arns: Sequence[str]) -> Document:
    """Enter every target as deployment or preview role; read and write the state; sign plans; read who entered.

    The preview role neither signs plans nor reads the record: on its agents runs what a pull request brings.
    """
    return document(*(grant.statement for grant in deploys(state, plan_key, trail_bucket_arn, role_arns)))


def preview(state: State, role_arns: Sequence[str]) -> Document:
    """Enter every target as preview role; read the state.

    A preview neither locks nor writes: the lock, the checkpoint and the history belong to up, refresh and destroy.
    """
    return document(*(grant.statement for grant in previews(state, role_arns)))


def deploys(state: State, plan_key: PlanKey, trail_bucket_arn: str, role_arns: Sequence[str]) -> list[Grant]:
    """What an agent that deploys does in its own account."""
    held = {"S3:GetObject": "s3:GetObject", "S3:PutObject": "s3:PutObject", "S3:DeleteObject": "s3:DeleteObject"}
    kept = {"KMS:Decrypt": "kms:Decrypt", "KMS:DescribeKey": "kms:DescribeKey", "KMS:Encrypt": "kms:Encrypt"}
    return [
        _enter(role_arns),
        _find(state),
        _state(state, "HoldState", held),
        _secrets(state, "KeepSecrets", kept),
        *_plans(plan_key),
        *_records(state),
        *record.reads(trail_bucket_arn),
    ]


def previews(state: State, role_arns: Sequence[str]) -> list[Grant]:
    """What an agent that builds pull requests does in its own account."""
    return [
        _enter(role_arns),
        _find(state),
        _state(state, "ReadState", {"S3:GetObject": "s3:GetObject"}),
        _secrets(state, "ReadSecrets", {"KMS:Decrypt": "kms:Decrypt", "KMS:DescribeKey": "kms:DescribeKey"}),
    ]


def record_files(state: State) -> list[str]:
    """Where the records of runs and of used plans lie."""
    return [f"{state.bucket_arn}/.deploy/runs/*", f"{state.bucket_arn}/.deploy/plans/*"]


def key_condition(key: State | PlanKey) -> Conditions:
    """The key is known by its alias only: AWS chooses its id when bootstrap makes it.

    `kms:ResourceAliases` is what the key is called, however the request names it; a Decrypt names no key at all
    (AWS KMS Developer Guide, "kms:ResourceAliases").
    """
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": key.key_alias}}


def _enter(role_arns: Sequence[str]) -> Grant:
    """The source identity is set in the same call, and authorised by an action of its own."""
    calls = {"STS:AssumeRole": "sts:AssumeRole", "STS:AssumeRole(SourceIdentity)": "sts:SetSourceIdentity"}
    return Grant("EnterTargets", "enter", calls, list(role_arns), list(role_arns))


def _find(state: State) -> Grant:
    return Grant("FindState", "state", {"S3:ListObjectsV2": "s3:ListBucket"}, [state.bucket_arn], [state.bucket_arn])


def _state(state: State, sid: str, calls: Mapping[str, str]) -> Grant:
    files = f"{state.bucket_arn}/.pulumi"
    return Grant(sid, "state", calls, [f"{files}/*"], [f"{files}/stacks/items/dev.json"])


def _records(state: State) -> list[Grant]:
    """What every run did, and which plans are used, beside the state: put once, read, and neither replaced nor removed.

    `s3:if-none-match` is in a request that only writes where there is nothing (Amazon S3 User Guide, "Enforce conditional
    writes on Amazon S3 buckets").
    """
    files = record_files(state)
    names = ("runs/20261123-0102-3f9a7c.jsonl", "plans/20261123-0102-3f9a7c.json")
    asked = [f"{state.bucket_arn}/.deploy/{name}" for name in names]
    put, once = {"S3:PutObject": "s3:PutObject"}, {"Null": {"s3:if-none-match": "false"}}
    return [
        Grant("ReadRecords", "state", {"S3:GetObject": "s3:GetObject"}, files, asked),
        Grant("AddRecords", "state", put, files, asked, once, {"s3:if-none-match": "*"}),
    ]


def _secrets(state: State, sid: str, calls: Mapping[str, str]) -> Grant:
    """The engine encrypts and decrypts the state's secrets; the driver asks first whether the key is there."""
    return Grant(
        sid,
        "state",
        calls,
        [state.keys_arn],
        [_some_key(state)],
        key_condition(state),
        {"kms:ResourceAliases": [state.key_alias]},
    )


def _plans(key: PlanKey) -> list[Grant]:
    """Sign a plan's digest and verify it, in the one way that is used; see which key it is, for who verifies by hand.

    (Service Authorization Reference, "AWS KMS": `kms:MessageType` and `kms:SigningAlgorithm` come with Sign and Verify.)
    """
    how = {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256"}
    named, known = {"kms:ResourceAliases": [key.key_alias]}, key_condition(key)
    used, seen = {"KMS:Sign": "kms:Sign", "KMS:Verify": "kms:Verify"}, ("DescribeKey", "GetPublicKey")
    shown = {f"KMS:{call}": f"kms:{call}" for call in seen}
    arns, asked = [key.keys_arn], [_some_key(key)]
    return [
        Grant("SignPlans", "review", used, arns, asked, {**known, "StringEquals": how}, {**named, **how}),
        Grant("SeePlanKey", "review", shown, arns, asked, known, named),
    ]


def _some_key(key: State | PlanKey) -> str:
    return key.keys_arn.replace("*", "00000000-0000-0000-0000-000000000000")
