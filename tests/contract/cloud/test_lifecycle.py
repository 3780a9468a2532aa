"""A sandbox starts once, survives a stop, stands beside another one, and can be emptied."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import SandboxError
from tests.contract.cloud.outsider import Someone, at_instance, refusal, trusting, zipped
from tests.root_keys import root_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy_sandbox.accounts import Sandbox


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    lifecycle.down(tmp_path / "home")


def iam(sandbox: Sandbox, account: str = "dev") -> Any:
    import boto3

    keys = root_environment(sandbox, account)
    return boto3.client(
        "iam",
        endpoint_url=sandbox.endpoint,
        region_name=sandbox.region,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


def test_starting_twice_finds_the_same_process(home: Path) -> None:
    first = lifecycle.up(home)
    assert lifecycle.up(home) == first
    assert lifecycle.status(home) == first


def test_stopping_ends_the_process_and_its_ports(home: Path) -> None:
    started = lifecycle.up(home)
    assert lifecycle.down(home)
    assert lifecycle.status(home) is None
    assert not lifecycle.down(home)
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)


def run_a_function(sandbox: Sandbox, name: str) -> None:
    """Its code is unpacked where the sandbox keeps what it needs while it runs."""
    root = Someone(sandbox, sandbox.accounts["dev"], "test")
    trust = trusting({"Service": "lambda.amazonaws.com"})
    role = root.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = {"ZipFile": zipped("def handler(event, context): return 1")}
    functions = root.client("lambda")
    functions.create_function(FunctionName=name, Role=role, Runtime="python3.11", Handler="index.handler", Code=code)
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == 1


def test_what_a_function_is_unpacked_to_goes_with_the_sandbox_however_it_ends(home: Path, unique: str) -> None:
    killed = lifecycle.up(home)
    run_a_function(killed, unique)
    assert [path.name for path in (home / "tmp").iterdir() if unique in path.name]
    assert not list(Path(tempfile.gettempdir()).glob(f"*{unique}*"))
    os.kill(killed.pid, signal.SIGKILL)
    os.waitpid(killed.pid, 0)
    lifecycle.up(home)
    assert not list((home / "tmp").glob(f"*{unique}*"))
    lifecycle.down(home)
    assert not (home / "tmp").exists()


def test_state_and_addresses_survive_a_stop(home: Path) -> None:
    first = lifecycle.up(home)
    iam(first).create_user(UserName="survivor")
    lifecycle.down(home)
    second = lifecycle.up(home)
    assert (second.endpoint, second.instances) == (first.endpoint, first.instances)
    kept = [urlsplit(address).port or 0 for address in (second.endpoint, *second.instances.values())]
    assert max(kept) < 32_768, "an outgoing connection may have it by the time that it starts again"
    assert iam(second).get_user(UserName="survivor")["User"]["UserName"] == "survivor"


QA = {"tools": "111111111111", "qa": "555555555555", "qa-too": "555555555555"}


def test_it_has_the_accounts_that_it_is_told_of_and_no_others(home: Path) -> None:
    sandbox = lifecycle.up(home, accounts=QA)
    assert sandbox.accounts == QA
    sts = at_instance(sandbox, "administrator").client("sts")
    session = {"RoleSessionName": "a-session"}
    entered = sts.assume_role(RoleArn="arn:aws:iam::555555555555:role/OrganizationAccountAccessRole", **session)
    assert ":555555555555:" in entered["AssumedRoleUser"]["Arn"]
    other = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
    assert refusal(lambda: sts.assume_role(RoleArn=other, **session))[0] == "AccessDenied"


def test_a_new_account_is_added_and_what_is_in_the_others_is_kept(home: Path) -> None:
    said: list[str] = []
    first = lifecycle.up(home, accounts={"tools": "111111111111"}, powers=True)
    iam(first, "tools").create_user(UserName="survivor")
    second = lifecycle.up(home, accounts=QA, say=said.append)
    assert "other accounts: qa (555555555555), qa-too (555555555555)" in said[0]
    assert (second.endpoint, second.accounts) == (first.endpoint, QA)
    assert iam(second, "tools").get_user(UserName="survivor")["User"]["UserName"] == "survivor"
    assert iam(second, "qa").get_role(RoleName="OrganizationAccountAccessRole")
    assert lifecycle.up(home, powers=True) == second


def test_the_same_accounts_start_nothing_and_are_remembered(home: Path) -> None:
    first = lifecycle.up(home, accounts=QA)
    assert lifecycle.up(home, accounts=dict(reversed(QA.items()))) == first == lifecycle.up(home)
    lifecycle.down(home)
    assert lifecycle.up(home).accounts == QA
    assert lifecycle.reset(home).accounts == QA


def test_reset_empties_every_account(home: Path) -> None:
    iam(lifecycle.up(home)).create_user(UserName="gone")
    emptied = lifecycle.reset(home)
    assert iam(emptied).list_users()["Users"] == []


def test_a_process_that_was_killed_is_not_running(home: Path) -> None:
    killed = lifecycle.up(home)
    os.kill(killed.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while lifecycle.status(home) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert lifecycle.status(home) is None
    assert lifecycle.up(home).pid != killed.pid


def test_two_sandboxes_stand_side_by_side(home: Path, tmp_path: Path) -> None:
    other_home = tmp_path / "other"
    first, second = lifecycle.up(home), lifecycle.up(other_home)
    try:
        iam(first).create_user(UserName="here")
        assert iam(second).list_users()["Users"] == []
    finally:
        lifecycle.down(other_home)


def test_a_wanted_port_is_used(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert lifecycle.up(home, port=port).endpoint == f"http://127.0.0.1:{port}"


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"Port {port} on 127.0.0.1 is taken"):
            lifecycle.up(home, port=port)


def test_a_running_sandbox_does_not_silently_lack_the_powers_asked_for(home: Path) -> None:
    lifecycle.up(home)
    with pytest.raises(SandboxError, match="without test powers"):
        lifecycle.up(home, powers=True)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows a process's environment")
def test_the_server_inherits_nothing(home: Path) -> None:
    os.environ["PLANTED_SECRET"] = "seen"
    try:
        started = lifecycle.up(home)
    finally:
        del os.environ["PLANTED_SECRET"]
    assert b"PLANTED_SECRET" not in Path(f"/proc/{started.pid}/environ").read_bytes()


def test_it_answers_on_loopback_only(home: Path) -> None:
    started = lifecycle.up(home)
    addresses = [started.endpoint, *started.instances.values()]
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    for address in addresses:
        port = int(address.rsplit(":", 1)[1])
        for host, answers in (("127.0.0.1", True), ("127.0.0.2", False)):
            with socket.socket() as knock:
                knock.settimeout(2)
                assert (knock.connect_ex((host, port)) == 0) == answers
