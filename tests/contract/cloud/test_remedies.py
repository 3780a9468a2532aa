"""What is said to do about accounts, buckets, keys and roles, done: the same call is made afterwards, and AWS takes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.approvals import S3Approvals, require_session_of
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.foundation import Foundation
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.adapters.platform import KEY, PlatformRecord
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.assurance.adapters.inspection import Inspector
from deploy_driver.assurance.findings.catalogue import judge
from deploy_driver.assurance.findings.observed import InspectedKeys
from deploy_driver.values import Backend
from deploy_project.accounts import Entrance
from tests.carried import gone, is_helped, printed, said
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, trusting
from tests.contract.cloud.powers import Powers

pytestmark = pytest.mark.sandbox

TOOLS = "111111111111"
REGION = "eu-central-1"
BOOTSTRAP = ("deploy", "bootstrap")
DIGEST = b"0" * 32


@dataclass(frozen=True)
class As:
    """An AwsSession of somebody in the sandbox."""

    who: Someone

    def client(self, service: str, region: str = "") -> Any:
        del region
        return self.who.client(service)


def session(who: Someone) -> AwsSession:
    return cast("AwsSession", As(who))


def bootstrap(foundation: Foundation) -> None:
    """What `deploy bootstrap` does before it makes any stack."""
    foundation.lay(lambda _: None)


@pytest.fixture
def foundation(root: Callable[[str], Someone], unique: str) -> Foundation:
    """Buckets and keys as the settings name them; nothing of it is made."""
    backend = Backend(TOOLS, REGION, f"{unique}-state", f"alias/{unique}-state")
    access = Backend(TOOLS, REGION, f"{unique}-access", f"alias/{unique}-access")
    roles = f"{unique}-jenkins", f"{unique}-jenkins-preview", f"{unique}-approvers"
    return Foundation(session(root("tools")), backend, access, f"alias/{unique}", *roles)


@pytest.fixture
def become(make_role: Callable[..., str], someone: Callable[..., Someone]) -> Callable[[str, str], Someone]:
    """A person in a role of that name, which may do anything that nothing forbids."""

    def enter(name: str, person: str) -> Someone:
        caller = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
        return caller.become(make_role("tools", trusting(TOOLS), ALLOW_ALL, name=name), RoleSessionName=person)

    return enter


def test_bootstrap_makes_the_state_bucket_and_its_key(foundation: Foundation) -> None:
    store = S3StateStore(foundation.aws, {"dev": foundation.backend}, "items")

    def check() -> None:
        store.check(["dev"])

    assert printed(remedies.MAKE_STATE_FOUNDATION, said(check)).commands == (BOOTSTRAP,)
    bootstrap(foundation)
    gone(remedies.MAKE_STATE_FOUNDATION, said(check))
    assert said(check) == ""


def test_bootstrap_makes_the_key_of_plans_and_lets_jenkins_sign(
    foundation: Foundation, become: Callable[[str, str], Someone]
) -> None:
    jenkins, other = (
        KmsPlanKey(session(become(name, "i-1")), REGION, foundation.plan_key)
        for name in (foundation.deploy_role, f"{foundation.deploy_role}-not")
    )
    assert printed(remedies.MADE_BY_BOOTSTRAP, said(lambda: jenkins.sign(DIGEST))).commands == (BOOTSTRAP,)
    bootstrap(foundation)
    gone(remedies.MADE_BY_BOOTSTRAP, said(lambda: jenkins.sign(DIGEST)))
    is_helped(remedies.SIGN_AS_JENKINS, lambda: other.sign(DIGEST), lambda: jenkins.sign(DIGEST))


def test_the_settings_name_a_bucket_and_a_key_that_nobody_else_has(
    foundation: Foundation, as_root: Callable[[str, str], Any], unique: str
) -> None:
    place = {"LocationConstraint": REGION}
    as_root("prod", "s3").create_bucket(Bucket=foundation.backend.bucket, CreateBucketConfiguration=place)
    other = replace(foundation, backend=replace(foundation.backend, bucket=f"{unique}-our-state"))
    is_helped(remedies.OTHER_STATE_BUCKET, lambda: bootstrap(foundation), lambda: bootstrap(other))
    kms = as_root("tools", "kms")
    kms.create_alias(AliasName=f"{other.plan_key}-2", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    taken = replace(other, plan_key=f"{other.plan_key}-2")
    own = replace(other, plan_key=f"{other.plan_key}-3")
    is_helped(remedies.OTHER_PLAN_KEY, lambda: bootstrap(taken), lambda: bootstrap(own))


def test_who_approves_is_a_session_of_the_approvers_role(
    foundation: Foundation, become: Callable[[str, str], Someone]
) -> None:
    bootstrap(foundation)
    role = foundation.approver_role
    visitor, approver = (
        S3Approvals(session(become(name, "alice")), foundation.backend) for name in (f"{role}-not", role)
    )

    def signs_in(who: S3Approvals) -> None:
        require_session_of(who.user()[0], TOOLS, role)

    def approves(who: S3Approvals) -> None:
        assert who.give(b"a plan", role, who.user()[1])

    is_helped(remedies.SIGN_IN_AS_APPROVER, lambda: signs_in(visitor), lambda: signs_in(approver))
    is_helped(remedies.BECOME_APPROVER, lambda: approves(visitor), lambda: approves(approver))


def test_the_access_key_of_an_account_s_root_is_deleted(root: Callable[[str], Someone]) -> None:
    someone = root("prod")
    iam, inspector = someone.client("iam"), Inspector(session(someone), REGION)

    def finding() -> str:
        keys = InspectedKeys("prod-access", "account", "Pulumi.prod.yaml", 1, 3, inspector.keys())
        return "".join(one.remedy for one in judge([keys]) if one.rule == "root-access-key")

    assert finding() == ""
    iam.create_access_key()
    naming, deleting = re.findall(r"`(aws [^`]*)`", printed(remedies.DELETE_ROOT_KEY, finding()).text)
    [key] = iam.list_access_keys(**typed(naming))["AccessKeyMetadata"]
    iam.delete_access_key(**typed(deleting.replace("KEY", key["AccessKeyId"])))
    gone(remedies.DELETE_ROOT_KEY, finding())


def entered(who: Someone, role: str, duration: int = 3600) -> Callable[[], object]:
    return lambda: StsIdentity(session(who)).assume(Entrance(role, "me", duration=duration), REGION)


def test_a_role_s_sessions_are_as_long_as_the_settings_say(
    make_role: Callable[..., str], someone: Callable[..., Someone], as_root: Callable[[str, str], Any], unique: str
) -> None:
    who = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    long = entered(who, make_role("tools", trusting(TOOLS), name=unique), 7200)
    assert printed(remedies.LONGER_SESSIONS, said(long)).commands == (BOOTSTRAP,)
    as_root("tools", "iam").update_role(RoleName=unique, MaxSessionDuration=7200)
    gone(remedies.LONGER_SESSIONS, said(long))
    assert said(long) == ""


def test_credentials_that_aws_does_not_take_are_replaced(
    make_role: Callable[..., str], someone: Callable[..., Someone], powers: Powers
) -> None:
    user = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    role = make_role("tools", trusting(TOOLS), ALLOW_ALL)

    def asks(who: Someone) -> Callable[[], object]:
        return StsIdentity(session(who)).caller

    is_helped(remedies.SET_CLOCK_OR_CREDENTIALS, asks(replace(user, secret_key="mistyped")), asks(user))
    old = user.become(role)
    powers.use("POST", "/_sandbox/expire", accessKeyId=old.access_key)
    is_helped(remedies.NEW_CREDENTIALS, asks(old), asks(user.become(role)))


def test_an_endpoint_that_does_not_answer_is_corrected(someone: Callable[..., Someone]) -> None:
    user = someone("tools")
    nowhere = replace(user, sandbox=replace(user.sandbox, endpoint="http://127.0.0.1:9"))
    is_helped(
        remedies.CHECK_ENDPOINT,
        StsIdentity(session(nowhere)).caller,
        StsIdentity(session(user)).caller,
    )


def typed(command: str) -> Mapping[str, str]:
    """The options of a command of the AWS CLI, as boto3 calls them."""
    words = shlex.split(command)[3:]
    names = ("".join(part.title() for part in option.removeprefix("--").split("-")) for option in words[::2])
    return dict(zip(names, words[1::2], strict=True))


def test_the_record_of_the_platform_is_put_back(foundation: Foundation, as_root: Callable[[str, str], Any]) -> None:
    bootstrap(foundation)
    s3, record = as_root("tools", "s3"), PlatformRecord(foundation.aws, foundation.access)
    record.join("items", {}, ["222222222222"])
    known = record.join("orders", {}, ["333333333333"])
    s3.put_object(Bucket=foundation.access.bucket, Key=KEY, Body=b"{")
    found = printed(remedies.RESTORE_PLATFORM, said(record.read))
    listing, copying = re.findall(r"`(aws [^`]*)`", found.text)
    _, good, *_ = s3.list_object_versions(**typed(listing))["Versions"]
    s3.copy_object(**typed(copying.replace("VERSION", good["VersionId"])))
    gone(remedies.RESTORE_PLATFORM, said(record.read))
    assert record.read() == known
