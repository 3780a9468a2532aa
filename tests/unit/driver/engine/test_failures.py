"""What the engine said, as recorded, and what a person is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from driver.adapters.engine.failures import classify

RECORDED = [
    pytest.param(row["said"].rstrip(), row["reason"], row["remedy"], id=row["reason"])
    for row in YAML(typ="safe").load(Path(__file__).with_name("recorded.yaml"))
]


@pytest.mark.parametrize(("said", "reason", "remedy"), RECORDED)
def test_a_recorded_failure_has_its_reason_and_its_remedy(said: str, reason: str, remedy: str) -> None:
    failure = classify([], said, 1)
    assert failure.reason == reason
    assert remedy in failure.remedy


@pytest.mark.parametrize(("said", "reason", "remedy"), RECORDED)
def test_it_has_them_as_a_diagnostic_too(said: str, reason: str, remedy: str) -> None:
    failure = classify([said.removeprefix("error: ")], "", 1)
    assert failure.reason == reason
    assert remedy in failure.remedy


def test_what_no_row_knows_keeps_the_engines_own_words() -> None:
    failure = classify(["aws:s3/bucket:Bucket b: CreateBucket was refused with BucketAlreadyExists\nmore"], "", 1)
    assert failure.reason == "aws:s3/bucket:Bucket b: CreateBucket was refused with BucketAlreadyExists"
    assert failure.remedy == ""


def test_a_denied_call_of_a_resource_points_at_the_policies() -> None:
    failure = classify(["aws:s3/bucket:Bucket b: CreateBucket was refused with AccessDenied (HTTP 403)"], "", 1)
    assert failure.reason.startswith("aws:s3/bucket:Bucket b: CreateBucket")
    assert "infra/policies" in failure.remedy


def test_a_silent_end_is_told_as_one() -> None:
    assert classify([], "", 255).reason == "the engine ended with code 255 and did not say why"


def test_a_killed_engine_is_told_with_its_lock() -> None:
    failure = classify([], "", -9)
    assert failure.reason == "the engine was killed (SIGKILL)"
    assert "lock" in failure.remedy
