"""A metadata token says how long it lives, without which the AWS SDK for Go takes it for none."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox

pytestmark = pytest.mark.sandbox

HEADER = "x-aws-ec2-metadata-token-ttl-seconds"


def test_a_token_says_how_long_it_lives(sandbox: Sandbox) -> None:
    address = f"{sandbox.instances['administrator']}/latest/api/token"
    request = urllib.request.Request(address, headers={HEADER: "300"}, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.headers[HEADER] == "300"
