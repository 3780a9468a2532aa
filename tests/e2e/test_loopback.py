"""In sandbox mode no request leaves loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy_sandbox import lifecycle
from tests.e2e.project import DEPLOY, ROOT, SANDBOX, Ended, copy_project

NO_NAMESPACE = 77
LEAVE = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect_ex(('192.0.2.1', 9))"


def in_empty_network(folder: Path, *commands: str) -> Ended:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.loopback_only", str(folder), *commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode == NO_NAMESPACE:
        pytest.skip(f"this kernel lets us make no network namespace, so nothing can be counted: {done.stdout}")
    return Ended(done.returncode, done.stdout, done.stderr)


def test_the_whole_main_job_needs_no_network_and_asks_for_none(tmp_path: Path) -> None:
    root = copy_project(tmp_path / "project")
    verbs = (
        "sandbox up",
        "bootstrap --yes",
        "up --stacks dev",
        "preview --stacks dev --refresh",
        "doctor",
        "sandbox down",
    )
    try:
        done = in_empty_network(root, *(f"{DEPLOY} {verb}" for verb in verbs))
    finally:
        lifecycle.down(root / SANDBOX)
    assert done.code == 0, done
    assert done.out.strip() == "0", done


def test_a_packet_that_wants_out_is_counted(tmp_path: Path) -> None:
    done = in_empty_network(tmp_path, f'{sys.executable} -c "{LEAVE}"')
    assert int(done.out) >= 1, done
