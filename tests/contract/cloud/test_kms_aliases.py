"""A policy may name a key by its alias: the key's own aliases, or the alias that the request uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import Someone, not_allowed

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

ACTIONS = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]


@pytest.fixture
def keys(as_root: Callable[[str, str], Any]) -> Any:
    return as_root("tools", "kms")


@pytest.fixture
def make_key(keys: Any) -> Callable[..., str]:
    """Make a key with these aliases and return its ARN."""

    def make(*aliases: str) -> str:
        arn = str(keys.create_key()["KeyMetadata"]["Arn"])
        for alias in aliases:
            keys.create_alias(AliasName=alias, TargetKeyId=arn)
        return arn

    return make


@pytest.fixture
def holder(someone: Callable[..., Someone]) -> Callable[..., Any]:
    """The KMS client of somebody who may use any key under one condition: `holder("kms:RequestAlias", "alias/x")`."""

    def make(key: str, alias: str, operator: str = "ForAnyValue:StringEquals") -> Any:
        condition = {operator: {key: alias}}
        statement = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*", "Condition": condition}
        return someone("tools", statement).client("kms")

    return make


def test_a_key_is_known_by_its_aliases_however_it_is_named(
    make_key: Callable[..., str], holder: Callable[..., Any], keys: Any, unique: str
) -> None:
    ours, others = f"alias/{unique}", f"alias/{unique}-other"
    mine, theirs = make_key(f"alias/{unique}-first", ours), make_key(others)
    client = holder("kms:ResourceAliases", ours)
    for name in (mine, ours, mine.rpartition("/")[2], f"{mine.rpartition(':')[0]}:{ours}"):
        client.describe_key(KeyId=name)
        client.encrypt(KeyId=name, Plaintext=b"x")
    for name in (theirs, others):
        assert not_allowed(lambda name=name: client.describe_key(KeyId=name), "kms:DescribeKey")  # type: ignore[misc]
    blobs = {arn: keys.encrypt(KeyId=arn, Plaintext=b"secret")["CiphertextBlob"] for arn in (mine, theirs)}
    assert client.decrypt(CiphertextBlob=blobs[mine])["Plaintext"] == b"secret"
    assert not_allowed(lambda: client.decrypt(CiphertextBlob=blobs[theirs]), "kms:Decrypt")


def test_a_key_without_its_alias_is_no_longer_known_by_it(
    make_key: Callable[..., str], holder: Callable[..., Any], keys: Any, unique: str
) -> None:
    alias = f"alias/{unique}"
    arn, client = make_key(alias), holder("kms:ResourceAliases", f"alias/{unique}")
    client.encrypt(KeyId=arn, Plaintext=b"x")
    keys.update_alias(AliasName=alias, TargetKeyId=make_key())
    assert not_allowed(lambda: client.encrypt(KeyId=arn, Plaintext=b"x"), "kms:Encrypt")
    client.encrypt(KeyId=alias, Plaintext=b"x")


def test_a_request_may_be_held_to_the_alias_it_uses(
    make_key: Callable[..., str], holder: Callable[..., Any], unique: str
) -> None:
    ours, second = f"alias/{unique}", f"alias/{unique}-second"
    arn = make_key(ours, second)
    client = holder("kms:RequestAlias", ours, "StringEquals")
    client.encrypt(KeyId=ours, Plaintext=b"x")
    client.generate_data_key(KeyId=f"{arn.rpartition(':')[0]}:{ours}", KeySpec="AES_256")
    for name in (second, arn):
        assert not_allowed(lambda name=name: client.encrypt(KeyId=name, Plaintext=b"x"), "kms:Encrypt")  # type: ignore[misc]
