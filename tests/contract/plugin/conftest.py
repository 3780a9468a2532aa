"""A sandbox, a plugin that has entered its dev account, and an outsider's clients there."""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import Someone
from tests.contract.cloud.powers import Powers
from tests.contract.plugin.cases import Place
from tests.contract.plugin.engine import plugin
from tests.e2e.conftest import templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy_sandbox.accounts import Sandbox
    from tests.contract.plugin.engine import Engine

__all__ = ["templates"]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("sandbox")
    yield lifecycle.up(home, powers=True)
    lifecycle.down(home)


@pytest.fixture(scope="session")
def powers(sandbox: Sandbox) -> Powers:
    return Powers(sandbox, (sandbox.home / "powers-token").read_text().strip())


@pytest.fixture(scope="session")
def clients(sandbox: Sandbox) -> Callable[[str], Any]:
    """A client of the root of dev, by service."""
    return cache(Someone(sandbox, sandbox.accounts["dev"], "test").client)


@pytest.fixture(scope="session")
def dev(sandbox: Sandbox) -> Iterator[Engine]:
    """A plugin that the administrator in tools has entered dev with."""
    with plugin(sandbox.environment("administrator")) as engine:
        engine.configure(
            region=sandbox.region,
            allowedAccountIds='["222222222222"]',
            assumeRoles='[{"roleArn":"arn:aws:iam::222222222222:role/OrganizationAccountAccessRole",'
            '"sessionName":"items-dev-1","duration":"3600s"}]',
            defaultTags='{"tags":{"deploy:stack":"dev"}}',
            skipCredentialsValidation="false",
            skipRegionValidation="true",
        )
        yield engine


@pytest.fixture
def place(clients: Callable[[str], Any], unique: str) -> Place:
    return Place(clients, unique)


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"
