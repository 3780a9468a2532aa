"""Records are put once: a second try of the same is the first, and another one under that name is refused and left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.records import S3Archive
from deploy_driver.errors import NotReadyError
from deploy_driver.record.chain import Head, head_of
from deploy_driver.values import Backend
from tests.carried import gone, printed, said
from tests.contract.cloud.outsider import Someone
from tests.contract.cloud.test_plan_key import REGION, TOOLS, As

pytestmark = pytest.mark.sandbox

FIRST, SECOND = "20261123-0102-bbbbbb", "20261123-0102-aaaaaa"


@pytest.fixture
def archive_of(as_root: Callable[[str, str], Any], unique: str) -> Callable[[Someone], S3Archive]:
    as_root("tools", "s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    backend = Backend(TOOLS, REGION, unique, "alias/none")
    return lambda who: S3Archive(cast("AwsSession", As(who)), backend)


@pytest.fixture
def archive(archive_of: Callable[[Someone], S3Archive], someone: Callable[..., Someone], unique: str) -> S3Archive:
    """As Jenkins' deploy role has it: what is put must be new."""
    files, once = f"arn:aws:s3:::{unique}/*", {"Null": {"s3:if-none-match": "false"}}
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": files, "Condition": once}
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [files, f"arn:aws:s3:::{unique}"],
    }
    return archive_of(someone("tools", put, read))


def test_a_record_is_put_once_and_trying_again_is_no_other(archive: S3Archive) -> None:
    archive.keep(FIRST, b"one\ntwo\n")
    archive.keep(FIRST, b"one\ntwo\n")
    with pytest.raises(NotReadyError, match="another record stands under that name") as caught:
        archive.keep(FIRST, b"other\n")
    assert printed(remedies.COMPARE_RECORDS, caught.value.remedy)["run"] == FIRST
    assert archive.record(FIRST) == b"one\ntwo\n"
    gone(remedies.COMPARE_RECORDS, said(lambda: archive.keep(SECOND, b"other\n")))
    assert archive.record(SECOND) == b"other\n"


def test_the_newest_record_is_the_one_that_was_put_last_whatever_its_name(archive: S3Archive) -> None:
    assert archive.newest() == Head()
    archive.keep(FIRST, b"one\ntwo\n")
    assert archive.newest() == head_of(FIRST, b"two\n")
    assert archive.runs() == {FIRST: True}


def test_a_run_is_known_while_it_goes_on_as_far_as_it_was_sent(archive: S3Archive) -> None:
    archive.keep(FIRST, b"one\n")
    archive.add(SECOND, 1, b"one\ntwo\n")
    archive.add(SECOND, 3, b"three\n")
    archive.add(SECOND, 3, b"three\n")
    assert archive.runs() == {FIRST: True, SECOND: False}
    assert archive.record(SECOND) == b"one\ntwo\nthree\n"
    assert archive.newest() == head_of(FIRST, b"one\n")
    with pytest.raises(NotReadyError, match="other lines stand at 3") as caught:
        archive.add(SECOND, 3, b"another\n")
    printed(remedies.COMPARE_RECORDS, caught.value.remedy)


def test_of_a_run_that_nobody_began_there_is_no_record(archive: S3Archive) -> None:
    assert archive.record(FIRST) == b""


def test_a_plan_is_used_by_one_run(archive: S3Archive) -> None:
    assert archive.used_by(FIRST) == ""
    assert archive.use(FIRST, SECOND) == ""
    assert archive.use(FIRST, SECOND) == ""
    assert archive.use(FIRST, "20261123-0103-cccccc") == SECOND
    assert archive.used_by(FIRST) == SECOND
    assert archive.used_by(SECOND) == ""


def test_whoever_may_not_add_records_is_told_how_to_be_let(
    archive_of: Callable[[Someone], S3Archive], someone: Callable[..., Someone], unique: str
) -> None:
    look = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{unique}"}
    stranger = archive_of(someone("tools", look))
    for refused in (lambda: stranger.keep(FIRST, b""), lambda: stranger.use(FIRST, SECOND)):
        with pytest.raises(NotReadyError, match="AccessDenied") as caught:
            refused()
        assert "deploy bootstrap --stacks tools" in caught.value.remedy
