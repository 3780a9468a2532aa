"""Buckets in memory, and a session whose S3 they are; the machine may die before any call that changes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeVar

from botocore.exceptions import ClientError

T = TypeVar("T")

MOMENT = datetime(2026, 11, 27, tzinfo=UTC)
"""When everything was written."""


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

    def outlasting(self, call: Callable[[], T]) -> T:
        return call()

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "", MaxKeys: int = 1000, Delimiter: str = "") -> Any:  # noqa: N803 -- boto3's names
        self.asked.append(Bucket)
        found = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        below = [key.removeprefix(Prefix).partition(Delimiter) for key in found] if Delimiter else []
        if Delimiter:
            found = [key for key in found if Delimiter not in key.removeprefix(Prefix)]
        return {
            "Contents": [{"Key": key, "LastModified": MOMENT} for key in found[:MaxKeys]],
            "CommonPrefixes": [
                {"Prefix": f"{Prefix}{name}/"} for name in sorted({each[0] for each in below if each[1]})
            ],
        }

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation in {"list_objects_v2", "list_object_versions"}  # no object has an earlier version
        return self

    def paginate(self, *, Bucket: str, Prefix: str, Delimiter: str = "") -> Any:  # noqa: N803 -- boto3's names
        return [self.list_objects_v2(Bucket=Bucket, Prefix=Prefix, Delimiter=Delimiter)]

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 -- boto3's names
        self.asked.append(Bucket)
        content = self.objects[Bucket, Key]
        return {"Body": BytesIO(content), "ETag": f'"{hash(content)}"', "LastModified": MOMENT}

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
