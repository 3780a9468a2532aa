"""The two ways to read an account's CloudTrail: its event history (LookupEvents), and the files delivered to its bucket."""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.errors import NotReadyError

GLOBAL_REGION = "us-east-1"
"""Where the events of global services (IAM, and STS's global endpoint) are recorded (CloudTrail User Guide, "Global service events")."""

LATEST = 3600
"""Seconds after an event within which its file is looked for; CloudTrail delivers within 15 minutes as a rule."""

_NAME = re.compile(r"_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4})Z_[^/]+\.json\.gz$")
"""CloudTrail's log file name format; the time is that of the delivery, in UTC."""

_REMEDIES = {
    "AccessDenied": remedies.GRANT_TRAIL,
    "AccessDeniedException": remedies.GRANT_TRAIL,
    "NoSuchBucket": remedies.MADE_BY_BOOTSTRAP,
    "ThrottlingException": remedies.TRAIL_ASKED_TOO_OFTEN,
}


@dataclass(frozen=True)
class HistoryTrail:
    """The Trail port over LookupEvents: the last 90 days of management events, with or without a trail."""

    aws: AwsSession
    account: str
    region: str

    def find(self, key: str, value: str, start: float, end: float) -> Iterator[Mapping[str, Any]]:
        """Every page, of the account's region and of the one where global services are recorded."""
        for region in dict.fromkeys((self.region, GLOBAL_REGION)):
            yield from self._of_region(region, key, value, start, end)

    def _of_region(self, region: str, key: str, value: str, start: float, end: float) -> Iterator[Mapping[str, Any]]:
        client = self.aws.client("cloudtrail", region)
        question: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
            "StartTime": datetime.fromtimestamp(start, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
        }
        while True:
            page = asking(
                f"event history of {self.account} in {region}",
                lambda: client.lookup_events(**question),
                by_code=_REMEDIES,
            )
            yield from (json.loads(event["CloudTrailEvent"]) for event in page.get("Events", []))
            if not page.get("NextToken"):
                return
            question["NextToken"] = page["NextToken"]


@dataclass(frozen=True)
class DeliveredTrail:
    """The Trail port over the files in the trail's bucket. A file is read once, however often it is asked for."""

    aws: AwsSession
    account: str
    region: str
    bucket: str
    _files: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: str, value: str, start: float, end: float) -> Iterator[Mapping[str, Any]]:
        """What the files of those days hold."""
        facts: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
            "EventName": lambda record: record.get("eventName"),
            "Username": lambda record: str((record.get("userIdentity") or {}).get("arn") or "").rpartition("/")[2],
        }
        fact = facts[key]
        for record in self._records(start, end):
            if fact(record) == value and start <= _moment(record) <= end:
                yield record

    def _records(self, start: float, end: float) -> Iterator[Mapping[str, Any]]:
        with self._lock:
            keys = [key for key in self._keys(start, end) if start - 60 <= _delivered(key) <= end + LATEST]
            new = [key for key in keys if key not in self._files]
            with ThreadPoolExecutor(max_workers=8, thread_name_prefix="delivered") as pool:
                self._files.update(zip(new, pool.map(self._read, new), strict=True))
        for key in keys:
            yield from self._files[key]

    def _keys(self, start: float, end: float) -> Iterator[str]:
        top = f"AWSLogs/{self.account}/CloudTrail/"
        day, last = datetime.fromtimestamp(start, UTC).date(), datetime.fromtimestamp(end + LATEST, UTC).date()
        days = [day + timedelta(days=number) for number in range((last - day).days + 1)]
        regions = [found["Prefix"] for page in self._pages(top, "/") for found in page.get("CommonPrefixes", [])]
        for region in regions:
            for each in days:
                for page in self._pages(f"{region}{each:%Y/%m/%d}/", ""):
                    yield from (entry["Key"] for entry in page.get("Contents", []))

    def _pages(self, prefix: str, delimiter: str) -> Iterable[Mapping[str, Any]]:
        s3 = self.aws.client("s3", self.region)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter)
        return asking(f"trail bucket {self.bucket}", lambda: list(pages), by_code=_REMEDIES)

    def _read(self, key: str) -> list[Mapping[str, Any]]:
        s3 = self.aws.client("s3", self.region)
        what = f"log file s3://{self.bucket}/{key}"
        file = asking(what, lambda: s3.get_object(Bucket=self.bucket, Key=key), by_code=_REMEDIES)
        try:
            records = json.loads(gzip.decompress(file["Body"].read()))["Records"]
            return [dict(record) for record in records if _moment(record) is not None]
        except (OSError, EOFError, ValueError, KeyError, TypeError, RecursionError, zlib.error) as error:
            raise NotReadyError(f"{what}: not a log file of CloudTrail: {error}") from None


def _delivered(key: str) -> float:
    """When the file was written; never, for what is no log file."""
    name = _NAME.search(key)
    return datetime.strptime(name[1], "%Y%m%dT%H%M").replace(tzinfo=UTC).timestamp() if name else float("-inf")


def _moment(record: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(record["eventTime"]).timestamp()
