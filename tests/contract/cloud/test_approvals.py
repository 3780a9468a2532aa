"""Approvals in the state bucket: each can only be what its key says. Everybody else is refused by the bucket's policy, by AWS itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from deploy_driver.adapters.approvals import PREFIX, S3Approvals
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.foundation import Foundation
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.digest import digest
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Backend
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, refusal, trusting

pytestmark = pytest.mark.sandbox

TOOLS = "111111111111"
REGION = "eu-central-1"
PLAN = b"the bytes of plan.json"


@dataclass(frozen=True)
class As:
    """An AwsSession of somebody in the sandbox."""

    who: Someone

    def client(self, service: str, region: str = "") -> Any:
        del region
        return self.who.client(service)


@dataclass(frozen=True)
class Place:
    """A foundation with a role of approvers, which may do anything that nothing forbids; so may everybody here."""

    foundation: Foundation
    enter: Callable[[str, str], Someone]

    @property
    def role(self) -> str:
        return self.foundation.approver_role

    @property
    def bucket(self) -> str:
        return self.foundation.backend.bucket

    def approvals(self, who: Someone) -> S3Approvals:
        return S3Approvals(cast("AwsSession", As(who)), self.foundation.backend)

    def approver(self, person: str) -> tuple[S3Approvals, str, Someone]:
        who = self.enter(self.role, person)
        approvals = self.approvals(who)
        return approvals, approvals.user()[1], who

    def key(self, user: str, plan: bytes = PLAN) -> str:
        return f"{PREFIX}{digest(plan).removeprefix('sha256:')}/{self.role}/{user}.json"


@pytest.fixture
def place(
    root: Callable[[str], Someone], make_role: Callable[..., str], someone: Callable[..., Someone], unique: str
) -> Place:
    backend = Backend(TOOLS, REGION, f"{unique}-state", f"alias/{unique}-state")
    access = Backend(TOOLS, REGION, f"{unique}-access", f"alias/{unique}-access")
    names = f"{unique}-jenkins", f"{unique}-jenkins-preview", f"{unique}-approvers"
    foundation = Foundation(cast("AwsSession", As(root("tools"))), backend, access, f"alias/{unique}", *names)
    foundation.lay(lambda _: None)
    caller = someone("tools", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    made: dict[str, str] = {}

    def enter(role: str, person: str) -> Someone:
        if role not in made:
            made[role] = make_role("tools", trusting(TOOLS), ALLOW_ALL, name=role)
        return caller.become(made[role], RoleSessionName=person)

    return Place(foundation, enter)


def test_an_approver_approves_once_and_everybody_sees_who_that_was(place: Place) -> None:
    alice, user, _ = place.approver("alice")
    assert user.endswith(":alice")
    assert alice.give(PLAN, place.role, user)
    assert not alice.give(PLAN, place.role, user), "she has done so before"
    seen = place.approvals(place.enter(place.foundation.deploy_role, "i-1")).of(PLAN)
    assert [(one.role, one.user, one.person) for one in seen] == [(place.role, user, "alice")]


def test_an_altered_plan_has_no_approval(place: Place) -> None:
    alice, user, _ = place.approver("alice")
    alice.give(PLAN, place.role, user)
    assert list(alice.of(PLAN + b" ")) == []
    assert len(alice.of(PLAN)) == 1


def test_nobody_writes_the_approval_of_another(place: Place) -> None:
    _, alice, _ = place.approver("alice")
    eve, _, _ = place.approver("eve")
    with pytest.raises(NotReadyError, match="AccessDenied") as caught:
        eve.give(PLAN, place.role, alice)
    assert "deploy:approverRole" in caught.value.remedy
    assert list(eve.of(PLAN)) == []


@pytest.mark.parametrize("who", ["deploy_role", "preview_role", "administrator"])
def test_neither_jenkins_nor_an_administrator_approves_whatever_they_may_otherwise(place: Place, who: str) -> None:
    role = getattr(place.foundation, who, f"{place.role}-not")
    outsider = place.enter(role, "alice")
    approvals = place.approvals(outsider)
    _, alice, _ = place.approver("alice")
    for user in (alice, approvals.user()[1]):
        with pytest.raises(NotReadyError, match="AccessDenied"):
            approvals.give(PLAN, place.role, user)
        with pytest.raises(NotReadyError, match="AccessDenied"):
            approvals.give(PLAN, role, user)
    assert outsider.client("s3").put_object(Bucket=place.bucket, Key=".pulumi/stacks/items/dev.json", Body=b"{}")


def test_an_approver_writes_nothing_else_in_the_bucket(place: Place) -> None:
    _, user, alice = place.approver("alice")
    s3 = alice.client("s3")
    own = place.key(user)
    others = [
        ".pulumi/stacks/items/prod.json",
        ".deploy/runs/x.jsonl",
        f"{own}.json",
        own.replace(place.role, "jenkins"),
    ]
    for key in others:
        put = lambda key=key: s3.put_object(Bucket=place.bucket, Key=key, Body=b"{}", IfNoneMatch="*")  # noqa: E731
        assert refusal(put)[0] == "AccessDenied", key
    assert s3.put_object(Bucket=place.bucket, Key=own, Body=b"{}", IfNoneMatch="*")


def test_an_approval_is_neither_replaced_nor_removed(place: Place) -> None:
    approvals, user, alice = place.approver("alice")
    approvals.give(PLAN, place.role, user)
    its = {"Bucket": place.bucket, "Key": place.key(user)}
    assert refusal(lambda: alice.client("s3").put_object(**its, Body=b"x"))[0] == "AccessDenied"
    for who in (alice, place.enter(place.foundation.deploy_role, "i-1")):
        assert refusal(lambda who=who: who.client("s3").delete_object(**its))[0] == "AccessDenied"  # type: ignore[misc]
    assert len(approvals.of(PLAN)) == 1


def test_an_approver_verifies_plans_and_signs_none(place: Place) -> None:
    jenkins = KmsPlanKey(
        cast("AwsSession", As(place.enter(place.foundation.deploy_role, "i-1"))), REGION, place.foundation.plan_key
    )
    signature = jenkins.sign(b"0" * 32)
    _, _, alice = place.approver("alice")
    key = KmsPlanKey(cast("AwsSession", As(alice)), REGION, place.foundation.plan_key)
    assert key.verify(b"0" * 32, signature)
    with pytest.raises(NotReadyError, match="AccessDenied"):
        key.sign(b"0" * 32)
