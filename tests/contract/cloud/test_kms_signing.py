"""KMS signs with an asymmetric key, and a policy may hold that to one way of signing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.contract.cloud.outsider import Someone, document, not_allowed, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

DIGEST = hashlib.sha256(b"a plan").digest()
OTHER = hashlib.sha256(b"another plan").digest()
HOW = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}


@pytest.fixture
def keys(as_root: Callable[[str, str], Any]) -> Any:
    return as_root("tools", "kms")


@pytest.fixture
def key(keys: Any) -> str:
    made = keys.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return str(made["KeyMetadata"]["Arn"])


def holder(someone: Callable[..., Someone], key: str, name: str, value: str) -> Any:
    """Somebody who may sign and verify under one condition."""
    condition = {"StringEquals": {name: value}}
    statement = {"Effect": "Allow", "Action": ["kms:Sign", "kms:Verify"], "Resource": key, "Condition": condition}
    return someone("tools", statement).client("kms")


def test_a_signature_holds_for_its_digest_and_its_key_only(keys: Any, key: str) -> None:
    signature = keys.sign(KeyId=key, Message=DIGEST, **HOW)["Signature"]
    assert keys.verify(KeyId=key, Message=DIGEST, Signature=signature, **HOW)["SignatureValid"]
    other = keys.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    for asked in (
        {"KeyId": key, "Message": OTHER, "Signature": signature},
        {"KeyId": other, "Message": DIGEST, "Signature": signature},
        {"KeyId": key, "Message": DIGEST, "Signature": signature[:-1] + bytes([signature[-1] ^ 1])},
        {"KeyId": key, "Message": DIGEST, "Signature": b"nonsense"},
    ):
        assert refusal(lambda asked=asked: keys.verify(**asked, **HOW))[0] == "KMSInvalidSignatureException"  # type: ignore[misc]


def test_whoever_has_the_public_key_can_verify_too(keys: Any, key: str) -> None:
    signature = keys.sign(KeyId=key, Message=DIGEST, **HOW)["Signature"]
    public = load_der_public_key(keys.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, DIGEST, ec.ECDSA(utils.Prehashed(SHA256())))
    with pytest.raises(InvalidSignature):
        public.verify(signature, OTHER, ec.ECDSA(utils.Prehashed(SHA256())))


@pytest.mark.parametrize(("name", "value"), [("kms:MessageType", "DIGEST"), ("kms:SigningAlgorithm", "ECDSA_SHA_256")])
def test_the_way_of_signing_is_what_a_policy_decides_by(
    someone: Callable[..., Someone], key: str, name: str, value: str
) -> None:
    signature = holder(someone, key, name, value).sign(KeyId=key, Message=DIGEST, **HOW)["Signature"]
    assert holder(someone, key, name, value).verify(KeyId=key, Message=DIGEST, Signature=signature, **HOW)
    stranger = holder(someone, key, name, "RAW" if value == "DIGEST" else "ECDSA_SHA_384")
    assert not_allowed(lambda: stranger.sign(KeyId=key, Message=DIGEST, **HOW), "kms:Sign")
    assert not_allowed(lambda: stranger.verify(KeyId=key, Message=DIGEST, Signature=signature, **HOW), "kms:Verify")


def test_a_request_that_says_no_message_type_means_raw(someone: Callable[..., Someone], key: str) -> None:
    only_digests = holder(someone, key, "kms:MessageType", "DIGEST")
    unsaid = {"KeyId": key, "Message": b"a plan", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert not_allowed(lambda: only_digests.sign(**unsaid), "kms:Sign")
    assert holder(someone, key, "kms:MessageType", "RAW").sign(**unsaid)["Signature"]


def test_a_deny_of_the_key_s_own_policy_holds_for_everybody_but_the_role_it_names(
    keys: Any, make_role: Callable[..., str], someone: Callable[..., Someone], unique: str
) -> None:
    account = "111111111111"
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    caller = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    signer, other = (
        caller.become(make_role("tools", trusting(account), statement, name=f"{unique}{which}"))
        for which in ("signer", "other")
    )
    policy = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:Sign",
            "Resource": "*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/{unique}signer"}},
        },
    )
    arn = keys.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Policy=policy)["KeyMetadata"]["Arn"]
    signature = signer.client("kms").sign(KeyId=arn, Message=DIGEST, **HOW)["Signature"]
    assert refusal(lambda: other.client("kms").sign(KeyId=arn, Message=DIGEST, **HOW))[0] == "AccessDeniedException"
    assert other.client("kms").verify(KeyId=arn, Message=DIGEST, Signature=signature, **HOW)["SignatureValid"]
