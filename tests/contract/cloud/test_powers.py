"""A test can expire, fail and slow down calls where powers were asked for; nobody else even finds the door."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, at_instance, refusal, trusting
from tests.contract.cloud.powers import Powers
from tests.contract.cloud.records import look_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy_sandbox.accounts import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def session(someone: Callable[..., Someone], make_role: Callable[..., str]) -> tuple[Someone, str]:
    """A session of a fresh role in dev, and the role's name."""
    role = make_role("dev", trusting("111111111111"), ALLOW_ALL)
    return someone("tools", ALLOW_ALL).become(role), role.rpartition("/")[2]


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sts", lambda client: client.get_caller_identity(), "ExpiredToken"),
        ("s3", lambda client: client.list_buckets(), "ExpiredToken"),
        ("iam", lambda client: client.list_roles(), "ExpiredToken"),
        ("lambda", lambda client: client.list_functions(), "ExpiredTokenException"),
        ("kms", lambda client: client.list_keys(), "ExpiredTokenException"),
    ],
)
def test_an_expired_session_is_refused_as_each_service_refuses_it(
    powers: Powers, session: tuple[Someone, str], service: str, call: Any, code: str
) -> None:
    who, _role = session
    call(who.client(service))
    assert powers.use("POST", "/_sandbox/expire", accessKeyId=who.access_key) == {"expired": 1}
    assert refusal(lambda: call(who.client(service)))[0] == code


def test_all_sessions_of_a_role_expire_and_no_others(
    powers: Powers, session: tuple[Someone, str], someone: Callable[..., Someone], make_role: Callable[..., str]
) -> None:
    who, role = session
    other = someone("tools", ALLOW_ALL).become(make_role("dev", trusting("111111111111"), ALLOW_ALL))
    assert powers.use("POST", "/_sandbox/expire", roleName=role) == {"expired": 1}
    assert refusal(lambda: who.client("sts").get_caller_identity())[0] == "ExpiredToken"
    assert other.client("sts").get_caller_identity()["Account"] == "222222222222"


def test_an_instance_s_sessions_may_be_short_and_the_metadata_service_says_so(powers: Powers, sandbox: Sandbox) -> None:
    usual = at_instance(sandbox, "administrator")
    powers.use("POST", "/_sandbox/lives", seconds=3)
    try:
        short = at_instance(sandbox, "administrator")
        assert short.access_key != usual.access_key
        assert at_instance(sandbox, "administrator").access_key == short.access_key
        assert short.client("sts").get_caller_identity()["Account"] == "111111111111"
        time.sleep(3.1)
        assert refusal(lambda: short.client("sts").get_caller_identity())[0] == "ExpiredToken"
        assert at_instance(sandbox, "administrator").client("sts").get_caller_identity()["Account"] == "111111111111"
        assert usual.client("sts").get_caller_identity()["Account"] == "111111111111"
    finally:
        powers.use("DELETE", "/_sandbox/lives")


def test_an_expired_session_stays_expired_when_another_one_is_made(
    powers: Powers, session: tuple[Someone, str], someone: Callable[..., Someone]
) -> None:
    who, role = session
    powers.use("POST", "/_sandbox/expire", accessKeyId=who.access_key)
    again = someone("tools", ALLOW_ALL).become(f"arn:aws:iam::222222222222:role/{role}")
    assert again.client("sts").get_caller_identity()["Account"] == "222222222222"
    assert refusal(lambda: who.client("sts").get_caller_identity())[0] == "ExpiredToken"


