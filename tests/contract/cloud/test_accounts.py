"""Being somebody in the sandbox takes addresses, and keys only for an outsider's root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy_sandbox.accounts import ACCOUNTS, Sandbox, SandboxError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def four(tmp_path: Path) -> Sandbox:
    return Sandbox(
        home=tmp_path,
        pid=1,
        endpoint="http://127.0.0.1:4566",
        region="eu-central-1",
        accounts=ACCOUNTS,
        instances={"administrator": "http://127.0.0.1:4567"},
    )


def test_an_instance_has_addresses_and_no_keys(four: Sandbox) -> None:
    assert four.environment("administrator") == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:4567",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_an_unknown_instance_is_refused(four: Sandbox) -> None:
    with pytest.raises(SandboxError, match="no instance 'jenkins'; it has administrator"):
        four.environment("jenkins")
