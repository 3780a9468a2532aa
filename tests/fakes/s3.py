"""Buckets in memory, and a session whose S3 they are; the machine may die before any call that changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError


class DiedError(BaseException):
    """The process was killed: nothing catches this."""


@dataclass
class FakeS3:
    """What AwsSession and its S3 client are asked. `dies_before` is the number, from 1, of the change that is not made."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    dies_before: int = 0
    calls: list[str] = field(default_factory=list)

    def client(self, service: str, region: str = "") -> FakeS3:
        del service, region
        return self

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "", MaxKeys: int = 1000) -> Any:  # noqa: N803 -- boto3's names
        self.calls.append("list_objects_v2")
        found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        return {"Contents": [{"Key": key} for key in found[:MaxKeys]]}

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 -- boto3's names
        self.calls.append("get_object")
        return {"Body": BytesIO(self.objects[Bucket, Key])}

    def describe_key(self, *, KeyId: str) -> Any:  # noqa: N803 -- boto3's names
        self.calls.append(f"describe_key {KeyId}")
        return {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "") -> Any:  # noqa: N803 -- boto3's names
        self._change()
        if IfNoneMatch and (Bucket, Key) in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "it is there"}}, "PutObject")
        self.objects[Bucket, Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 -- boto3's names
        self._change()
        self.objects.pop((Bucket, Key), None)

    def keys(self, bucket: str) -> set[str]:
        return {key for name, key in self.objects if name == bucket}

    def _change(self) -> None:
        self.dies_before -= 1
        if self.dies_before == 0:
            raise DiedError
