"""Whatever is wrong with the machine's credentials is one sentence and exit code 3, and never a bug in deploy."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.command.seeds import tried
from tests.command.test_cli import DEPLOY
from tests.container import TOKEN, answering
from tests.samples import project

KEY = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
CIRCLE = """[profile ci]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = other
[profile other]
role_arn = arn:aws:iam::111111111111:role/b
source_profile = ci
"""
CODE = """
[profile ci]
role_arn = arn:aws:iam::111111111111:role/a
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/me
[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI
"""
NOWHERE = "http://127.0.0.1:9/credentials"


def process(command: str) -> str:
    return f"[profile ci]\ncredential_process = {command}\n"


def ended(
    root: Path, verb: str, config: str, environment: Mapping[str, str], *more: str
) -> subprocess.CompletedProcess[str]:
    root.mkdir(exist_ok=True)
    (root / "aws-config").write_text(config, "utf-8")
    return subprocess.run(
        [str(DEPLOY), verb, "--cloud", "aws", "--project", str(project(root)), *more],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(root),
            "AWS_CONFIG_FILE": str(root / "aws-config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # so that nothing asks at the terminal of whoever runs the tests
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("config", "environment", "said"),
    [
        (
            "",
            {"AWS_PROFILE": "nosuch"},
            "the profile nosuch (AWS_PROFILE) gives no AWS credentials: The config profile",
        ),
        ("this is no INI", {"AWS_PROFILE": "ci"}, "Unable to parse config file"),
        (process("false"), {"AWS_PROFILE": "ci"}, "Error when retrieving credentials from custom-process"),
        (process("/no/such/program"), {"AWS_PROFILE": "ci"}, "/no/such/program"),
        (process("echo hello"), {"AWS_PROFILE": "ci"}, "what it says is no JSON"),
        (process("echo {}"), {"AWS_PROFILE": "ci"}, "the profile ci (AWS_PROFILE) gives no AWS credentials"),
        (CIRCLE, {"AWS_PROFILE": "ci"}, "Infinite loop in credential configuration"),
        (CODE, {"AWS_PROFILE": "ci"}, "it asks for a code (mfa_serial), and nobody is here to type one"),
        ("", KEY, "the key in the environment"),
        (
            "",
            {"AWS_ROLE_ARN": "arn:aws:iam::1:role/a", "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/token"},
            "the web identity token in /no/such/token (AWS_WEB_IDENTITY_TOKEN_FILE) gives no AWS credentials",
        ),
        ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": NOWHERE}, f"the container at {NOWHERE}"),
        (
            "",
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": NOWHERE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/no/token"},
            "/no/token",
        ),
        ("", {}, "there are no AWS credentials on this machine"),
    ],
)
def test_credentials_that_cannot_be_had_are_one_sentence(
    tmp_path: Path, config: str, environment: Mapping[str, str], said: str
) -> None:
    done = ended(tmp_path, "exec", config, environment, "--stack", "dev", "--", "true")
    assert done.returncode == 3, done
    assert said in done.stderr
    assert "what to do: " in done.stderr
    for word in ("Traceback", "bug in deploy", "wJalrXUtnFEMI"):
        assert word not in done.stderr


def test_doctor_says_it_as_what_is_wrong(tmp_path: Path) -> None:
    done = ended(tmp_path, "doctor", "", {"AWS_PROFILE": "nosuch"})
    assert "the profile nosuch (AWS_PROFILE) gives no AWS credentials" in " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 3, done


def test_no_surroundings_are_a_bug_in_deploy(tmp_path: Path) -> None:
    """Other seeds by hand: `python -m tests.command.hostile_credentials FOLDER 1000 5000`."""
    done = tried("hostile_credentials", tmp_path, 400, limit=240)
    assert (done.stdout, done.returncode) == ("", 0), done


def test_a_container_s_token_is_handed_on_and_without_it_the_refusal_is_said(tmp_path: Path) -> None:
    with answering({"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s", "Token": "t"}) as address:
        container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": address}
        nowhere = "[default]\nendpoint_url = http://127.0.0.1:9\n"
        more = ("--stack", "dev", "--", "true")
        with_token = {**container, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}
        taken = ended(tmp_path / "with", "exec", nowhere, with_token, *more)
        refused = ended(tmp_path / "without", "exec", nowhere, container, *more)
    assert "Could not connect to the endpoint URL" in taken.stderr, taken
    assert (refused.returncode, "403" in refused.stderr) == (3, True), refused
