"""What all projects of one Jenkins share: who may change it, and who is known to deploy where."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.platform import KEY, Platform, PlatformRecord, joined
from deploy_driver.errors import NotReadyError, RefusedError
from tests.carried import gone, printed, said
from tests.samples import ACCESS_BACKEND

SETTINGS = {"deploy:jenkinsDeployRole": "jenkins-deploy", "deploy:region": "eu-central-1"}
OTHER = {**SETTINGS, "deploy:jenkinsDeployRole": "jenkins"}
DEV, PROD = "222222222222", "444444444444"


def test_the_first_project_makes_it_and_the_next_one_joins() -> None:
    first = joined(None, "items", SETTINGS, [DEV, PROD])
    both = joined(first, "orders", SETTINGS, [DEV])
    assert both == Platform("items", SETTINGS, {DEV: ("items", "orders"), PROD: ("items",)})
    assert both.others("orders") == (DEV, PROD)
    assert both.others("items") == (DEV,)
    assert both.projects() == ("items", "orders")


def test_only_who_made_it_changes_it() -> None:
    both = joined(joined(None, "items", SETTINGS, [DEV]), "orders", SETTINGS, [DEV])
    with pytest.raises(RefusedError) as error:
        joined(both, "orders", OTHER, [DEV])
    maker = printed(remedies.SAY_THE_SAME_PLATFORM, error.value.remedy)["maker"]
    gone(remedies.SAY_THE_SAME_PLATFORM, said(lambda: joined(both, "orders", SETTINGS, [DEV])))
    changed_there = joined(both, maker, OTHER, [DEV])
    gone(remedies.SAY_THE_SAME_PLATFORM, said(lambda: joined(changed_there, "orders", OTHER, [DEV])))
    assert error.value.what == (
        "items made what all projects share, and Pulumi.tools.yaml says something else; nothing was changed"
    )
    assert error.value.detail == ("deploy:jenkinsDeployRole: it is 'jenkins-deploy' in the platform, 'jenkins' here",)
    assert joined(both, "items", OTHER, [DEV]).settings == OTHER
    assert joined(both.without("items"), "orders", OTHER, [DEV]) == Platform("orders", OTHER, {DEV: ("orders",)})


def test_an_account_that_the_project_leaves_is_left_to_the_others() -> None:
    both = joined(joined(None, "items", SETTINGS, [DEV, PROD]), "orders", SETTINGS, [DEV])
    assert joined(both, "items", SETTINGS, [PROD]).users == {DEV: ("orders",), PROD: ("items",)}
    assert both.without("items", [PROD]).users == {DEV: ("orders",), PROD: ("items",)}
    assert both.without("items").users == {DEV: ("orders",)}


PROJECTS = st.sampled_from(["items", "orders", "billing"])
JOINS = st.lists(st.tuples(PROJECTS, st.sets(st.sampled_from([DEV, PROD, "333333333333"]), min_size=1)), min_size=1)


@given(JOINS)
def test_whoever_joins_takes_no_account_from_another(joins: list[tuple[str, set[str]]]) -> None:
    platform, wanted = None, dict[str, set[str]]()
    for project, accounts in joins:
        platform = joined(platform, project, SETTINGS, sorted(accounts))
        wanted[project] = accounts
        assert {account: set(users) for account, users in platform.users.items()} == {
            account: {one for one, theirs in wanted.items() if account in theirs}
            for account in set().union(*wanted.values())
        }


@dataclass
class FakeS3:
    """An AwsSession with an S3 of one object, whose tag is how often it was written."""

    content: bytes = b""
    written: int = 0
    seen: list[Mapping[str, Any]] = field(default_factory=list)

    def client(self, service: str, region: str = "") -> FakeS3:
        assert (service, region) == ("s3", ACCESS_BACKEND.region)
        return self

    def get_object(self, **asked: Any) -> Mapping[str, Any]:
        assert asked == {"Bucket": ACCESS_BACKEND.bucket, "Key": KEY}
        if not self.written:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.content), "ETag": str(self.written)}

    def put_object(self, **asked: Any) -> None:
        allowed = asked.get("IfMatch") == str(self.written) if self.written else asked.get("IfNoneMatch") == "*"
        if not allowed:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.content, self.written = asked["Body"], self.written + 1


def record(s3: FakeS3) -> PlatformRecord:
    return PlatformRecord(cast("AwsSession", s3), ACCESS_BACKEND)


def test_it_is_kept_and_written_only_where_it_changes() -> None:
    s3 = FakeS3()
    assert record(s3).read() is None
    made = record(s3).join("items", SETTINGS, [DEV])
    assert record(s3).read() == made
    record(s3).join("items", SETTINGS, [DEV])
    record(s3).leave("orders")
    assert s3.written == 1
    record(s3).leave("items")
    assert record(s3).read() == Platform("items", SETTINGS, {})


def test_two_that_join_at_the_same_moment_do_not_overwrite_each_other() -> None:
    class Beaten(FakeS3):
        beaten = False

        def put_object(self, **asked: Any) -> None:
            if not self.beaten:
                self.beaten = True
                record(self).join("orders", SETTINGS, [])
            super().put_object(**asked)

    s3 = Beaten()
    with pytest.raises(NotReadyError) as error:
        record(s3).join("items", SETTINGS, [DEV])
    printed(remedies.BOOTSTRAPPED_MEANWHILE, error.value.remedy)
    gone(remedies.BOOTSTRAPPED_MEANWHILE, str(record(s3).join("items", SETTINGS, [DEV])))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", json.dumps({"made_by": 1}).encode()])
def test_what_is_no_record_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotReadyError, match="not readable"):
        record(FakeS3(content, written=1)).read()
