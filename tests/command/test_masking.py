"""A console that more people read than may know accounts and roles."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from deploy_driver.record.redaction import MaskedStream, masked
from tests.samples import ACCOUNTS, project

DEPLOY = Path(sys.executable).with_name("deploy")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("up in account 222222222222", "up in account ************"),
        (
            "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment can",
            "arn:aws:iam::************:role/*** can",
        ),
        ("arn:aws:iam::222222222222:role/a/path/of-it", "arn:aws:iam::************:role/***"),
        (
            "arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-1: x",
            "arn:aws:sts::************:assumed-role/***: x",
        ),
        ("deploy-state-111111111111", "deploy-state-************"),
        ("https://x/111111111111/y", "https://x/************/y"),
        ("run 20261123-0102-3f9a7c at 1795395720.0", "run 20261123-0102-3f9a7c at 1795395720.0"),
        ("sha 1234567890123 ab222222222222", "sha 1234567890123 ab222222222222"),
        ("", ""),
    ],
)
def test_accounts_and_roles_become_stars_and_nothing_else_does(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_stream_stays_what_it_is() -> None:
    stream = io.StringIO()
    shown = MaskedStream(stream)
    assert shown.write("222222222222") == 12
    assert not shown.isatty()
    assert stream.getvalue() == "************"


@pytest.mark.parametrize("arguments", [["list"], ["list", "--output", "json"]])
def test_a_command_shows_accounts_unless_it_is_told_not_to(tmp_path: Path, arguments: list[str]) -> None:
    project(tmp_path)

    def said(*flags: str, **env: str) -> str:
        command = [str(DEPLOY), *flags, *arguments, "--project", str(tmp_path)]
        done = subprocess.run(
            command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **env}, timeout=60, check=True
        )
        return done.stdout + done.stderr

    assert ACCOUNTS["dev"] in said()
    assert ACCOUNTS["dev"] not in said("--mask")
    assert ACCOUNTS["dev"] not in said(DEPLOY_MASK="1")


def test_an_error_is_masked_too(tmp_path: Path) -> None:
    folder = project(tmp_path / "222222222222")
    command = [str(DEPLOY), "--mask", "up", "--project", str(folder / "gone")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "222222222222" not in done.stderr
