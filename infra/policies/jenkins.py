"""What Jenkins' own roles may do in the tools account: enter the targets' roles, and hold the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.policies.document import Conditions, Document, allow, document

STATE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt")


@dataclass(frozen=True)
class State:
    """Where Pulumi's state lives, and the key that its secrets are encrypted with."""

    bucket_arn: str
    keys_arn: str
    key_alias: str


def deploy(state: State, role_arns: Sequence[str]) -> Document:
    """Enter every target as deployment or preview role; read and write the state."""
    return document(
        _enter(role_arns),
        allow("FindState", ["s3:ListBucket"], [state.bucket_arn]),
        allow("HoldState", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [f"{state.bucket_arn}/.pulumi/*"]),
        allow("KeepSecrets", STATE_KEY_ACTIONS, [state.keys_arn], state_key_condition(state)),
    )


def preview(state: State, role_arns: Sequence[str]) -> Document:
    """Enter every target as preview role; read the state.

    A preview neither locks nor writes: the lock, the checkpoint and the history belong to up, refresh and destroy.
    """
    return document(
        _enter(role_arns),
        allow("FindState", ["s3:ListBucket"], [state.bucket_arn]),
        allow("ReadState", ["s3:GetObject"], [f"{state.bucket_arn}/.pulumi/*"]),
        allow("ReadSecrets", ["kms:Decrypt", "kms:DescribeKey"], [state.keys_arn], state_key_condition(state)),
    )


def state_key_condition(state: State) -> Conditions:
    """The key is known by its alias only: AWS chooses its id when bootstrap makes it.

    `kms:ResourceAliases` is what the key is called, however the request names it; a Decrypt names no key at all
    (AWS KMS Developer Guide, "kms:ResourceAliases").
    """
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": state.key_alias}}


def _enter(role_arns: Sequence[str]) -> dict[str, object]:
    return allow("EnterTargets", ["sts:AssumeRole", "sts:SetSourceIdentity"], role_arns)
