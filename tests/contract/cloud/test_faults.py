"""A bad day of AWS, as a test asks for it: of one key, of some calls, before or after the call was made, in the service's own words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ResponseStreamingError

from tests.contract.cloud.outsider import Someone, refusal
from tests.contract.cloud.powers import Powers

pytestmark = pytest.mark.sandbox

FAULTS = "/_sandbox/faults"
DELAYS = "/_sandbox/delays"
STATE = ".pulumi/stacks/items/dev.json"
LOCK = ".pulumi/locks/organization/items/dev/1.json"


@pytest.fixture(autouse=True)
def _cleared(powers: Powers) -> Iterator[None]:
    yield
    powers.use("DELETE", FAULTS)
    powers.use("DELETE", DELAYS)


@pytest.fixture
def s3(root: Callable[[str], Someone]) -> Any:
    return root("prod").client("s3")


@pytest.fixture
def bucket(s3: Any, unique: str) -> str:
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return unique


def test_a_fault_of_a_key_strikes_that_key_alone(powers: Powers, s3: Any, bucket: str) -> None:
    powers.use("POST", FAULTS, action="s3:PutObject", key=".pulumi/locks/*", error="AccessDenied", status=403)
    s3.put_object(Bucket=bucket, Key=STATE, Body=b"{}")
    s3.list_objects_v2(Bucket=bucket, Prefix=".pulumi/locks/")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key=LOCK, Body=b"{}"))[0] == "AccessDenied"
    s3.put_object(Bucket=bucket, Key=LOCK, Body=b"{}")


@pytest.mark.parametrize(
    ("service", "call", "said"),
    [
        ("s3", lambda client: client.list_buckets(), "SlowDown 503, InternalError 500"),
        ("lambda", lambda client: client.list_functions(), "TooManyRequestsException 429, ServiceException 500"),
        ("apigatewayv2", lambda client: client.get_apis(), "TooManyRequestsException 429, InternalFailure 500"),
        ("iam", lambda client: client.list_roles(), "Throttling 400, ServiceFailure 500"),
        ("sts", lambda client: client.get_caller_identity(), "Throttling 400, InternalFailure 500"),
        ("kms", lambda client: client.list_keys(), "ThrottlingException 400, KMSInternalException 500"),
        (
            "logs",
            lambda client: client.describe_log_groups(),
            "ThrottlingException 400, ServiceUnavailableException 500",
        ),
    ],
)
def test_a_service_says_too_many_and_broken_in_its_own_words(
    powers: Powers, root: Callable[[str], Someone], service: str, call: Any, said: str
) -> None:
    client = root("prod").client(service)
    heard = []
    for does in ("throttle", "fail"):
        powers.use("POST", FAULTS, action="*", does=does, account="444444444444")
        with pytest.raises(ClientError) as caught:
            call(client)
        response = caught.value.response
        heard.append(f"{response['Error']['Code']} {response['ResponseMetadata']['HTTPStatusCode']}")
        call(client)
    assert ", ".join(heard) == said


def test_a_rate_strikes_so_many_and_the_same_ones_for_the_same_seed(powers: Powers, s3: Any, bucket: str) -> None:
    def struck(seed: int) -> list[bool]:
        powers.use("POST", FAULTS, action="s3:ListObjectsV2", does="throttle", times=None, rate=0.3, seed=seed)
        found = []
        for _ in range(60):
            try:
                s3.list_objects_v2(Bucket=bucket)
            except ClientError:
                found.append(True)
            else:
                found.append(False)
        powers.use("DELETE", FAULTS)
        return found

    first = struck(7)
    assert 8 <= sum(first) <= 28
    assert struck(7) == first
    assert struck(8) != first


def test_a_lost_answer_is_of_a_call_that_was_made(powers: Powers, s3: Any, bucket: str) -> None:
    powers.use("POST", FAULTS, action="s3:PutObject", key=STATE, does="lose")
    with pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=bucket, Key=STATE, Body=b"made")
    assert s3.get_object(Bucket=bucket, Key=STATE)["Body"].read() == b"made"


def test_the_answer_that_an_sdk_asks_for_again_shows_what_the_lost_one_did(
    powers: Powers, root: Callable[[str], Someone], unique: str
) -> None:
    logs = root("prod").client("logs")
    powers.use("POST", FAULTS, action="logs:CreateLogGroup", does="lose")
    with pytest.raises(ConnectionClosedError):
        logs.create_log_group(logGroupName=unique)
    assert refusal(lambda: logs.create_log_group(logGroupName=unique))[0] == "ResourceAlreadyExistsException"


def test_a_body_is_cut_in_the_middle_and_whole_the_next_time(powers: Powers, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key=STATE, Body=b"x" * 1000)
    powers.use("POST", FAULTS, action="s3:GetObject", key="*/dev.json", does="cut")
    answer = s3.get_object(Bucket=bucket, Key=STATE)
    assert answer["ContentLength"] == 1000
    with pytest.raises(ResponseStreamingError):
        answer["Body"].read()
    assert len(s3.get_object(Bucket=bucket, Key=STATE)["Body"].read()) == 1000


def test_only_a_conditional_write_meets_a_conflict(powers: Powers, s3: Any, bucket: str) -> None:
    powers.use("POST", FAULTS, action="s3:PutObject", does="conflict")
    s3.put_object(Bucket=bucket, Key=STATE, Body=b"{}")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key=LOCK, Body=b"{}", IfNoneMatch="*")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    s3.put_object(Bucket=bucket, Key=LOCK, Body=b"{}", IfNoneMatch="*")


def test_a_key_stalls_while_others_are_answered_and_goes_on_when_it_is_over(
    powers: Powers, s3: Any, bucket: str
) -> None:
    powers.use("POST", DELAYS, action="s3:PutObject", key=STATE, seconds=50, times=None)
    stalled = Thread(target=lambda: s3.put_object(Bucket=bucket, Key=STATE, Body=b"late"))
    stalled.start()
    s3.put_object(Bucket=bucket, Key=LOCK, Body=b"{}")
    time.sleep(0.5)
    assert stalled.is_alive()
    powers.use("DELETE", DELAYS)
    stalled.join(10)
    assert not stalled.is_alive()
    assert s3.get_object(Bucket=bucket, Key=STATE)["Body"].read() == b"late"


@pytest.mark.parametrize("wrong", [{"does": "explode"}, {"does": "delay"}, {"rate": "often", "error": "X"}, {}])
def test_a_fault_that_cannot_be_is_refused(powers: Powers, wrong: dict[str, Any]) -> None:
    assert powers.ask("POST", FAULTS, {"action": "s3:PutObject", **wrong})[0] == 400
