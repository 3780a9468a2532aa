"""What Jenkins' own roles may do in the tools account: enter the targets' roles, and hold the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy_infra.policies.document import Conditions, Document, document
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.record import TrailDelivery, reads
from deploy_project.stacks import RoleKind, target_role_arn

ENTER = "EnterTargets"
"""The statement by which Jenkins enters the targets."""

STATE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt")
PLAN_KEY_ACTIONS = ("kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify")


@dataclass(frozen=True)
class State:
    """Where Pulumi keeps the states of all projects' service layers, and the key that their secrets are encrypted with."""

    bucket_arn: str
    keys_arn: str
    key_alias: str

    @property
    def meta(self) -> str:
        """What says how the bucket is laid out; the first run writes it (pulumi/pulumi `pkg/backend/diy`, `meta.go`)."""
        return f"{self.bucket_arn}/.pulumi/meta.yaml"

    @property
    def current(self) -> list[str]:
        """Each stack's state with the one before, and what was written at its updates (`pkg/backend/diy`, `store.go`)."""
        return [f"{self.bucket_arn}/.pulumi/{kind}/*" for kind in ("stacks", "history")]

    @property
    def backups(self) -> str:
        """A copy of each state after an update; nothing here removes one."""
        return f"{self.bucket_arn}/.pulumi/backups/*"

    @property
    def locks(self) -> str:
        """Which engine is at work on a stack."""
        return f"{self.bucket_arn}/.pulumi/locks/organization/*"

    @property
    def leases(self) -> str:
        """Which run may write a stack. A lease is overwritten, and never removed: who held it last stays known."""
        return f"{self.bucket_arn}/.deploy/leases/*"


@dataclass(frozen=True)
class PlanSigningKey:
    """The key that reviewed plans are signed with."""

    keys_arn: str
    key_alias: str


@dataclass(frozen=True)
class EnteredRoles:
    """The accounts whose roles Jenkins may enter, and which kinds of roles.

    A role is told by its path, its account by a condition: a list of accounts is short (200 of them take 3,200 characters of the
    6,144 that a boundary may have), a list of roles would not be. `aws:ResourceAccount` is the account of the role that is asked
    for (IAM User Guide, "AWS global condition context keys").
    """

    accounts: tuple[str, ...]
    kinds: tuple[RoleKind, ...]

    @property
    def roles(self) -> list[str]:
        """Their ARNs."""
        return [target_role_arn("*", kind, "*") for kind in self.kinds]

    @property
    def condition(self) -> Conditions:
        """In these accounts only."""
        return {"StringEquals": {"aws:ResourceAccount": list(self.accounts)}}


def deploy(state: State, plan_key: PlanSigningKey, trail: TrailDelivery, entered: EnteredRoles) -> Document:
    """Enter every target as deployment or preview role; read and write the state; sign plans; read who entered.

    The preview role neither signs plans nor reads the account's record: on its agents runs what a pull request brings.
    """
    return document(*(grant.statement for grant in deploys(state, plan_key, trail, entered)))


def preview(state: State, entered: EnteredRoles) -> Document:
    """Enter every target as preview role; read the state, who may write it, and what runs did, which says less than a state.

    A preview neither locks nor writes: lease, lock, checkpoint and history belong to up, refresh and destroy.
    """
    return document(*(grant.statement for grant in previews(state, entered)))


def deploys(state: State, plan_key: PlanSigningKey, trail: TrailDelivery, entered: EnteredRoles) -> list[RoleGrant]:
    """What an agent that deploys does in its own account."""
    held = {"S3:GetObject": "s3:GetObject", "S3:PutObject": "s3:PutObject"}
    removed = {"S3:DeleteObject": "s3:DeleteObject"}
    kept = {"KMS:Decrypt": "kms:Decrypt", "KMS:DescribeKey": "kms:DescribeKey", "KMS:Encrypt": "kms:Encrypt"}
    return [
        _enter(entered),
        _find(state),
        RoleGrant("HoldState", "state", held, [state.meta, *state.current, state.backups, state.locks, state.leases]),
        RoleGrant("RemoveState", "state", removed, [*state.current, state.locks]),
        _secrets(state, "KeepSecrets", kept),
        *_plans(plan_key),
        *_records(state),
        *reads(trail),
    ]


