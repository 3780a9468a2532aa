"""AssumeRoleWithWebIdentity takes a token of a known issuer, for its audience, as long as it lasts, whose subject the role trusts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from deploy_driver import remedies
from deploy_driver.assurance.adapters.inspection import Inspector
from deploy_driver.assurance.findings.catalogue import judge
from deploy_driver.assurance.findings.observed import InspectedIssuer
from deploy_driver.assurance.findings.text import as_text
from tests.carried import gone, printed
from tests.contract.cloud.outsider import Someone, refusal, trusting
from tests.issuer import TokenIssuer

if TYPE_CHECKING:
    from deploy_driver.adapters.aws import AwsSession
    from deploy_sandbox.accounts import Sandbox

SUBJECT = "system:serviceaccount:jenkins:deploy"
ACTION = "sts:AssumeRoleWithWebIdentity"
MAY_ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}


@pytest.fixture(scope="module")
def keys() -> TokenIssuer:
    """A key pair takes a while: one for all issuers of these tests."""
    return TokenIssuer("https://nowhere.example.com")


@pytest.fixture
def issuer(sandbox: Sandbox, as_root: Callable[[str, str], Any], unique: str, keys: TokenIssuer) -> TokenIssuer:
    """An issuer that the tools account knows."""
    known = TokenIssuer(f"https://oidc.example.com/id/{unique}", keys.key)
    as_root("tools", "iam").create_open_id_connect_provider(Url=known.url, ClientIDList=["sts.amazonaws.com"])
    known.publish(sandbox.home)
    return known


@pytest.fixture
def enter(sandbox: Sandbox) -> Callable[..., Any]:
    """Ask for a role with a token, and no other credentials."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    sts = boto3.client("sts", endpoint_url=sandbox.endpoint, region_name=sandbox.region, config=config)
    return lambda role, token, **facts: sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="agent", WebIdentityToken=token, **facts
    )


def trust(sandbox: Sandbox, issuer: TokenIssuer, **condition: Mapping[str, Any]) -> str:
    host = issuer.url.removeprefix("https://")
    says = {"StringEquals": {f"{host}:sub": SUBJECT, f"{host}:aud": "sts.amazonaws.com"}, **condition}
    provider = f"arn:aws:iam::{sandbox.accounts['tools']}:oidc-provider/{host}"
    return trusting({"Federated": provider}, ACTION, **says)


