"""The backends' buckets and keys, as Pulumi's S3 backend lays them out: is one usable, is a stack there, who holds its lock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.digest import digest
from deploy_driver.errors import NotReadyError
from deploy_driver.lease import EngineLock
from deploy_driver.values import Backend, Copy, StateMark
from deploy_project.stacks import project_of

T = TypeVar("T")

_REMEDIES = {
    "NoSuchBucket": remedies.MAKE_STATE_FOUNDATION,
    "404": remedies.MAKE_STATE_FOUNDATION,
    "NotFoundException": remedies.MAKE_STATE_FOUNDATION,
    "AccessDenied": remedies.GRANT_STATES,
    "AccessDeniedException": remedies.GRANT_KEY,
}


def _asking(what: str, call: Callable[[], T]) -> T:
    """Make one call about the state foundation. Raises NotReadyError, with what is to do about it where that is known."""
    return asking(what, call, by_code=_REMEDIES)


_META = ".pulumi/meta.yaml"

_LAST_TIMES = 3
"""How many updates are asked how long they took: the last one may have found nothing to do."""


@dataclass(frozen=True)
class Deployed:
    """The commit that was last deployed; `dirty` when what was deployed was not quite that."""

    commit: str
    dirty: bool


_Moment = Annotated[int, Field(ge=0, lt=10**12)]


class _Update(BaseModel):
    """An update of a stack (sdk `backend.UpdateInfo`), as far as it is read here. Moments are in seconds since the epoch."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, frozen=True)

    kind: str = ""
    result: str = ""
    start_time: _Moment = 0
    end_time: _Moment = 0
    environment: dict[str, str] | None = None