def previews(state: State, entered: EnteredRoles) -> list[RoleGrant]:
    """What an agent that builds pull requests does in its own account."""
    return [
        _enter(entered),
        _find(state),
        RoleGrant(
            "ReadState",
            "state",
            {"S3:GetObject": "s3:GetObject"},
            [state.meta, *state.current, state.backups, state.leases],
        ),
        _reads_records([record_files(state)[0]]),
        _secrets(state, "ReadSecrets", {"KMS:Decrypt": "kms:Decrypt", "KMS:DescribeKey": "kms:DescribeKey"}),
    ]


def record_files(state: State) -> list[str]:
    """Where the records of runs and of used plans lie."""
    return [f"{state.bucket_arn}/.deploy/runs/*", f"{state.bucket_arn}/.deploy/plans/*"]


def key_condition(key: State | PlanSigningKey) -> Conditions:
    """The key is known by its alias only: AWS chooses its id when bootstrap makes it.

    `kms:ResourceAliases` is what the key is called, however the request names it; a Decrypt names no key at all
    (AWS KMS Developer Guide, "kms:ResourceAliases").
    """
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": key.key_alias}}


def _enter(entered: EnteredRoles) -> RoleGrant:
    """The source identity is set in the same call, and authorised by an action of its own."""
    calls = {"STS:AssumeRole": "sts:AssumeRole", "STS:AssumeRole(SourceIdentity)": "sts:SetSourceIdentity"}
    return RoleGrant(ENTER, "enter", calls, entered.roles, entered.condition)


def _find(state: State) -> RoleGrant:
    return RoleGrant("FindState", "state", {"S3:ListObjectsV2": "s3:ListBucket"}, [state.bucket_arn])


def _records(state: State) -> list[RoleGrant]:
    """What every run did, and which plans are used, beside the state: put once, read, and neither replaced nor removed.

    `s3:if-none-match` is in a request that only writes where there is nothing (Amazon S3 User Guide, "Enforce conditional
    writes on Amazon S3 buckets").
    """
    files = record_files(state)
    put, once = {"S3:PutObject": "s3:PutObject"}, {"Null": {"s3:if-none-match": "false"}}
    return [
        _reads_records(files),
        RoleGrant("AddRecords", "state", put, files, once, {"s3:if-none-match": "*"}),
    ]


def _reads_records(files: list[str]) -> RoleGrant:
    return RoleGrant("ReadRecords", "state", {"S3:GetObject": "s3:GetObject"}, files)


def _secrets(state: State, sid: str, calls: Mapping[str, str]) -> RoleGrant:
    """The engine encrypts and decrypts the state's secrets; the driver asks first whether the key is there."""
    named = {"kms:ResourceAliases": [state.key_alias]}
    return RoleGrant(sid, "state", calls, [state.keys_arn], key_condition(state), named)


def _plans(key: PlanSigningKey) -> list[RoleGrant]:
    """Sign a plan's digest and verify it, in the one way that is used; see which key it is, for who verifies by hand.

    (Service Authorization Reference, "AWS KMS": `kms:MessageType` and `kms:SigningAlgorithm` come with Sign and Verify.)
    """
    how = {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256"}
    named, known = {"kms:ResourceAliases": [key.key_alias]}, key_condition(key)
    used, seen = {"KMS:Sign": "kms:Sign", "KMS:Verify": "kms:Verify"}, ("DescribeKey", "GetPublicKey")
    shown = {f"KMS:{call}": f"kms:{call}" for call in seen}
    return [
        RoleGrant("SignPlans", "review", used, [key.keys_arn], {**known, "StringEquals": how}, {**named, **how}),
        RoleGrant("SeePlanKey", "review", shown, [key.keys_arn], known, named),
    ]
