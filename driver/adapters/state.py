"""The backend's bucket and key, as Pulumi's S3 backend lays them out: is it usable, is a stack there, who holds its lock."""

from __future__ import annotations

import json
from dataclasses import dataclass

from driver.adapters.aws import AwsSession, asking
from driver.bundle.canonical import digest
from driver.values import Backend

_REMEDIES = {
    "NoSuchBucket": "`deploy bootstrap` makes the state bucket and its key",
    "404": "`deploy bootstrap` makes the state bucket and its key",
    "NotFoundException": "`deploy bootstrap` makes the state bucket and its key",
    "AccessDenied": "the Jenkins role needs the state bucket; `deploy bootstrap` grants it",
    "AccessDeniedException": "the Jenkins role needs the state key; `deploy bootstrap` grants it",
}


@dataclass(frozen=True)
class Deployed:
    """The commit that was last deployed; `dirty` when what was deployed was not quite that."""

    commit: str
    dirty: bool


@dataclass(frozen=True)
class S3StateStore:
    """The StateStore port. `project` is the Pulumi project's name."""

    aws: AwsSession
    backend: Backend
    project: str

    def check(self) -> None:
        """Raise NotReadyError when this caller cannot list the bucket or use the key."""
        s3 = self.aws.client("s3", self.backend.region)
        kms = self.aws.client("kms", self.backend.region)
        bucket, key = self.backend.bucket, self.backend.key_alias
        asking(f"state bucket {bucket}", lambda: s3.list_objects_v2(Bucket=bucket, MaxKeys=1), remedies=_REMEDIES)
        asking(f"state key {key}", lambda: kms.describe_key(KeyId=key), remedies=_REMEDIES)

    def exists(self, stack: str) -> bool:
        """Whether the backend knows the stack; the `.json.bak` that a removed stack leaves behind is not one."""
        key = f".pulumi/stacks/{self.project}/{stack}.json"
        return self._keys(key)[:1] == [key]

    def written(self, stack: str) -> float:
        """When the stack's state was written last, in seconds since the epoch; 0 when there is none."""
        s3 = self.aws.client("s3", self.backend.region)
        key = f".pulumi/stacks/{self.project}/{stack}.json"
        answer = asking(
            f"state of {stack}",
            lambda: s3.list_objects_v2(Bucket=self.backend.bucket, Prefix=key, MaxKeys=1),
            remedies=_REMEDIES,
        )
        moments = [entry["LastModified"].timestamp() for entry in answer.get("Contents", []) if entry["Key"] == key]
        return float(moments[0]) if moments else 0.0

    def deployed(self, stack: str) -> Deployed | None:
        """Of which commit the stack was last deployed; None when nothing says so.

        Pulumi writes it into the history that it keeps beside the state (sdk `backend.UpdateMetadata`, `git.head`).
        """
        s3 = self.aws.client("s3", self.backend.region)
        prefix = f".pulumi/history/{self.project}/{stack}/"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.backend.bucket, Prefix=prefix)
        found = asking(f"history of {stack}", lambda: list(pages), remedies=_REMEDIES)
        keys = [str(entry["Key"]) for page in found for entry in page.get("Contents", [])]
        for key in sorted((key for key in keys if key.endswith(".history.json")), reverse=True):
            update = json.loads(self._read(f"history of {stack}", key))
            said = update.get("environment") or {}
            if update.get("kind") == "update" and update.get("result") == "succeeded":
                return Deployed(said["git.head"], said.get("git.dirty") == "true") if "git.head" in said else None
        return None

    def lock_of(self, stack: str) -> str:
        """Who holds the stack's lock, in one line; empty when nobody does."""
        keys = self._keys(f".pulumi/locks/organization/{self.project}/{stack}/")
        if not keys:
            return ""
        try:
            lock = json.loads(self._read(f"lock {keys[0]}", keys[0]))
        except ValueError:
            return "an unreadable lock file"
        return f"{lock.get('username', '?')}@{lock.get('hostname', '?')} (pid {lock.get('pid', '?')}) since {lock.get('timestamp', '?')}"

    def digest(self, stack: str) -> str:
        """`sha256:` and the hex digest of the stack's file; empty when there is none."""
        if not self.exists(stack):
            return ""
        return digest(self._read(f"state of {stack}", f".pulumi/stacks/{self.project}/{stack}.json"))

    def _read(self, what: str, key: str) -> bytes:
        s3 = self.aws.client("s3", self.backend.region)
        answer = asking(what, lambda: s3.get_object(Bucket=self.backend.bucket, Key=key))
        body: bytes = asking(what, answer["Body"].read)
        return body

    def _keys(self, prefix: str) -> list[str]:
        s3 = self.aws.client("s3", self.backend.region)
        answer = asking(
            f"state bucket {self.backend.bucket}",
            lambda: s3.list_objects_v2(Bucket=self.backend.bucket, Prefix=prefix, MaxKeys=1),
            remedies=_REMEDIES,
        )
        return [str(entry["Key"]) for entry in answer.get("Contents", [])]
