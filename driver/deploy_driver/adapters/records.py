"""Keeps the record of a run: in a file of JSON lines, written through at every event, and in the state bucket.

`.deploy/runs/RUN/NNNNNN.jsonl`   while the run goes on: what is new, put once; the number is that of its first line
`.deploy/runs/RUN.jsonl`          when the run has ended: the whole record, put once
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.digest import digest
from deploy_driver.errors import DeployError, NotReadyError
from deploy_driver.record.chain import Head, head_of, line_of
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Backend
from deploy_project.files import content_of

FILE = "events.jsonl"
_NOTHING = Head()


PREFIX = ".deploy/runs/"

SUFFIX = ".jsonl"

PLANS = ".deploy/plans/"

_REMEDIES = {"AccessDenied": remedies.GRANT_RECORDS}

LARGEST = 256 * 1024 * 1024
"""Bytes of a record: what is larger is none, and would fill the memory."""

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
                remedy=remedies.MAKE_ROOM,
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


PACE = 1.0
"""Seconds between two looks at whether there is something new to send."""


class Segments:
    """Sends what is new in a run's record to where others can read it, while the run goes on: whoever kills it leaves that.

    `put` takes the number of the first line, and the lines; it raises NotReadyError. What could not be sent is sent with the next.
    `pace` is in seconds.
    """

    def __init__(self, file: Path, put: Callable[[int, bytes], None], pace: float = PACE) -> None:
        self._file = file
        self._put = put
        self._pace = pace
        self._sent = 0
        self._line = 1
        self._unsure = b""
        self._lock = threading.Lock()
        self._over = threading.Event()

    def begin(self) -> None:
        """From now on send in the background."""
        threading.Thread(target=self._follow, name="record", daemon=True).start()

    def send(self) -> None:
        """Send what is new now. Raises NotReadyError when it could not be put, or the file not be read."""
        with self._lock:
            while lines := self._unsure or self._new():
                # Where no answer came they may be there, and then no others can be put in their place.
                self._unsure = lines
                self._put(self._line, lines)
                self._unsure = b""
                self._sent += len(lines)
                self._line += lines.count(b"\n")

    def _new(self) -> bytes:
        """The whole lines that were not sent yet."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._sent)
                found = file.read()
        except OSError as error:
            raise NotReadyError(f"the run's record cannot be read: {error.strerror}", where=str(self._file)) from None
        return found[: found.rfind(b"\n") + 1]

    def end(self) -> None:
        """Send the rest, and no more in the background. Raises NotReadyError as `send` does."""
        self._over.set()
        self.send()

    def _follow(self) -> None:
        while not self._over.wait(self._pace):
            with suppress(NotReadyError):  # whoever needs to know sends it as well
                self.send()


def record_in(folder: Path) -> bytes:
    """What a run's folder keeps; empty when there is no such folder. Raises NotReadyError when it cannot be read."""
    path = folder / FILE
    try:
        return content_of(path, LARGEST)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise NotReadyError(f"the run's record cannot be read: {error.strerror}", where=str(path)) from None


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
                remedy=remedies.COMPARE_RECORDS.of(run=run),
            )

    def add(self, run: str, line: int, lines: bytes) -> None:
        """Put the lines of a run's record from that one on. Raises NotReadyError as well when others stand there."""
        what = f"keeping the record of run {run}"
        if not self._put(what, f"{PREFIX}{run}/{line:06d}{SUFFIX}", lines, "application/jsonl"):
            raise NotReadyError(f"{what}: other lines stand at {line}", remedy=remedies.COMPARE_RECORDS.of(run=run))

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
        except (ValueError, KeyError, TypeError, RecursionError):
            return "of which no readable record is left"

    def runs(self) -> Mapping[str, bool]:
        """The ids of the runs of which a record is kept, and whether it is whole: put when the run had ended."""
        ended, begun = self._kept()
        return {run: run in ended for run in ended.keys() | begun}

    def newest(self) -> Head:
        """The last line of the whole record that was put last."""
        kept, _ = self._kept()
        newest = max(kept, key=lambda run: (kept[run], run), default="")
        return head_of(newest, self.record(newest)) if newest else Head()

    def record(self, run: str) -> bytes:
        """A run's record as it was put: whole, or as far as it was sent before the run was killed. Empty where there is none."""
        what = f"the record of run {run}"
        if whole := self._found(what, f"{PREFIX}{run}{SUFFIX}"):
            return whole
        pages = self._pages(what, f"{PREFIX}{run}/")
        keys = sorted(str(entry["Key"]) for page in pages for entry in page.get("Contents", []))
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="segments") as pool:
            return b"".join(pool.map(partial(self._read, what), keys))

    def _kept(self) -> tuple[Mapping[str, datetime], frozenset[str]]:
        """Every run whose whole record is kept, and when that was put; and those of which lines were sent."""
        ended: dict[str, datetime] = {}
        begun: set[str] = set()
        for page in self._pages("listing the records of runs", PREFIX, Delimiter="/"):
            keys = {str(entry["Key"]): entry["LastModified"] for entry in page.get("Contents", [])}
            ended |= {key.removeprefix(PREFIX).removesuffix(SUFFIX): keys[key] for key in keys if key.endswith(SUFFIX)}
            begun |= {str(each["Prefix"]).removeprefix(PREFIX)[:-1] for each in page.get("CommonPrefixes", [])}
        return ended, frozenset(begun)

    def _pages(self, what: str, prefix: str, **more: str) -> Sequence[Any]:
        listing = self.aws.client("s3", self.backend.region).get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=self.backend.bucket, Prefix=prefix, **more)
        return asking(what, lambda: list(pages))

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

        return asking(what, once, by_code=_REMEDIES) or self._found(what, key) == body

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
        return asking(what, lambda: call(Bucket=self.backend.bucket, **parameters), by_code=_REMEDIES)


def _of_plan(plan: str) -> str:
    return f"{PLANS}{plan}.json"