@pytest.mark.parametrize(
    ("service", "fault", "call"),
    [
        ("s3", {"action": "s3:ListBuckets", "error": "SlowDown", "status": 503}, lambda client: client.list_buckets()),
        (
            "s3",
            {"action": "s3:ListAllMyBuckets", "error": "InternalError", "status": 500},
            lambda client: client.list_buckets(),
        ),
        ("iam", {"action": "iam:ListRoles", "error": "Throttling", "status": 400}, lambda client: client.list_roles()),
        (
            "sts",
            {"action": "sts:GetCallerIdentity", "error": "Throttling", "status": 400},
            lambda client: client.get_caller_identity(),
        ),
        (
            "kms",
            {"action": "kms:ListKeys", "error": "ThrottlingException", "status": 400},
            lambda client: client.list_keys(),
        ),
        (
            "logs",
            {"action": "logs:DescribeLogGroups", "error": "ThrottlingException", "status": 400},
            lambda client: client.describe_log_groups(),
        ),
        (
            "lambda",
            {"action": "lambda:ListFunctions", "error": "TooManyRequestsException", "status": 429},
            lambda client: client.list_functions(),
        ),
        (
            "apigatewayv2",
            {"action": "apigateway:GetApis", "error": "TooManyRequestsException", "status": 429},
            lambda client: client.get_apis(),
        ),
        (
            "cloudtrail",
            {"action": "cloudtrail:*", "error": "ThrottlingException", "status": 400},
            lambda client: client.list_trails(),
        ),
    ],
)
def test_a_fault_is_told_in_the_services_own_protocol_as_often_as_asked(
    powers: Powers, someone: Callable[..., Someone], service: str, fault: dict[str, Any], call: Any
) -> None:
    who = someone("staging", ALLOW_ALL).client(service)
    powers.use("POST", "/_sandbox/faults", account="333333333333", times=2, **fault)
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            call(who)
        assert caught.value.response["Error"]["Code"] == fault["error"]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == fault["status"]
    call(who)


def test_a_fault_stays_in_its_account_and_can_be_cleared(powers: Powers, root: Callable[[str], Someone]) -> None:
    powers.use(
        "POST", "/_sandbox/faults", action="ecr:DescribeRepositories", account="444444444444", error="Broken", times=9
    )
    describe = {account: root(account).client("ecr").describe_repositories for account in ("dev", "prod")}
    describe["dev"]()
    assert refusal(describe["prod"])[0] == "Broken"
    powers.use("DELETE", "/_sandbox/faults")
    describe["prod"]()


def test_a_faulted_call_is_recorded_and_changes_nothing(
    powers: Powers, root: Callable[[str], Someone], unique: str
) -> None:
    logs = root("prod").client("logs")
    powers.use(
        "POST", "/_sandbox/faults", action="logs:CreateLogGroup", account="444444444444", error="ThrottlingException"
    )
    assert refusal(lambda: logs.create_log_group(logGroupName=unique))[0] == "ThrottlingException"
    assert logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"] == []
    assert [record["errorCode"] for record in look_up(root("prod"), ResourceName=unique)] == ["ThrottlingException"]


def test_a_delayed_call_takes_its_time_and_then_works(powers: Powers, root: Callable[[str], Someone]) -> None:
    topics = root("prod").client("sns")
    powers.use("POST", "/_sandbox/delays", action="sns:ListTopics", account="444444444444", seconds=0.7)
    started = time.monotonic()
    topics.list_topics()
    slow, started = time.monotonic() - started, time.monotonic()
    topics.list_topics()
    assert slow >= 0.7 > time.monotonic() - started


def test_nobody_without_the_token_finds_the_door(powers: Powers, sandbox: Sandbox) -> None:
    unknown = powers.ask("POST", "/_sandbox/no-such-thing")
    assert unknown[0] == 404
    for stranger in (
        Powers(sandbox, None),
        Powers(sandbox, "wrong"),
        Powers(sandbox, powers.token, host="sandbox.example.com:80"),
    ):
        assert stranger.ask("POST", "/_sandbox/expire", {"roleName": "nobody"}) == unknown
    port = urlsplit(sandbox.endpoint).port
    named = Powers(sandbox, powers.token, host=f"localhost:{port}")
    assert named.use("POST", "/_sandbox/expire", roleName="nobody") == {"expired": 0}


def test_what_is_missing_is_said(powers: Powers) -> None:
    status, answer = powers.ask("POST", "/_sandbox/faults", {"action": "s3:ListBuckets"})
    assert status == 400
    assert b"error" in answer


def test_a_sandbox_without_powers_has_no_door(tmp_path: Path, powers: Powers) -> None:
    home = tmp_path / "home"
    try:
        plain = lifecycle.up(home)
        assert Powers(plain, powers.token).ask("POST", "/_sandbox/expire", {"roleName": "nobody"})[0] == 404
        assert Powers(plain, "").ask("POST", "/_sandbox/expire", {"roleName": "nobody"})[0] == 404
    finally:
        lifecycle.down(home)
