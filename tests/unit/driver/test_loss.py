"""The table of what holds data speaks of types that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pulumi_aws
import pytest

from deploy_driver.plan.loss import HOLDS_DATA, holds, losses

SDK = Path(pulumi_aws.__file__).parent


@pytest.mark.parametrize("kind", HOLDS_DATA)
def test_every_type_is_one_of_the_pinned_sdk(kind: str) -> None:
    module, name = kind.removeprefix("aws:").split("/")
    file = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    assert f"'{kind}:{name[0].upper()}{name[1:]}'" in (SDK / module / f"{file}.py").read_text("utf-8")


def test_what_holds_data_is_told_by_the_whole_type() -> None:
    assert holds("aws:s3/bucket:Bucket") == "its objects"
    assert holds("aws:s3/bucketPolicy:BucketPolicy") == ""
    assert holds("items:storage:PrivateBucket") == ""


def test_what_goes_is_named_once_each() -> None:
    existing = {
        "urn:pulumi:dev::items::a:b:C$aws:s3/bucket:Bucket::items": "aws:s3/bucket:Bucket",
        "urn:pulumi:dev::items::aws:cloudwatch/logGroup:LogGroup::log": "aws:cloudwatch/logGroup:LogGroup",
        "urn:pulumi:dev::items::aws:iam/role:Role::role": "aws:iam/role:Role",
    }
    assert losses(existing) == "its objects (Bucket items), its logs (LogGroup log)"
    assert losses({}) == ""
