"""Reading CloudTrail: page after page of the event history, file after file of the trail's bucket."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.trail import DeliveredTrail, HistoryTrail
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Trail
from tests.carried import is_helped
from tests.fakes.trail import DEV, SESSION, START, Raw, a_run, call, entrance

FOLDER = f"AWSLogs/{DEV}/CloudTrail/eu-central-1/2026/11/23"


@dataclass
class FakeAws:
    """An AwsSession whose clients answer from memory: `history` by region, `files` by key."""

    history: Mapping[str, list[Raw]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    refusal: str = ""
    region: str = ""
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def client(self, service: str, region: str = "") -> FakeAws:
        del service
        self.region = region
        return self

    def lookup_events(self, **question: Any) -> Mapping[str, Any]:
        self.asked.append({"region": self.region, **question})
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "LookupEvents")
        start = int(question.get("NextToken", 0))
        found = self.history.get(self.region, [])
        page = {"Events": [{"CloudTrailEvent": json.dumps(raw)} for raw in found[start : start + 2]]}
        return {**page, "NextToken": str(start + 2)} if start + 2 < len(found) else page

    def get_paginator(self, _operation: str) -> FakeAws:
        return self

    def paginate(self, **question: Any) -> Iterable[Mapping[str, Any]]:
        below = [key for key in self.files if key.startswith(question["Prefix"])]
        if question["Delimiter"]:
            regions = {key.removeprefix(question["Prefix"]).split("/")[0] for key in below}
            return [{"CommonPrefixes": [{"Prefix": f"{question['Prefix']}{region}/"}]} for region in regions]
        return [{"Contents": [{"Key": key}]} for key in below]

    def get_object(self, **question: Any) -> Mapping[str, Any]:
        self.read.append(question["Key"])
        return {"Body": BytesIO(self.files[question["Key"]])}


def as_session(aws: FakeAws) -> AwsSession:
    return cast("AwsSession", aws)


def file(*records: Raw) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


def delivered_at(seconds: float, folder: str = FOLDER) -> str:
    moment = datetime.fromtimestamp(START + seconds, UTC)
    return f"{folder}/{DEV}_CloudTrail_eu-central-1_{moment:%Y%m%dT%H%MZ}_abcDEF0123456789.json.gz"


class TestHistory:
    def test_every_page_of_both_regions_is_read(self) -> None:
        aws = FakeAws(history={"eu-central-1": a_run()[:5], "us-east-1": a_run()[5:6]})
        found = list(HistoryTrail(as_session(aws), DEV, "eu-central-1").find("Username", SESSION, START, START + 60))
        assert [raw["eventID"] for raw in found] == [raw["eventID"] for raw in a_run()[:6]]
        assert [asked["region"] for asked in aws.asked] == ["eu-central-1"] * 3 + ["us-east-1"]
        first = aws.asked[0]
        assert first["LookupAttributes"] == [{"AttributeKey": "Username", "AttributeValue": SESSION}]
        assert (first["StartTime"].timestamp(), first["EndTime"].timestamp()) == (START, START + 60)

    def test_a_refusal_says_whose_history_and_the_way_out(self) -> None:
        trail = HistoryTrail(as_session(FakeAws(refusal="AccessDeniedException")), DEV, "eu-central-1")
        with pytest.raises(NotReadyError, match=f"event history of {DEV} in eu-central-1") as caught:
            list(trail.find("EventName", "AssumeRole", START, START + 60))
        assert "bootstrap" in caught.value.remedy

    def test_where_aws_takes_no_more_questions_the_delivered_files_are_read(self) -> None:
        aws = FakeAws(refusal="ThrottlingException", files={delivered_at(300): file(*entrance(4))})
        history = HistoryTrail(as_session(aws), DEV, "eu-central-1")
        delivered = DeliveredTrail(as_session(aws), DEV, "eu-central-1", "deploy-trail")

        def found(trail: Trail) -> list[Raw]:
            return list(trail.find("EventName", "AssumeRole", START, START + 60))

        is_helped(remedies.TRAIL_ASKED_TOO_OFTEN, lambda: found(history), lambda: found(delivered))
        assert found(delivered)


class TestDelivered:
    def test_the_files_of_those_days_are_read_once_and_asked_by_one_fact(self) -> None:
        aws = FakeAws(
            files={
                delivered_at(300): file(call("s3:CreateBucket", 5), *entrance(4)[1:]),
                delivered_at(400): file(call("s3:CreateBucket", 6, session="another"), call("s3:PutBucketPolicy", 500)),
                delivered_at(-600): file(call("s3:CreateBucket", 7)),
                delivered_at(90_000): file(call("s3:CreateBucket", 8)),
                f"{FOLDER}/readme.txt": b"no log file",
            }
        )
        trail = DeliveredTrail(as_session(aws), DEV, "eu-central-1", "deploy-trail")
        mine = list(trail.find("Username", SESSION, START, START + 60))
        assert [raw["eventID"] for raw in mine] == [call("s3:CreateBucket", 5)["eventID"]]
        entered = list(trail.find("EventName", "AssumeRole", START, START + 60))
        assert [raw["eventName"] for raw in entered] == ["AssumeRole"]
        assert sorted(aws.read) == sorted([delivered_at(300), delivered_at(400)])

    @pytest.mark.parametrize(
        "content",
        [b"", b"{}", gzip.compress(b"[]"), gzip.compress(b"{"), file()[:-9]],
        ids=["empty", "not packed", "not an object", "not JSON", "cut off"],
    )
    def test_a_file_that_is_damaged_is_said_and_not_passed_over(self, content: bytes) -> None:
        trail = DeliveredTrail(
            as_session(FakeAws(files={delivered_at(60): content})), DEV, "eu-central-1", "deploy-trail"
        )
        with pytest.raises(NotReadyError, match="not a log file of CloudTrail"):
            list(trail.find("EventName", "AssumeRole", START, START + 60))
