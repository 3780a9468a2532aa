"""How long a session lasts: asked as configured, taken as AWS gives it, said, and handed on to the provider."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, cast

import pytest
from botocore.exceptions import ClientError

from deploy_driver.adapters.aws import RENEWED_AFTER, AwsSession, SessionOverError, asking
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import make_plan
from deploy_driver.record.catalogue import SessionNegotiated
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import Granted, Operation, SessionLength
from deploy_project.accounts import Entrance
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.fakes.state import FakeState
from tests.samples import access_stack, facts, stack

ROLE = "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"
CHAINING = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
MAXIMUM = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@dataclass
class FakeSts:
    """An AwsSession with an STS that gives sessions of at most `longest` seconds, and refuses others in these words."""

    longest: int
    refusal: str = CHAINING
    moment: str = ""
    asked: list[int] = field(default_factory=list)

    def client(self, service: str, region: str = "") -> FakeSts:
        assert (service, region) in {("sts", "eu-central-1"), ("sts", "")}
        return self

    def get_caller_identity(self) -> Mapping[str, Any]:
        headers = {"date": self.moment} if self.moment else {}
        return {"Account": "1", "Arn": f"{ROLE}/n", "ResponseMetadata": {"HTTPHeaders": headers}}

    def assume_role(self, **request: Any) -> Mapping[str, Any]:
        self.asked.append(request["DurationSeconds"])
        if request["DurationSeconds"] > self.longest:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": self.refusal}}, "AssumeRole")
        keys = {"AccessKeyId": "ASIAX", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": keys, "AssumedRoleUser": {"Arn": f"{ROLE}/n"}}


def entered(sts: FakeSts, duration: int) -> SessionLength | None:
    return StsIdentity(cast("AwsSession", sts)).assume(Entrance(ROLE, duration=duration), "eu-central-1").session


def test_how_far_the_clock_is_off_is_told_by_the_date_of_aws_s_answer() -> None:
    def ahead(moment: str) -> float:
        return StsIdentity(cast("AwsSession", FakeSts(3600, moment=moment))).caller().ahead

    assert ahead(formatdate(time.time() + 400, usegmt=True)) == pytest.approx(400, abs=5)
    assert ahead(formatdate(time.time(), usegmt=True)) == pytest.approx(0, abs=5)
    assert ahead("") == 0.0


@pytest.mark.parametrize("duration", [900, 3600, 43_200])
def test_a_session_is_as_long_as_asked_where_aws_gives_it(duration: int) -> None:
    sts = FakeSts(longest=43_200)
    assert entered(sts, duration) == SessionLength(duration, duration, Granted.AS_ASKED)
    assert sts.asked == [duration]


def test_a_chained_session_lasts_an_hour_and_says_why() -> None:
    sts = FakeSts(longest=3600)
    assert entered(sts, 43_200) == SessionLength(43_200, 3600, Granted.CHAINED)
    assert sts.asked == [43_200, 3600]


def test_a_chained_session_that_is_refused_an_hour_is_not_asked_for_again() -> None:
    sts = FakeSts(longest=900)
    with pytest.raises(NotReadyError, match="role chaining"):
        entered(sts, 3600)
    assert sts.asked == [3600]


def test_a_role_that_allows_less_is_no_case_of_chaining() -> None:
    sts = FakeSts(longest=3600, refusal=MAXIMUM)
    with pytest.raises(NotReadyError, match="MaxSessionDuration") as caught:
        entered(sts, 43_200)
    assert sts.asked == [43_200]
    assert "deploy bootstrap" in caught.value.remedy


def test_every_check_of_a_role_says_which_case_applied() -> None:
    said = Recorder()
    plan = make_plan(Operation.UP, [replace(stack(), session_duration=7200)])
    sessions = Preflight(FakeIdentity(longest=3600), FakeState(), said, FakeClock()).require(plan, facts()).sessions
    assert said.of(SessionNegotiated) == [SessionNegotiated("dev", 7200, 3600, Granted.CHAINED.value)]
    assert sessions == {"dev": SessionLength(7200, 3600, Granted.CHAINED)}


def test_the_provider_asks_for_what_aws_gave_the_driver() -> None:
    step = make_plan(Operation.UP, [stack()]).steps[0]
    known = replace(facts(), sessions={"dev": SessionLength(7200, 3600, Granted.CHAINED)})
    assert known.request(step).facts["deploy:grantedDuration"] == "3600"
    assert "deploy:grantedDuration" not in facts().request(step).facts


def test_the_organisation_s_role_is_asked_for_what_every_role_allows() -> None:
    access = replace(access_stack(), session_duration=43_200)
    assert make_plan(Operation.UP, [access]).steps[0].entrance("n").duration == 3600
    service = replace(stack(), session_duration=43_200)
    assert make_plan(Operation.UP, [service]).steps[0].entrance("n").duration == 43_200


class Instance(BaseHTTPRequestHandler):
    """A metadata service with credentials of one role, which counts how often it gives them."""

    given: ClassVar[list[str]] = []

    def do_PUT(self) -> None:
        self._answer("token")

    def do_GET(self) -> None:
        if self.path.endswith("/security-credentials/"):
            self._answer("jenkins-deploy")
            return
        self.given.append(self.path)
        expires = datetime.fromtimestamp(time.time() + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": "ASIAX", "SecretAccessKey": "s", "Token": "t", "Expiration": expires}
        self._answer(json.dumps({"Code": "Success", **keys}))

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def test_this_machine_s_credentials_are_asked_for_anew_after_a_minute_and_when_they_are_over() -> None:
    clock = FakeClock()
    with ThreadingHTTPServer(("127.0.0.1", 0), Instance) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        aws = AwsSession("eu-central-1", metadata_endpoint=endpoint, now=clock.now)
        first = aws.client("s3")
        clock.sleep(RENEWED_AFTER)
        assert aws.client("s3") is first
        clock.sleep(1)
        second = aws.client("s3")
        assert aws.client("s3") is second is not first
        aws.renew()
        assert aws.client("s3") is not second
        assert len(Instance.given) == 3
        server.shutdown()


def test_a_role_is_entered_once_for_several_questions() -> None:
    clock, given = FakeClock(), list[str]()

    def keys() -> Mapping[str, str]:
        given.append("x")
        return {"AWS_ACCESS_KEY_ID": f"ASIA{len(given)}", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}

    aws = AwsSession("eu-central-1", now=clock.now)
    dev = aws.entered("dev", "eu-central-1", keys)
    assert aws.entered("dev", "eu-central-1", keys) is dev
    assert aws.entered("prod", "eu-central-1", keys) is not dev
    clock.sleep(RENEWED_AFTER + 1)
    assert aws.entered("dev", "eu-central-1", keys) is not dev
    assert len(given) == 3


def test_keys_that_were_given_stay_a_session_s_own() -> None:
    def signed_by(session: AwsSession) -> str:
        return str(session.client("sts")._request_signer._credentials.access_key)

    one, other = (
        AwsSession("eu-central-1", keys={"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": "s"})
        for name in ("ASIAONE", "ASIAOTHER")
    )
    assert (signed_by(one), signed_by(other), signed_by(one)) == ("ASIAONE", "ASIAOTHER", "ASIAONE")


@pytest.mark.parametrize(
    ("code", "over"), [("ExpiredToken", True), ("ExpiredTokenException", True), ("AccessDenied", False)]
)
def test_only_a_session_that_is_over_is_worth_a_new_one(code: str, over: bool) -> None:
    def refused() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")

    with pytest.raises(NotReadyError, match=code) as caught:
        asking("keeping the record", refused)
    assert isinstance(caught.value, SessionOverError) is over
