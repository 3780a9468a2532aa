"""LookupEvents finds the whole history of its own account, page by page, and keeps it over a restart."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import Someone, refusal
from tests.contract.cloud.records import look_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.sandbox

CALLS = 120


@pytest.fixture(scope="module")
def busy(root: Callable[[str], Someone]) -> Someone:
    """An account with more events than a page holds, under one name."""
    logs = root("staging").client("logs")
    logs.create_log_group(logGroupName="busy")
    for days in [1, 3] * (CALLS // 2):
        logs.put_retention_policy(logGroupName="busy", retentionInDays=days)
    return root("staging")


def test_pages_cover_everything_once_newest_first(busy: Someone) -> None:
    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": "busy"}]
    pages = list(busy.client("cloudtrail").get_paginator("lookup_events").paginate(LookupAttributes=wanted))
    events = [event for page in pages for event in page["Events"]]
    assert [len(page["Events"]) for page in pages] == [50, 50, CALLS + 1 - 100]
    assert len({event["EventId"] for event in events}) == CALLS + 1
    assert events[-1]["EventName"] == "CreateLogGroup"
    assert [event["EventTime"] for event in events] == sorted((event["EventTime"] for event in events), reverse=True)


def test_a_page_holds_what_was_asked_for_and_only_one_to_fifty(busy: Someone) -> None:
    trail = busy.client("cloudtrail")
    assert len(trail.lookup_events(MaxResults=7)["Events"]) == 7
    assert refusal(lambda: trail.lookup_events(MaxResults=51))[0] == "InvalidMaxResultsException"


def test_a_token_belongs_to_its_lookup(busy: Someone) -> None:
    trail = busy.client("cloudtrail")
    token = trail.lookup_events(MaxResults=5)["NextToken"]
    assert len(trail.lookup_events(MaxResults=5, NextToken=token)["Events"]) == 5
    other = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    assert (
        refusal(lambda: trail.lookup_events(LookupAttributes=other, NextToken=token))[0] == "InvalidNextTokenException"
    )
    assert refusal(lambda: trail.lookup_events(NextToken="made-up"))[0] == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EventName", "PutRetentionPolicy"),
        ("Username", "root"),
        ("ReadOnly", "false"),
        ("EventSource", "logs.amazonaws.com"),
        ("ResourceName", "busy"),
        ("ResourceType", "AWS::Logs::LogGroup"),
        ("AccessKeyId", "333333333333"),
    ],
)
def test_an_attribute_finds_what_has_it_and_nothing_else(busy: Someone, key: str, value: str) -> None:
    assert any(record["eventName"] == "PutRetentionPolicy" for record in look_up(busy, **{key: value}))
    assert look_up(busy, **{key: f"{value}-not"}) == []


def test_an_event_is_found_by_its_id(busy: Someone) -> None:
    newest = look_up(busy, ResourceName="busy")[-1]
    assert look_up(busy, EventId=newest["eventID"]) == [newest]


def test_one_attribute_at_a_time(busy: Someone) -> None:
    both = [
        {"AttributeKey": "ReadOnly", "AttributeValue": "false"},
        {"AttributeKey": "Username", "AttributeValue": "root"},
    ]
    trail = busy.client("cloudtrail")
    assert trail.lookup_events(LookupAttributes=both[:1])["Events"]
    assert refusal(lambda: trail.lookup_events(LookupAttributes=both))[0] == "InvalidLookupAttributesException"


def test_a_time_range_bounds_the_lookup(busy: Someone) -> None:
    trail = busy.client("cloudtrail")
    now = dt.datetime.now(dt.UTC)
    day = dt.timedelta(days=1)
    assert trail.lookup_events(StartTime=now - day, EndTime=now + day)["Events"]
    assert trail.lookup_events(StartTime=now + day, EndTime=now + 2 * day)["Events"] == []
    assert refusal(lambda: trail.lookup_events(StartTime=now, EndTime=now - day))[0] == "InvalidTimeRangeException"


def test_an_account_sees_its_own_events_only(busy: Someone, root: Callable[[str], Someone]) -> None:
    assert look_up(busy, ResourceName="busy")
    assert look_up(root("prod"), ResourceName="busy") == []


def test_the_history_survives_a_stop_and_goes_with_a_reset(tmp_path: Path) -> None:
    def reader(started: Any) -> Someone:
        return Someone(started, started.accounts["dev"], "test")

    home = tmp_path / "home"
    try:
        reader(lifecycle.up(home)).client("logs").create_log_group(logGroupName="kept")
        lifecycle.down(home)
        again = reader(lifecycle.up(home))
        again.client("logs").delete_log_group(logGroupName="kept")
        assert [record["eventName"] for record in look_up(again, ResourceName="kept")] == [
            "CreateLogGroup",
            "DeleteLogGroup",
        ]
        assert look_up(reader(lifecycle.reset(home)), ResourceName="kept") == []
    finally:
        lifecycle.down(home)
