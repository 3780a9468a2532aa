"""The key of plans: made by the foundation as it should be, put back as it should be, and used through its port."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.foundation import Foundation, plan_key_policy
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Backend
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, refusal, trusting

pytestmark = pytest.mark.sandbox

TOOLS = "111111111111"
REGION = "eu-central-1"
DIGEST = hashlib.sha256(b"a plan").digest()


@dataclass(frozen=True)
class As:
    """An AwsSession of somebody in the sandbox."""

    who: Someone

    def client(self, service: str, region: str = "") -> Any:
        del region
        return self.who.client(service)


def key_as(who: Someone, alias: str) -> KmsPlanKey:
    return KmsPlanKey(cast("AwsSession", As(who)), REGION, alias)


@pytest.fixture
def foundation(root: Callable[[str], Someone], unique: str) -> Foundation:
    backend = Backend(TOOLS, REGION, f"{unique}-state", f"alias/{unique}-state")
    access = Backend(TOOLS, REGION, f"{unique}-access", f"alias/{unique}-access")
    jenkins = f"{unique}-jenkins", f"{unique}-jenkins-preview"
    return Foundation(cast("AwsSession", As(root("tools"))), backend, access, f"alias/{unique}", *jenkins)


@pytest.fixture
def become(make_role: Callable[..., str], someone: Callable[..., Someone]) -> Callable[[str], Someone]:
    """Somebody in a role of that name, which may do anything that nothing forbids."""

    def enter(name: str) -> Someone:
        caller = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
        return caller.become(make_role("tools", trusting(TOOLS), ALLOW_ALL, name=name))

    return enter


def test_a_signature_by_jenkins_role_holds_and_any_other_does_not(
    foundation: Foundation, become: Callable[[str], Someone]
) -> None:
    foundation.lay(lambda _: None)
    key = key_as(become(foundation.deploy_role), foundation.plan_key)
    signature = key.sign(DIGEST)
    assert key.verify(DIGEST, signature)
    assert not key.verify(hashlib.sha256(b"another").digest(), signature)
    assert not key.verify(DIGEST, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not key.verify(DIGEST, b"nonsense")
    with pytest.raises(NotReadyError, match="AccessDenied") as caught:
        key_as(become(f"{foundation.deploy_role}-not"), foundation.plan_key).sign(DIGEST)
    assert "Jenkins' deploy role" in caught.value.remedy


def test_a_key_that_is_not_there_says_who_makes_it(foundation: Foundation, become: Callable[[str], Someone]) -> None:
    with pytest.raises(NotReadyError) as caught:
        key_as(become(foundation.deploy_role), foundation.plan_key).verify(DIGEST, b"x")
    assert "deploy bootstrap" in caught.value.remedy


def test_the_foundation_is_laid_once_and_puts_the_policy_back(
    foundation: Foundation, as_root: Callable[[str, str], Any]
) -> None:
    kms, said = as_root("tools", "kms"), list[str]()
    foundation.lay(said.append)
    made = kms.describe_key(KeyId=foundation.plan_key)["KeyMetadata"]
    assert (made["KeySpec"], made["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert len(said) == 5
    foundation.lay(said.append)
    assert len(said) == 5
    assert kms.describe_key(KeyId=foundation.plan_key)["KeyMetadata"]["KeyId"] == made["KeyId"]
    meant = plan_key_policy(TOOLS, foundation.deploy_role)
    opened = {**meant, "Statement": meant["Statement"][:1]}
    kms.put_key_policy(KeyId=made["KeyId"], PolicyName="default", Policy=json.dumps(opened))
    foundation.lay(said.append)
    policy = kms.get_key_policy(KeyId=made["KeyId"], PolicyName="default")["Policy"]
    assert json.loads(policy) == meant


def test_an_alias_of_another_kind_of_key_is_refused(foundation: Foundation, as_root: Callable[[str, str], Any]) -> None:
    kms = as_root("tools", "kms")
    kms.create_alias(AliasName=foundation.plan_key, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    with pytest.raises(NotReadyError, match="expected ECC_NIST_P256 to SIGN_VERIFY") as caught:
        foundation.lay(lambda _: None)
    assert "deploy:planKey" in caught.value.remedy


def test_nobody_but_jenkins_role_signs_whatever_he_may_otherwise(
    foundation: Foundation, become: Callable[[str], Someone]
) -> None:
    foundation.lay(lambda _: None)
    how = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    administrator = become(f"{foundation.deploy_role}-administrator").client("kms")
    asked = {"KeyId": foundation.plan_key, "Message": DIGEST, **how}
    assert refusal(lambda: administrator.sign(**asked))[0] == "AccessDeniedException"
    assert become(foundation.deploy_role).client("kms").sign(**asked)["Signature"]