def test_a_token_of_the_subject_is_a_session_of_the_role_and_the_next_role_is_chaining(
    sandbox: Sandbox, issuer: TokenIssuer, enter: Callable[..., Any], make_role: Callable[..., str], unique: str
) -> None:
    role = make_role("tools", trust(sandbox, issuer), MAY_ASSUME, name=unique, MaxSessionDuration=7200)
    answer = enter(role, issuer.token(SUBJECT), DurationSeconds=7200)
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == "sts.amazonaws.com"
    assert 7100 < answer["Credentials"]["Expiration"].timestamp() - time.time() <= 7201
    given = answer["Credentials"]
    agent = Someone(sandbox, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    arn = agent.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{sandbox.accounts['tools']}:assumed-role/{unique}/agent"
    target = make_role("dev", trusting(sandbox.accounts["tools"]), MaxSessionDuration=7200)
    assert agent.become(target, DurationSeconds=3600)
    code, message = refusal(lambda: agent.become(target, DurationSeconds=3601))
    assert (code, "1 hour session limit" in message) == ("ValidationError", True)


def test_it_is_on_record_who_the_issuer_says_that_it_is(
    sandbox: Sandbox,
    issuer: TokenIssuer,
    enter: Callable[..., Any],
    make_role: Callable[..., str],
    as_root: Callable[[str, str], Any],
) -> None:
    enter(make_role("tools", trust(sandbox, issuer)), issuer.token(SUBJECT))
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
    newest = as_root("tools", "cloudtrail").lookup_events(LookupAttributes=wanted)["Events"][0]
    identity = json.loads(newest["CloudTrailEvent"])["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("WebIdentityUser", SUBJECT)


def test_a_token_is_taken_until_five_minutes_after_its_end(
    sandbox: Sandbox, issuer: TokenIssuer, enter: Callable[..., Any], make_role: Callable[..., str]
) -> None:
    role = make_role("tools", trust(sandbox, issuer))
    assert enter(role, issuer.token(SUBJECT, ends_in=-200))
    code, message = refusal(lambda: enter(role, issuer.token(SUBJECT, ends_in=-400)))
    assert (code, message.startswith("Token expired: current date/time")) == ("ExpiredTokenException", True)


def test_whoever_is_not_meant_is_refused_with_the_code_of_aws(
    sandbox: Sandbox, issuer: TokenIssuer, enter: Callable[..., Any], make_role: Callable[..., str]
) -> None:
    role = make_role("tools", trust(sandbox, issuer))
    right = issuer.token(SUBJECT)
    changed = f"{right.rpartition('.')[0]}.{issuer.token('other').rpartition('.')[2]}"
    named = "InvalidIdentityToken"
    wrong = {
        issuer.token("system:serviceaccount:jenkins:preview"): ("AccessDenied", f"Not authorized to perform {ACTION}"),
        issuer.token(SUBJECT, aud="somebody"): (named, "Incorrect token audience"),
        issuer.token(SUBJECT, iss="https://other.example.com"): (
            named,
            "No OpenIDConnect provider found in your account",
        ),
        TokenIssuer(issuer.url).token(SUBJECT): (named, "signature"),
        changed: (named, "signature"),
        "no.token": (named, "not a valid JWT"),
    }
    for token, (code, said) in wrong.items():
        got = refusal(partial(enter, role, token))
        assert (got[0], said in got[1]) == (code, True), got
    assert enter(role, right)


def test_an_audience_that_the_trust_does_not_name_is_refused(
    sandbox: Sandbox, issuer: TokenIssuer, enter: Callable[..., Any], make_role: Callable[..., str]
) -> None:
    host = issuer.url.removeprefix("https://")
    condition = {"StringEquals": {f"{host}:sub": SUBJECT, f"{host}:aud": "another"}}
    role = make_role("tools", trust(sandbox, issuer, **condition))
    assert refusal(lambda: enter(role, issuer.token(SUBJECT)))[0] == "AccessDenied"


def test_an_issuer_whose_keys_nobody_has_vouches_for_nothing(
    *,
    sandbox: Sandbox,
    keys: TokenIssuer,
    enter: Callable[..., Any],
    make_role: Callable[..., str],
    as_root: Callable[[str, str], Any],
    unique: str,
) -> None:
    silent = TokenIssuer(f"https://{unique}.example.com", keys.key)
    as_root("tools", "iam").create_open_id_connect_provider(Url=silent.url, ClientIDList=["sts.amazonaws.com"])
    code, message = refusal(lambda: enter(make_role("tools", trust(sandbox, silent)), silent.token(SUBJECT)))
    assert (code, "Couldn't retrieve verification key" in message) == ("InvalidIdentityToken", True)


class Root:
    """The session of the root user of the tools account."""

    def __init__(self, as_root: Callable[[str, str], Any]) -> None:
        self._as_root = as_root

    def client(self, service: str) -> Any:
        return self._as_root("tools", service)


def test_doctor_finds_an_issuer_that_iam_does_not_know_or_takes_for_others(
    sandbox: Sandbox, as_root: Callable[[str, str], Any], unique: str
) -> None:
    url = f"https://oidc.example.com/id/{unique}"
    provider = f"arn:aws:iam::{sandbox.accounts['tools']}:oidc-provider/{url.removeprefix('https://')}"
    root = cast("AwsSession", Root(as_root))

    def found(audience: str) -> str:
        seen = Inspector(root, sandbox.region).audiences(provider)
        return as_text([*judge([InspectedIssuer("tools", url, "Pulumi.tools.yaml", 9, 3, audience, seen)])])

    printed(remedies.MAKE_ISSUER_KNOWN, found("first"))
    as_root("tools", "iam").create_open_id_connect_provider(Url=url, ClientIDList=["first"])
    gone(remedies.MAKE_ISSUER_KNOWN, found("first"))
    gone(remedies.LIST_AUDIENCE, found("first"))
    printed(remedies.LIST_AUDIENCE, found("second"))
    as_root("tools", "iam").add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=provider, ClientID="second"
    )
    for audience in ("first", "second"):
        gone(remedies.LIST_AUDIENCE, found(audience))
    code, _ = refusal(
        lambda: as_root("tools", "iam").add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=f"{provider}-other", ClientID="second"
        )
    )
    assert code == "NoSuchEntity"
