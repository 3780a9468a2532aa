"""An instance finds itself and its credentials at its own metadata endpoint, as on EC2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox.accounts import ADMINISTRATOR_ROLE
from tests.contract.cloud.outsider import ask_metadata, ask_token, at_instance, refusal, trusting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy_sandbox.accounts import Sandbox

CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
EC2 = {"Service": "ec2.amazonaws.com"}


@pytest.fixture
def give_profile(as_root: Callable[[str, str], Any]) -> Iterator[Callable[[str, str], None]]:
    """Give an instance a role that this trust policy guards; taken away again afterwards."""
    iam = as_root("tools", "iam")
    given: list[str] = []

    def give(instance: str, trust: str) -> None:
        given.append(instance)
        iam.create_role(RoleName=instance, AssumeRolePolicyDocument=trust)
        iam.create_instance_profile(InstanceProfileName=instance)
        iam.add_role_to_instance_profile(InstanceProfileName=instance, RoleName=instance)

    yield give
    for name in given:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
        iam.delete_instance_profile(InstanceProfileName=name)
        iam.delete_role(RoleName=name)


def test_boto3_finds_the_administrator_by_itself(sandbox: Sandbox) -> None:
    ask = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    facts = {"PATH": os.environ["PATH"], "HOME": str(sandbox.home), **sandbox.environment("administrator")}
    found = subprocess.run(
        [sys.executable, "-c", ask], env=facts, capture_output=True, text=True, timeout=60, check=True
    )
    assert f"arn:aws:sts::{sandbox.accounts['tools']}:assumed-role/{ADMINISTRATOR_ROLE}/i-" in found.stdout


def test_a_request_without_a_session_token_is_refused(sandbox: Sandbox) -> None:
    assert ask_metadata(sandbox, "administrator", CREDENTIALS) == (200, ADMINISTRATOR_ROLE)
    assert ask_metadata(sandbox, "administrator", CREDENTIALS, held=None)[0] == 401
    assert ask_metadata(sandbox, "administrator", CREDENTIALS, held="made-up")[0] == 401


@pytest.mark.parametrize(("seconds", "status"), [("1", 200), ("21600", 200), ("0", 400), ("21601", 400), ("x", 400)])
def test_a_token_lives_at_most_six_hours(sandbox: Sandbox, seconds: str, status: int) -> None:
    assert ask_token(sandbox, "administrator", seconds)[0] == status


def test_a_token_of_one_instance_opens_no_other(sandbox: Sandbox) -> None:
    token = ask_token(sandbox, "administrator")[1]
    assert ask_metadata(sandbox, "administrator", "/latest/meta-data/instance-id", held=token)[0] == 200
    assert ask_metadata(sandbox, "jenkins-deploy", "/latest/meta-data/instance-id", held=token)[0] == 401


def test_an_instance_knows_where_it_is(sandbox: Sandbox) -> None:
    document = json.loads(ask_metadata(sandbox, "administrator", "/latest/dynamic/instance-identity/document")[1])
    assert document["region"] == sandbox.region
    assert document["accountId"] == sandbox.accounts["tools"]
    assert ask_metadata(sandbox, "administrator", "/latest/meta-data/placement/region") == (200, sandbox.region)
    assert ask_metadata(sandbox, "administrator", "/latest/meta-data/nothing")[0] == 404


def test_an_instance_without_a_profile_has_no_credentials(
    sandbox: Sandbox, give_profile: Callable[[str, str], None]
) -> None:
    assert ask_metadata(sandbox, "jenkins-deploy", CREDENTIALS)[0] == 404
    give_profile("jenkins-deploy", trusting(EC2))
    assert ask_metadata(sandbox, "jenkins-deploy", CREDENTIALS) == (200, "jenkins-deploy")
    arn = at_instance(sandbox, "jenkins-deploy").client("sts").get_caller_identity()["Arn"]
    assert (
        f":assumed-role/jenkins-deploy/{ask_metadata(sandbox, 'jenkins-deploy', '/latest/meta-data/instance-id')[1]}"
        in arn
    )


def test_a_role_that_does_not_trust_ec2_gives_no_credentials(
    sandbox: Sandbox, give_profile: Callable[[str, str], None]
) -> None:
    give_profile("jenkins-preview", trusting({"Service": "lambda.amazonaws.com"}))
    answer = json.loads(ask_metadata(sandbox, "jenkins-preview", CREDENTIALS + "jenkins-preview")[1])
    assert answer["Code"] == "AssumeRoleUnauthorizedAccess"
    assert "AccessKeyId" not in answer


def test_credentials_are_kept_until_the_role_is_another_one(
    sandbox: Sandbox, give_profile: Callable[[str, str], None], as_root: Callable[[str, str], Any]
) -> None:
    give_profile("jenkins-deploy", trusting(EC2))
    first = at_instance(sandbox, "jenkins-deploy")
    assert at_instance(sandbox, "jenkins-deploy") == first
    iam = as_root("tools", "iam")
    iam.remove_role_from_instance_profile(InstanceProfileName="jenkins-deploy", RoleName="jenkins-deploy")
    iam.delete_role(RoleName="jenkins-deploy")
    iam.create_role(RoleName="jenkins-deploy", AssumeRolePolicyDocument=trusting(EC2))
    iam.add_role_to_instance_profile(InstanceProfileName="jenkins-deploy", RoleName="jenkins-deploy")
    second = at_instance(sandbox, "jenkins-deploy")
    assert second.access_key != first.access_key
    second.client("sts").get_caller_identity()
    assert refusal(first.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
