"""The items in their bucket."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

KEY_RULE = "1 to 128 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


def is_key(text: str) -> bool:
    """Whether `text` names an item. No slash, no percent sign, no dot segment: a key is one segment, said one way."""
    return _KEY.fullmatch(text) is not None


class Items:
    """Items under `items/` of one bucket; `s3` is a boto3 S3 client."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Store an item, in place of the one that was there."""
        self._s3.put_object(Bucket=self._bucket, Key=f"items/{key}", Body=body)

    def get(self, key: str) -> bytes | None:
        """An item, or None where there is none."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=f"items/{key}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        body: bytes = found["Body"].read()
        return body
