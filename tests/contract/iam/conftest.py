"""One sandbox per test process, to be asked by its own evaluator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deploy_sandbox import lifecycle
from tests.root_keys import root_environment


@pytest.fixture(scope="session")
def iam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """IAM of the account dev, by its root."""
    home = tmp_path_factory.mktemp("sandbox")
    started = lifecycle.up(home)
    keys = root_environment(started, "dev")
    new_client: Any = boto3.client
    yield new_client(
        "iam",
        region_name=started.region,
        endpoint_url=started.endpoint,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    lifecycle.down(home)
