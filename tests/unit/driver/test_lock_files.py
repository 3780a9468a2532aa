"""Pulumi's locks and history as they lie in a bucket, and leases that outlast the credentials of whoever holds them."""

from __future__ import annotations

import json
from typing import Any, cast

from botocore.exceptions import ClientError

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.leases import S3Leases
from deploy_driver.adapters.state import Deployed, S3StateStore
from deploy_driver.lease import Holder
from deploy_driver.values import Backend, Process
from tests.carried import is_helped, printed, said
from tests.fakes.s3 import FakeS3

BACKEND = Backend("111111111111", "eu-central-1", "bucket", "alias/state")
FOLDER = ".pulumi/locks/organization/items/dev"


def lock(pid: int) -> bytes:
    said = {"pid": pid, "username": "jenkins", "hostname": "agent-3", "timestamp": "2026-11-23T01:02:03Z"}
    return json.dumps(said).encode()


def store(s3: FakeS3) -> S3StateStore:
    return S3StateStore(cast("AwsSession", s3), {"dev": BACKEND, "dev2": BACKEND}, "items")


def test_all_locks_of_the_stack_are_seen_and_one_is_removed() -> None:
    s3 = FakeS3({("bucket", f"{FOLDER}/a.json"): lock(7), ("bucket", f"{FOLDER}/b.json"): lock(8)})
    s3.objects["bucket", f"{FOLDER}2/c.json"] = lock(9)
    found = store(s3).locks("dev")
    assert [(one.pid, one.host, str(one)) for one in found] == [
        (7, "agent-3", "jenkins@agent-3 (pid 7) since 2026-11-23T01:02:03Z"),
        (8, "agent-3", "jenkins@agent-3 (pid 8) since 2026-11-23T01:02:03Z"),
    ]
    store(s3).remove_lock("dev", found[0])
    assert s3.keys("bucket") == {f"{FOLDER}/b.json", f"{FOLDER}2/c.json"}


def test_a_lock_that_cannot_be_read_is_one_and_one_that_goes_meanwhile_is_none() -> None:
    class Going(FakeS3):
        def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 -- boto3's names
            if Key.endswith("a.json"):
                raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "it went"}}, "GetObject")
            return super().get_object(Bucket=Bucket, Key=Key)

    garbage = {
        ("bucket", f"{FOLDER}/{name}.json"): content
        for name, content in (("a", lock(7)), ("b", b"<html>"), ("c", b"[]"))
    }
    found = store(Going(garbage)).locks("dev")
    assert [str(one) for one in found] == [f"an unreadable lock file, {FOLDER}/{name}.json" for name in ("b", "c")]
    assert {(one.pid, one.host) for one in found} == {(0, "")}


class Expiring(AwsSession):
    """An AwsSession whose credentials hold for two calls each."""

    def __init__(self) -> None:
        super().__init__("eu-central-1")
        self.left, self.renewed = 2, 0
        self.put: list[str] = []

    def client(self, service: str, region: str = "") -> Expiring:
        del service, region
        return self

    def renew(self) -> None:
        self.left, self.renewed = 2, self.renewed + 1

    def put_object(self, **asked: Any) -> Any:
        if not self.left:
            raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "too late"}}, "PutObject")
        self.left -= 1
        self.put.append(asked["Key"])
        return {"ETag": f"tag-{len(self.put)}"}


def test_a_lease_is_renewed_for_longer_than_credentials_hold() -> None:
    aws = Expiring()
    leases = S3Leases(aws, {"dev": BACKEND}, "items")
    holder = Holder("run", "", Process(), 1.0, 2.0, 3.0)
    assert [leases.write("dev", holder, "tag") for _ in range(4)] == ["tag-1", "tag-2", "tag-3", "tag-4"]
    assert (aws.put, aws.renewed) == ([".deploy/leases/items/dev.json"] * 4, 1)


def test_an_update_that_cannot_be_read_is_named_and_once_it_is_deleted_the_one_before_it_counts() -> None:
    folder = ".pulumi/history/items/dev"
    update = {
        "kind": "update",
        "result": "succeeded",
        "startTime": 10,
        "endTime": 70,
        "environment": {"git.head": "3f9a7c5"},
    }
    s3 = FakeS3({("bucket", f"{folder}/dev-1.history.json"): json.dumps(update).encode()})
    assert store(s3).took("dev") == 60.0
    s3.objects["bucket", f"{folder}/dev-2.history.json"] = b'{"kind": "update", "startTime": []}'

    def deleted() -> object:
        what = printed(remedies.DELETE_UPDATE, said(lambda: store(s3).deployed("dev")))
        s3.delete_object(Bucket=what["bucket"], Key=what["key"])
        return store(s3).deployed("dev")

    is_helped(remedies.DELETE_UPDATE, lambda: store(s3).took("dev"), deleted)
    assert store(s3).deployed("dev") == Deployed("3f9a7c5", dirty=False)
