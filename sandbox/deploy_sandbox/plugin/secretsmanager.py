"""Secrets Manager: secrets and their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, members, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_SECRET = (Property("description", default=""), Property("kmsKeyId", cloud_decides=True))
_VALUE = (Property("secretId", required=True, replaces=True), Property("secretString", required=True, replaces=True))


def _create_secret(account: EnteredAccount, inputs: Inputs) -> str:
    tags = {"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}
    return str(
        account.client("secretsmanager").create_secret(Name=inputs["name"], **members(_SECRET, inputs), **tags)["ARN"]
    )


def _read_secret(account: EnteredAccount, arn: str, _: State) -> State | None:
    found = account.client("secretsmanager").describe_secret(SecretId=arn)
    if found.get("DeletedDate"):
        return None
    return {
        **inputs_in(_SECRET, found),
        "id": found["ARN"],
        "name": found["Name"],
        "arn": found["ARN"],
        "region": account.region,
    }


def _update_secret(account: EnteredAccount, arn: str, change: ResourceUpdate) -> None:
    if change.touches("description", "kmsKeyId"):
        wanted = {"description": "", **change.new}
        account.client("secretsmanager").update_secret(SecretId=arn, **members(_SECRET, wanted))


def _delete_secret(account: EnteredAccount, arn: str, state: State) -> None:
    client = account.client("secretsmanager")
    if client.describe_secret(SecretId=arn).get("DeletedDate"):
        return
    days = state.get("recoveryWindowInDays", 30)
    wait = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    client.delete_secret(SecretId=arn, **wait)


def _create_version(account: EnteredAccount, inputs: Inputs) -> str:
    made = account.client("secretsmanager").put_secret_value(**members(_VALUE, inputs))
    return f"{made['ARN']}|{made['VersionId']}"


def _read_version(account: EnteredAccount, id_: str, known: State) -> State:
    secret, _, version = id_.partition("|")
    if not version:
        raise PluginError(f"{id_!r}: to import a version of a secret, give secret-arn|version-id")
    found = account.client("secretsmanager").get_secret_value(SecretId=secret, VersionId=version)
    return {
        "id": id_,
        "secretId": known.get("secretId", found["ARN"]),
        "secretString": found.get("SecretString"),
        "arn": found["ARN"],
        "versionId": version,
        "region": account.region,
    }


TYPES = (
    simple_type(
        "aws:secretsmanager/secret:Secret",
        (
            Property("name", required=True, names=True, replaces=True),
            *_SECRET,
            Property("recoveryWindowInDays", InputKind.INTEGER, default=30, filled=True, in_cloud=False),
            Property("forceOverwriteReplicaSecret", InputKind.BOOLEAN, default=False, filled=True, in_cloud=False),
            *TAGS,
        ),
        outputs=outputs("arn", "region"),
        create=_create_secret,
        read=_read_secret,
        update=_update_secret,
        delete=_delete_secret,
        tagging=Tagging("secretsmanager", "SecretId", listing="describe_secret"),
    ),
    simple_type(
        "aws:secretsmanager/secretVersion:SecretVersion",
        _VALUE,
        outputs=outputs("arn", "versionId", "region"),
        create=_create_version,
        read=_read_version,
        delete=_read_version,  # the provider looks, and no more: the version in force goes with its secret
        gone=frozenset(
            {"ResourceNotFoundException", "InvalidRequestException"}
        ),  # also of a secret that is being deleted
    ),
)
