"""Keeps the record of a run: in a file of JSON lines, written through at every event, and in the state bucket, where each is put once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.digest import digest
from deploy_driver.errors import DeployError, NotReadyError
from deploy_driver.record.chain import Head, head_of, line_of
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Backend

FILE = "events.jsonl"
_NOTHING = Head()


PREFIX = ".deploy/runs/"

SUFFIX = ".jsonl"

PLANS = ".deploy/plans/"

_REMEDIES = {"AccessDenied": "run `deploy bootstrap --stacks tools`: it lets Jenkins' deploy role add records"}

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
"""S3's answers when something stands where only something new may be put, or is being put there now (Amazon S3 API, PutObject)."""


class RecordFile:
    """One file per run, `<folder>/events.jsonl`; kept with 0600, since it names roles and accounts.

    Its first line names `before`, the last line of an earlier run's record. Raises NotReadyError when there can be no such file.
    """

    def __init__(self, folder: Path, before: Head = _NOTHING) -> None:
        self.path = folder / FILE
        self._before = before
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
        except OSError as error:
            raise NotReadyError(
                f"the run's record cannot be kept: {error.strerror}",
                where=str(self.path),
                remedy="make the project's folder writable: a run without a record does not begin",
            ) from None

    def __call__(self, envelope: Envelope) -> None:
        """Append one event. Raises DeployError when it cannot be kept: a run without a record must not go on."""
        line = line_of(envelope.as_json(), self._before.digest, self._before.run)
        try:
            with self.path.open("ab") as file:
                file.write(line + b"\n")
        except OSError as error:
            raise DeployError(f"the run's record cannot be written: {error.strerror}", where=str(self.path)) from None
        self._before = Head(digest=digest(line))


def record_in(folder: Path) -> bytes:
    """What a run's folder keeps; empty when there is no such folder. Raises NotReadyError when it cannot be read."""
    path = folder / FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise NotReadyError(f"the run's record cannot be read: {error}", where=str(path)) from None


@dataclass(frozen=True)
class S3Archive:
    """The records below `.deploy/`. Every method raises NotReadyError with AWS's reason."""

    aws: AwsSession
    backend: Backend

    def keep(self, run: str, record: bytes) -> None:
        """Put one run's record. Raises NotReadyError as well when another one stands under its name."""
        what = f"keeping the record of run {run}"
        if not self._put(what, f"{PREFIX}{run}{SUFFIX}", record, "application/jsonl"):
            raise NotReadyError(
                f"{what}: another record stands under that name",
                remedy=f"compare the two with `deploy history --verify {run}`",
            )

    def use(self, plan: str, run: str) -> str:
        """Put on record that the run applies the plan; the other run that has used it already, empty when there is none."""
        body = json.dumps({"plan": plan, "run": run}).encode()
        new = self._put(f"putting on record that plan {plan} is used", _of_plan(plan), body, "application/json")
        return "" if new else self.used_by(plan)

    def used_by(self, plan: str) -> str:
        """The run that has used the plan; empty when none has."""
        what = f"asking whether plan {plan} is used"
        found = self._found(what, _of_plan(plan))
        if found is None:
            return ""
        try:
            return str(json.loads(found)["run"])
        except (ValueError, KeyError, TypeError):
            return "of which no readable record is left"

    def runs(self) -> Sequence[str]:
        """The ids of the runs that are kept, oldest first: an id begins with its time."""
        return sorted(self._kept())

    def newest(self) -> Head:
        """The last line of the record that was put last."""
        kept = self._kept()
        newest = max(kept, key=lambda run: (kept[run], run), default="")
        return head_of(newest, self.record(newest)) if newest else Head()

    def record(self, run: str) -> bytes:
        """A run's record as it was put."""
        return self._read(f"the record of run {run}", f"{PREFIX}{run}{SUFFIX}")

    def _kept(self) -> Mapping[str, datetime]:
        """Every run that is kept, and when its record was put."""
        found: dict[str, datetime] = {}
        after: dict[str, str] = {}
        while True:
            page = self._ask("listing the records of runs", "list_objects_v2", Prefix=PREFIX, **after)
            keys = {str(entry["Key"]): entry["LastModified"] for entry in page.get("Contents", [])}
            found |= {key.removeprefix(PREFIX).removesuffix(SUFFIX): keys[key] for key in keys if key.endswith(SUFFIX)}
            if not page.get("IsTruncated"):
                return found
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def _put(self, what: str, key: str, body: bytes, kind: str) -> bool:
        """Put an object where there is none; False when another stands there. One that is the same was put by an earlier try."""
        from botocore.exceptions import ClientError

        put = self.aws.client("s3", self.backend.region).put_object

        def once() -> bool:
            try:
                put(Bucket=self.backend.bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*")
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _TAKEN:
                    raise
                return False
            return True

        return asking(what, once, remedies=_REMEDIES) or self._found(what, key) == body

    def _found(self, what: str, key: str) -> bytes | None:
        """What is in an object; None when there is none."""
        page = self._ask(what, "list_objects_v2", Prefix=key, MaxKeys=1)
        there = [entry for entry in page.get("Contents", []) if entry["Key"] == key]
        return self._read(what, key) if there else None

    def _read(self, what: str, key: str) -> bytes:
        answer = self._ask(what, "get_object", Key=key)
        body: bytes = asking(what, answer["Body"].read)
        return body

    def _ask(self, what: str, operation: str, **parameters: Any) -> Any:
        call = getattr(self.aws.client("s3", self.backend.region), operation)
        return asking(what, lambda: call(Bucket=self.backend.bucket, **parameters))


def _of_plan(plan: str) -> str:
    return f"{PLANS}{plan}.json"