@dataclass(frozen=True)
class S3StateStore:
    """The StateStore port. `project` is the Pulumi project's name, `backends` are those of its stacks, by their names."""

    aws: AwsSession
    backends: Mapping[str, Backend]
    project: str

    def check(self, stacks: Iterable[str]) -> None:
        """Raise NotReadyError when this caller cannot list the buckets of these stacks or use their keys.

        A backend without its marker is not usable either: states that belong there may still be somewhere else. Nor is one
        in which the engine would look for them somewhere else.
        """
        for backend in dict.fromkeys(self.backends[stack] for stack in stacks):
            found = _keys(self.aws, backend, backend.marker)
            if backend.marker and found != [backend.marker]:
                raise NotReadyError(
                    f"state bucket {backend.bucket}: not all states that belong there have been moved there",
                    remedy=remedies.MOVE_STATES,
                )
            kms, key = self.aws.client("kms", backend.region), backend.key_alias
            _asking(f"state key {key}", partial(kms.describe_key, KeyId=key))
            _require_layout(self.aws, backend)

    def exists(self, stack: str) -> bool:
        """Whether the stack's backend knows it; the `.json.bak` that a removed stack leaves behind is not one."""
        key = self._file(stack)
        return self._keys(stack, key) == [key]

    def written(self, stack: str) -> float:
        """When the stack's state was written last, in seconds since the epoch; 0 when there is none."""
        s3, bucket, key = self._bucket(stack), self.backends[stack].bucket, self._file(stack)
        answer = _asking(f"state of {stack}", lambda: s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1))
        moments = [entry["LastModified"].timestamp() for entry in answer.get("Contents", []) if entry["Key"] == key]
        return float(moments[0]) if moments else 0.0

    def deployed(self, stack: str) -> Deployed | None:
        """Of which commit the stack was last deployed; None when nothing says so.

        Pulumi writes it into the history that it keeps beside the state (sdk `backend.UpdateMetadata`, `git.head`).
        """
        update = next(self._updates(stack), _Update())
        said = update.environment or {}
        return Deployed(said["git.head"], said.get("git.dirty") == "true") if "git.head" in said else None

    def took(self, stack: str) -> float:
        """For how many seconds the stack was deployed, the longest of the last times; 0 when nothing says so."""
        last = islice(self._updates(stack), _LAST_TIMES)
        return max((float(update.end_time - update.start_time) for update in last), default=0.0)

    def _updates(self, stack: str) -> Iterator[_Update]:
        """The updates that succeeded, newest first, as Pulumi's backend keeps them (sdk `backend.UpdateInfo`)."""
        prefix = f".pulumi/history/{project_of(self.project, stack)}/{stack}/"
        listing = self._bucket(stack).get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=self.backends[stack].bucket, Prefix=prefix)
        found = _asking(f"history of {stack}", lambda: list(pages))
        keys = [str(entry["Key"]) for page in found for entry in page.get("Contents", [])]
        for key in sorted((key for key in keys if key.endswith(".history.json")), reverse=True):
            content = self._read(stack, f"history of {stack}", key)
            try:
                update = _Update.model_validate_json(content)
            except ValidationError:
                raise NotReadyError(
                    f"history of {stack}: {key} is no update as the engine writes it",
                    remedy=remedies.DELETE_UPDATE.of(key=key, bucket=self.backends[stack].bucket),
                ) from None
            if (update.kind, update.result) == ("update", "succeeded"):
                yield update

    def resources(self, stack: str) -> tuple[Mapping[str, Any], ...]:
        """The resources in the stack's state, as Pulumi wrote them (sdk `apitype.ResourceV3`); none when there is no state.

        Raises NotReadyError when the state is none any more: it was whole when the run began.
        """
        if not self.exists(stack):
            return ()
        try:
            state = json.loads(self._read(stack, f"state of {stack}", self._file(stack)))
            return tuple(dict(one) for one in (state["checkpoint"].get("latest") or {}).get("resources") or ())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise NotReadyError(
                f"somebody has damaged the state of {stack} since this run began",
                remedy=remedies.RESTORE_STATE.of(stack=stack),
            ) from None

    def locks(self, stack: str) -> tuple[EngineLock, ...]:
        """The engines' locks of the stack; one that goes while it is looked at is none."""
        prefix = f".pulumi/locks/organization/{project_of(self.project, stack)}/{stack}/"
        found = (
            self._lock(stack, entry["Key"], entry["LastModified"].timestamp()) for entry in self._entries(stack, prefix)
        )
        return tuple(lock for lock in found if lock)

    def remove_lock(self, stack: str, lock: EngineLock) -> None:
        """Remove this one lock."""
        call = partial(self._bucket(stack).delete_object, Bucket=self.backends[stack].bucket, Key=lock.key)
        _asking(f"removing {lock.key}", call)

    def _lock(self, stack: str, key: str, written: float) -> EngineLock | None:
        from botocore.exceptions import ClientError

        def body() -> bytes | None:
            try:
                found: bytes = (
                    self._bucket(stack).get_object(Bucket=self.backends[stack].bucket, Key=key)["Body"].read()
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                    return None
                raise
            return found

        content = _asking(f"lock {key}", body)
        return None if content is None else _lock_of(key, content, written)

    def digest(self, stack: str) -> str:
        """`sha256:` and the hex digest of the stack's file; empty when there is none."""
        content = self.read(stack)
        return "" if content is None else digest(content)

    def mark(self, stack: str) -> StateMark:
        """Which state of the stack the backend has now."""
        if not self.exists(stack):
            return StateMark()
        what, backend, key = f"state of {stack}", self.backends[stack], self._file(stack)
        answer = _asking(what, partial(self._bucket(stack).get_object, Bucket=backend.bucket, Key=key))
        return StateMark(digest(asking(what, answer["Body"].read)), str(answer.get("VersionId", "")))

    def read(self, stack: str) -> bytes | None:
        """The stack's file; None when there is none.

        Raises NotReadyError where the engine would read another: it takes the newest of the plain and the compressed ones
        (pulumi/pulumi `pkg/backend/diy`, `stackPath`), and nothing here is ever written compressed.
        """
        key = self._file(stack)
        there = {entry["Key"] for entry in self._entries(stack, key)}
        if compressed := sorted({f"{key}.gz", f"{key}.zst"} & there):
            raise NotReadyError(
                f"the engine might read {' or '.join(compressed)}, and `deploy` writes {key} only",
                remedy=remedies.DELETE_STRANGE_STATE.of(bucket=self.backends[stack].bucket),
            )
        return self._read(stack, f"state of {stack}", key) if key in there else None

    def copies(self, stack: str) -> Iterator[Copy]:
        """What the engine keeps: the checkpoint before the last one, and one after each update that ended, newest first."""
        kept = (f".pulumi/{folder}/{project_of(self.project, stack)}/{stack}/" for folder in ("backups", "history"))
        found = [entry for place in (f"{self._file(stack)}.bak", *kept) for entry in self._entries(stack, place)]
        for entry in sorted(found, key=lambda entry: entry["LastModified"], reverse=True):
            if not entry["Key"].endswith(".history.json"):
                yield Copy(entry["Key"], entry["LastModified"].timestamp())

    def versions(self, stack: str) -> Iterator[Copy]:
        """Every earlier version of the stack's file, newest first: the bucket keeps what was overwritten or deleted."""
        key, bucket = self._file(stack), self.backends[stack].bucket
        pages = self._bucket(stack).get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        found = _asking(f"versions of {key}", lambda: [one for page in pages for one in page.get("Versions", [])])
        for one in sorted(found, key=lambda one: one["LastModified"], reverse=True):
            if one["Key"] == key and not one["IsLatest"]:
                yield Copy(key, one["LastModified"].timestamp(), one["VersionId"])

    def read_copy(self, stack: str, copy: Copy) -> bytes:
        """The content of a copy of the stack's state."""
        return self._read(stack, copy.key, copy.key, **({"VersionId": copy.version} if copy.version else {}))

    def restore(self, stack: str, content: bytes) -> None:
        """Let `content` be the stack's state; of what is there now the bucket keeps a version."""
        call = partial(self._bucket(stack).put_object, Bucket=self.backends[stack].bucket)
        asking(f"restoring the state of {stack}", partial(call, Key=self._file(stack), Body=content))

    def _file(self, stack: str) -> str:
        return f".pulumi/stacks/{project_of(self.project, stack)}/{stack}.json"

    def _bucket(self, stack: str) -> Any:
        return self.aws.client("s3", self.backends[stack].region)

    def _read(self, stack: str, what: str, key: str, **more: str) -> bytes:
        return _read(self.aws, self.backends[stack], what, key, **more)

    def _entries(self, stack: str, prefix: str) -> list[Any]:
        bucket = self.backends[stack].bucket
        pages = self._bucket(stack).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        what = f"state bucket {bucket}"
        return _asking(what, lambda: [entry for page in pages for entry in page.get("Contents", [])])

    def _keys(self, stack: str, prefix: str) -> list[str]:
        return _keys(self.aws, self.backends[stack], prefix)


def _lock_of(key: str, content: bytes, written: float) -> EngineLock:
    """The lock as Pulumi writes it (pulumi/pulumi `pkg/backend/diy`, `lock.go`); one that cannot be read says nothing of its engine."""
    try:
        said = json.loads(content)
        pid, host = int(said["pid"]), str(said["hostname"])
        by = f"{said.get('username', '?')}@{host} (pid {pid}) since {said.get('timestamp', '?')}"
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return EngineLock(key, f"an unreadable lock file, {key}", "", 0, written)
    return EngineLock(key, by, host, pid, written)


def _keys(aws: AwsSession, backend: Backend, prefix: str, most: int = 1, **more: str) -> list[str]:
    """The first keys that begin so, `most` at most."""
    s3 = aws.client("s3", backend.region)
    answer = _asking(
        f"state bucket {backend.bucket}",
        lambda: s3.list_objects_v2(Bucket=backend.bucket, Prefix=prefix, MaxKeys=most, **more),
    )
    return [str(entry["Key"]) for entry in answer.get("Contents", [])]


def _read(aws: AwsSession, backend: Backend, what: str, key: str, **more: str) -> bytes:
    s3 = aws.client("s3", backend.region)
    answer = _asking(what, lambda: s3.get_object(Bucket=backend.bucket, Key=key, **more))
    body: bytes = asking(what, answer["Body"].read)
    return body


def _require_layout(aws: AwsSession, backend: Backend) -> None:
    """Raise NotReadyError when the engine would not look for a stack below its project's name.

    It does so where `meta.yaml` says version 1, and without it in a bucket in which no stack lies outside of a project;
    otherwise it takes `.pulumi/stacks/STACK.json` (pulumi/pulumi `pkg/backend/diy/meta.go`, `ensurePulumiMeta`).
    """
    said = _read(aws, backend, _META, _META) if _keys(aws, backend, _META) else b""
    if said.split() != [b"version:", b"1"] and (said or _keys(aws, backend, ".pulumi/stacks/", 1000, Delimiter="/")):
        raise NotReadyError(
            f"{_META} in the bucket {backend.bucket} says {said.decode(errors='replace')[:40]!r}, expected 'version: 1': "
            "the engine would look for states where nobody has judged them",
            remedy=remedies.RESTORE_META,
        )
