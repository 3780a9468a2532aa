"""What AWS sees of the machine is computed: planted variables and files arrive only where they are meant to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_driver.config.environment import BASE_IDENTITY, given_until, left_out, of_session, on_aws, on_loopback

PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjEXAMPLE",
    "AWS_PROFILE": "prod-admin",
    "AWS_ROLE_ARN": "arn:aws:iam::444444444444:role/admin",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/creds",
    "AWS_ENDPOINT_URL": "https://evil.example",
    "AWS_ENDPOINT_URL_STS": "https://evil.example",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CA_BUNDLE": "/evil.pem",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://evil.example",
    "AWS_CONFIG_FILE": "/home/me/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/home/me/credentials",
}
MACHINE = {"PATH": "/usr/bin", "HOME": "/home/me", "LANG": "C.UTF-8", "HTTPS_PROXY": "http://proxy:3128"}
OTHER = {
    "PULUMI_ACCESS_TOKEN": "pul-123",
    "PULUMI_CONFIG_PASSPHRASE": "x",
    "PYTHONPATH": "/evil",
    "LD_PRELOAD": "/evil.so",
    "GITHUB_TOKEN": "ghp_123",
}
INSTANCE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:4567",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
}
SESSION = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


def aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("AWS_")}


def test_no_planted_variable_arrives_in_the_sandbox() -> None:
    environment = on_loopback({**PLANTED, **MACHINE, **OTHER}, INSTANCE)
    assert not set(environment.values()) & {*PLANTED.values(), *OTHER.values()}
    assert aws(environment) == {
        **INSTANCE,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def test_the_instance_s_own_variables_do() -> None:
    assert INSTANCE.items() <= on_loopback(MACHINE, INSTANCE).items()


def test_in_the_sandbox_every_address_but_loopback_is_asked_of_the_sandbox() -> None:
    environment = on_loopback({**MACHINE, "NO_PROXY": "*", "no_proxy": "*"}, INSTANCE)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        assert environment[name] == INSTANCE["AWS_ENDPOINT_URL"]
    assert environment["NO_PROXY"] == environment["no_proxy"] == "127.0.0.1,localhost"


def test_what_every_process_needs_of_the_machine_arrives_everywhere() -> None:
    for environment in (on_loopback(MACHINE, INSTANCE), on_aws(MACHINE)):
        assert environment["PATH"] == "/usr/bin"
        assert environment["HOME"] == "/home/me"


def test_on_aws_the_machine_is_who_it_is_and_nothing_else_of_it_is_passed_on() -> None:
    environment = on_aws({**PLANTED, **MACHINE, **OTHER})
    assert set(aws(environment)) == {name for name in PLANTED if name in BASE_IDENTITY} | {"AWS_CA_BUNDLE"}
    assert environment["HTTPS_PROXY"] == "http://proxy:3128"
    assert not environment.keys() & OTHER.keys()
    assert "AWS_ENDPOINT_URL" not in environment


def test_what_a_run_on_aws_does_not_get_is_known_by_name() -> None:
    handed_on = dict.fromkeys((*BASE_IDENTITY, "AWS_CA_BUNDLE", "AWS_REGION"), "x")
    missed = {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL_S3": "https://s3.example"}
    assert left_out({**handed_on, **missed, "PATH": "/bin"}) == ("AWS_ENDPOINT_URL_S3", "AWS_USE_FIPS_ENDPOINT")
    assert left_out(handed_on) == ()
    assert not set(missed) & set(on_aws(missed))


@pytest.mark.parametrize("surroundings", [on_aws({**PLANTED, **MACHINE}), on_loopback(MACHINE, INSTANCE)])
def test_a_command_with_a_session_can_be_nobody_else(surroundings: Mapping[str, str]) -> None:
    environment = of_session(surroundings, "eu-west-1", SESSION)
    assert SESSION.items() <= environment.items()
    ways_in = {name for name in environment if name in BASE_IDENTITY} - SESSION.keys()
    assert ways_in == {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environment["PATH"] == "/usr/bin"


def test_a_command_in_the_sandbox_stays_in_the_sandbox() -> None:
    environment = of_session(on_loopback(MACHINE, INSTANCE), "eu-central-1", SESSION)
    assert environment["AWS_ENDPOINT_URL"] == INSTANCE["AWS_ENDPOINT_URL"]
    assert environment["HTTPS_PROXY"] == INSTANCE["AWS_ENDPOINT_URL"]


ASK = "import botocore.session as s; c = s.Session().get_credentials(); print(c.access_key if c else 'nobody')"


def found_by_the_credential_chain(environment: Mapping[str, str]) -> str:
    """Whom an AWS SDK takes itself for; the metadata endpoint is a port where nobody listens."""
    nobody = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**environment, **nobody},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_a_person_s_own_key_file_is_not_asked_in_the_sandbox_though_it_is_there(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[default]\naws_access_key_id = AKIAPERSON\naws_secret_access_key = secret\n"
    )
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    assert found_by_the_credential_chain(on_aws(home)) == "AKIAPERSON"
    assert found_by_the_credential_chain(on_loopback(home, INSTANCE)) == "nobody"


def test_when_credentials_end_is_known_of_variables_that_say_it_and_of_no_others() -> None:
    said = {"AWS_CREDENTIAL_EXPIRATION": "2026-11-27T20:30:00+00:00"}
    given = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    assert given_until({**given, **said}) == 1795811400.0
    for environment in (said, given, {**given, "AWS_CREDENTIAL_EXPIRATION": "soon"}):
        assert given_until(environment) is None
    assert "AWS_CREDENTIAL_EXPIRATION" not in on_aws({**given, **said})
