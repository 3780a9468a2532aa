"""Buckets in memory, and a session whose S3 they are; the machine may die before any call that changes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError


class DiedError(BaseException):
    """The process was killed: nothing catches this."""


@dataclass
class FakeS3:
    """What AwsSession and its S3 client are asked. `dies_before` is the number, from 1, of the change that is not made.

    `asked` are the buckets and keys that were read from.
    """

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    dies_before: int = 0
    asked: list[str] = field(default_factory=list)

    def client(self, service: str, region: str = "") -> FakeS3:
        del service, region
        return self

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "", MaxKeys: int = 1000, Delimiter: str = "") -> Any:  # noqa: N803 -- boto3's names
        self.asked.append(Bucket)
        found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        if Delimiter:
            found = [key for key in found if Delimiter not in key.removeprefix(Prefix)]
        moment = datetime(2026, 11, 27, tzinfo=UTC)
        return {"Contents": [{"Key": key, "LastModified": moment} for key in found[:MaxKeys]]}

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Any:  # noqa: N803 -- boto3's names
        return [self.list_objects_v2(Bucket=Bucket, Prefix=Prefix)]

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 -- boto3's names
        self.asked.append(Bucket)
        return {"Body": BytesIO(self.objects[Bucket, Key])}

    def describe_key(self, *, KeyId: str) -> Any:  # noqa: N803 -- boto3's names
        self.asked.append(KeyId)
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
