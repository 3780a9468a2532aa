"""A killed sandbox comes back as its last snapshot had it, whole, and says so."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import Someone, trusting
from tests.contract.cloud.records import wait_until
from tests.contract.cloud.service import Service, get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy_sandbox.accounts import Sandbox

pytestmark = pytest.mark.sandbox

CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'here'}\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    lifecycle.down(tmp_path / "home")


def root(sandbox: Sandbox, service: str) -> Any:
    return Someone(sandbox, sandbox.accounts["dev"], "test").client(service)


def kill(sandbox: Sandbox) -> None:
    os.kill(sandbox.pid, signal.SIGKILL)
    assert wait_until(lambda: lifecycle.status(sandbox.home) is None)


def saved(home: Path, name: str) -> bool:
    """Whether a snapshot knows the name."""
    file = home / "state" / "services" / "iam.json"
    return file.exists() and name in file.read_text(encoding="utf-8")


def test_what_was_there_when_it_got_quiet_survives_a_kill(home: Path) -> None:
    first, said = lifecycle.up(home), list[str]()
    service = Service(first, "dev", "items", lambda name: root(first, name))
    role = root(first, "iam").create_role(
        RoleName="runs", AssumeRolePolicyDocument=trusting({"Service": "lambda.amazonaws.com"})
    )
    service.make(role["Role"]["Arn"], CODE)
    service.permit()
    root(first, "iam").create_user(UserName="before")
    assert wait_until(lambda: saved(home, "before"))
    root(first, "iam").create_user(UserName="after")

    kill(first)
    second = lifecycle.up(home, say=said.append)

    assert "ended without being stopped. Its accounts are as they were at " in said[0]
    assert [user["UserName"] for user in root(second, "iam").list_users()["Users"]] == ["before"]
    assert get(f"{service.url}/health") == (200, "here")


def test_a_stop_loses_nothing_and_says_nothing(home: Path) -> None:
    said: list[str] = []
    root(lifecycle.up(home), "iam").create_user(UserName="kept")
    lifecycle.down(home)
    second = lifecycle.up(home, say=said.append)
    assert [user["UserName"] for user in root(second, "iam").list_users()["Users"]] == ["kept"]
    assert not [line for line in said if "without being stopped" in line]


def test_a_kill_before_the_first_snapshot_is_said_to_leave_nothing(home: Path) -> None:
    said: list[str] = []
    kill(lifecycle.up(home))
    lifecycle.up(home, say=said.append)
    assert "every account starts empty" in said[0]


@pytest.mark.parametrize("left", ["before the old folder went", "between the two renames", "half written"])
def test_an_interrupted_snapshot_leaves_a_whole_one(home: Path, left: str) -> None:
    root(lifecycle.up(home), "iam").create_user(UserName="kept")
    lifecycle.down(home)
    services = home / "state" / "services"
    old, new = services.with_name("services.old"), services.with_name("services.new")
    if left == "between the two renames":
        services.rename(old)
    else:
        broken = new if left == "half written" else old
        broken.mkdir()
        (broken / "iam.json").write_text('{"half": ', encoding="utf-8")
    again = lifecycle.up(home)
    assert [user["UserName"] for user in root(again, "iam").list_users()["Users"]] == ["kept"]
    lifecycle.down(home)
    assert [path.name for path in (home / "state").iterdir() if "services" in path.name] == ["services"]


def test_a_sandbox_stays_the_same_process_through_its_snapshots(home: Path) -> None:
    started = lifecycle.up(home)
    root(started, "iam").create_user(UserName="first")
    assert wait_until(lambda: saved(home, "first"))
    root(started, "iam").create_user(UserName="second")
    assert wait_until(lambda: saved(home, "second"))
    assert lifecycle.status(home) == started
    assert (home / "server.log").read_text(encoding="utf-8") == ""


def test_what_no_service_saved_again_keeps_what_it_had(home: Path) -> None:
    root(lifecycle.up(home), "iam").create_user(UserName="kept")
    lifecycle.down(home)
    untouched = home / "state" / "services" / "not-loaded.json"
    untouched.write_text("{}", encoding="utf-8")
    lifecycle.up(home)
    lifecycle.down(home)
    assert untouched.read_text(encoding="utf-8") == "{}"
    assert saved(home, "kept")
