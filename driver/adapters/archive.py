"""Keeps the record of every run in the state bucket, one object per run, so that whoever asks sees what was deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driver.adapters.aws import AwsSession, asking
from driver.errors import NotReadyError
from driver.values import Backend

PREFIX = ".deploy/runs/"
SUFFIX = ".jsonl"


@dataclass(frozen=True)
class S3Archive:
    """The records below `.deploy/runs/`. Every method raises NotReadyError with AWS's reason."""

    aws: AwsSession
    backend: Backend

    def keep(self, run: str, record: bytes) -> None:
        """Write one run's record."""
        self._ask(
            f"keeping the record of run {run}",
            "put_object",
            Key=f"{PREFIX}{run}{SUFFIX}",
            Body=record,
            ContentType="application/jsonl",
        )

    def runs(self) -> Sequence[str]:
        """The ids of the runs that are kept, oldest first: an id begins with its time."""
        found: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = self._ask("listing the records of runs", "list_objects_v2", Prefix=PREFIX, **after)
            keys = [str(entry["Key"]) for entry in page.get("Contents", [])]
            found += [key.removeprefix(PREFIX).removesuffix(SUFFIX) for key in keys if key.endswith(SUFFIX)]
            if not page.get("IsTruncated"):
                return found
            after = {"ContinuationToken": page["NextContinuationToken"]}

    def events(self, run: str) -> Sequence[Mapping[str, Any]]:
        """What a run said."""
        what = f"the record of run {run}"
        answer = self._ask(what, "get_object", Key=f"{PREFIX}{run}{SUFFIX}")
        try:
            return [json.loads(line) for line in answer["Body"].read().decode().splitlines()]
        except ValueError as error:
            raise NotReadyError(f"{what} cannot be read: {error}") from None

    def _ask(self, what: str, operation: str, **parameters: Any) -> Any:
        call = getattr(self.aws.client("s3", self.backend.region), operation)
        return asking(what, lambda: call(Bucket=self.backend.bucket, **parameters))
