"""KMS asks whether the caller may use the key, however the key is addressed, and whether the key's policy agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

TOOLS = "111111111111"
USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]


@pytest.fixture
def keys(as_root: Callable[[str, str], Any]) -> Any:
    return as_root("tools", "kms")


@pytest.fixture
def key(keys: Any, unique: str) -> tuple[str, str]:
    """A key's ARN and its alias."""
    arn = keys.create_key()["KeyMetadata"]["Arn"]
    keys.create_alias(AliasName=f"alias/{unique}", TargetKeyId=arn)
    return arn, f"alias/{unique}"


def allow(actions: str | list[str], *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def test_the_key_is_what_a_policy_names_even_when_the_call_says_the_alias(
    key: tuple[str, str], someone: Callable[..., Someone]
) -> None:
    arn, alias = key
    may = someone("tools", allow(USE, arn)).client("kms")
    for name in (alias, arn, arn.rpartition("/")[2], f"arn:aws:kms:eu-central-1:{TOOLS}:{alias}"):
        blob = may.encrypt(KeyId=name, Plaintext=b"secret")["CiphertextBlob"]
        assert may.decrypt(CiphertextBlob=blob)["Plaintext"] == b"secret"
        assert may.decrypt(CiphertextBlob=blob, KeyId=name)["Plaintext"] == b"secret"
        assert may.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == arn
    made = may.generate_data_key(KeyId=alias, KeySpec="AES_256")
    assert may.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]


def test_a_permission_on_the_alias_or_on_another_key_opens_nothing(
    key: tuple[str, str], keys: Any, someone: Callable[..., Someone]
) -> None:
    arn, alias = key
    blob = keys.encrypt(KeyId=arn, Plaintext=b"secret")["CiphertextBlob"]
    another = keys.create_key()["KeyMetadata"]["Arn"]
    for resource in (f"arn:aws:kms:eu-central-1:{TOOLS}:{alias}", another):
        may_not = someone("tools", allow(USE, resource)).client("kms")
        assert refusal(lambda: may_not.encrypt(KeyId=alias, Plaintext=b"x"))[0] == "AccessDeniedException"  # noqa: B023 -- called here
        assert refusal(lambda: may_not.decrypt(CiphertextBlob=blob))[0] == "AccessDeniedException"  # noqa: B023 -- called here


def test_the_key_policy_is_asked_too(keys: Any, someone: Callable[..., Someone]) -> None:
    root = {"AWS": f"arn:aws:iam::{TOOLS}:root"}
    open_policy = document({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"})
    shut_policy = document(
        {"Effect": "Allow", "Principal": root, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"}
    )
    arn = keys.create_key(Policy=open_policy)["KeyMetadata"]["Arn"]
    everyone = someone("tools", ALLOW_ALL).client("kms")
    everyone.encrypt(KeyId=arn, Plaintext=b"x")
    keys.put_key_policy(KeyId=arn, PolicyName="default", Policy=shut_policy)
    assert refusal(lambda: everyone.encrypt(KeyId=arn, Plaintext=b"x"))[0] == "AccessDeniedException"


@pytest.mark.parametrize("missing", ["alias", "key", None])
def test_an_alias_is_made_by_who_may_on_the_alias_and_on_the_key(
    key: tuple[str, str], someone: Callable[..., Someone], unique: str, missing: str | None
) -> None:
    arn, _alias = key
    wanted = f"alias/{unique}-second"
    resources = {"alias": f"arn:aws:kms:eu-central-1:{TOOLS}:{wanted}", "key": arn}
    granted = [resource for part, resource in resources.items() if part != missing]
    client = someone("tools", allow(["kms:CreateAlias", "kms:DeleteAlias"], *granted)).client("kms")
    if missing is None:
        client.create_alias(AliasName=wanted, TargetKeyId=arn)
        client.delete_alias(AliasName=wanted)
    else:
        code, message = refusal(lambda: client.create_alias(AliasName=wanted, TargetKeyId=arn))
        assert (code, "kms:CreateAlias" in message) == ("AccessDeniedException", True)


def test_an_alias_is_listed_for_its_key(key: tuple[str, str], keys: Any) -> None:
    arn, alias = key
    assert [found["AliasName"] for found in keys.list_aliases(KeyId=arn)["Aliases"]] == [alias]


def test_another_context_does_not_decrypt(key: tuple[str, str], keys: Any) -> None:
    _arn, alias = key
    blob = keys.encrypt(KeyId=alias, Plaintext=b"secret", EncryptionContext={"stack": "dev"})["CiphertextBlob"]
    assert keys.decrypt(CiphertextBlob=blob, EncryptionContext={"stack": "dev"})["Plaintext"] == b"secret"
    assert refusal(lambda: keys.decrypt(CiphertextBlob=blob))[0] == "InvalidCiphertextException"
