"""One sandbox per test process, and who may act in it."""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud.outsider import Someone, at_instance, document, trusting, zipped
from tests.contract.cloud.powers import Powers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deploy_sandbox.accounts import Sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("sandbox")
    started = lifecycle.up(home, powers=True)
    yield started
    lifecycle.down(home)


@pytest.fixture(scope="session")
def powers(sandbox: Sandbox) -> Powers:
    return Powers(sandbox, (sandbox.home / "powers-token").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def root(sandbox: Sandbox) -> Callable[[str], Someone]:
    """The root of an account, by the account's name."""
    return lambda account: Someone(sandbox, sandbox.accounts[account], "test")


@pytest.fixture(scope="session")
def as_root(root: Callable[[str], Someone]) -> Callable[[str, str], Any]:
    """A client of the root of an account: `as_root("dev", "iam")`."""
    return cache(lambda account, service: root(account).client(service))


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def make_role(as_root: Callable[[str, str], Any]) -> Callable[..., str]:
    """Make a role and return its ARN: `make_role("dev", trust, statement, …, PermissionsBoundary=…)`."""

    def make(account: str, trust: str, *statements: Mapping[str, Any], name: str | None = None, **facts: Any) -> str:
        iam = as_root(account, "iam")
        role = name or f"r{uuid.uuid4().hex[:12]}"
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust, **facts)
        if statements:
            iam.put_role_policy(RoleName=role, PolicyName="does", PolicyDocument=document(*statements))
        return str(made["Role"]["Arn"])

    return make


@pytest.fixture
def published(sandbox: Sandbox, as_root: Callable[[str, str], Any], make_role: Callable[..., str], unique: str) -> str:
    """The ARN of a function in dev, of that unique name, with one published version."""
    as_root("dev", "lambda").create_function(
        FunctionName=unique,
        Role=make_role("dev", trusting({"Service": "lambda.amazonaws.com"})),
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": zipped("")},
        Publish=True,
    )
    return f"arn:aws:lambda:{sandbox.region}:{sandbox.accounts['dev']}:function:{unique}"


@pytest.fixture
def someone(root: Callable[[str], Someone], as_root: Callable[[str, str], Any]) -> Callable[..., Someone]:
    """An IAM user of an account who may do exactly these statements: `someone("dev", statement, …)`."""

    def make(account: str, *statements: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> Someone:
        iam = as_root(account, "iam")
        name = f"u{uuid.uuid4().hex[:12]}"
        iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()])
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="does", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Someone(root(account).sandbox, key["AccessKeyId"], key["SecretAccessKey"])

    return make


@pytest.fixture(scope="session")
def administrator(sandbox: Sandbox) -> Someone:
    """The administrator, whose credentials come from its metadata endpoint."""
    return at_instance(sandbox, "administrator")
