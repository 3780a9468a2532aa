"""What an organisation's administrator finds on the first day: one organisation, one way into each account, nothing else.

In the tools account the role `Administrator` with its instance profile; in each other account the role that AWS
Organizations makes in a member account, which trusts the account that created it. (Organizations User Guide,
"Accessing a member account that has OrganizationAccountAccessRole".)
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ministack.core import responses
from ministack.services import iam

from deploy_sandbox.accounts import ADMINISTRATOR_ROLE, ORGANIZATION, ORGANIZATION_ROLE, REGION
from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
_FAILED = 400


_members: set[str] = set()
"""The organisation's accounts, once the process knows them."""


def wrap(app: App, config: CloudConfig) -> App:
    """Make what is missing as soon as the emulator has its state, before the sandbox says that it may be used."""
    _members.update(config.accounts.values())

    async def organized(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await _make(config.accounts["tools"])
            await send(message)

        await app(scope, receive, sending if scope["type"] == "lifespan" else send)

    return organized


def install() -> None:
    """`aws:PrincipalOrgID` of the accounts; the emulator makes every account an organisation of its own."""
    replace("core.iam_evaluator", "_principal_org_id", _member)


def _member(original: Callable[[str], str | None]) -> Callable[[str], str | None]:
    def principal_org_id(account: str) -> str | None:
        return ORGANIZATION if account in _members else original(account)

    return principal_org_id


async def _make(tools: str) -> None:
    for account in sorted(_members):
        name = ADMINISTRATOR_ROLE if account == tools else ORGANIZATION_ROLE
        if emulator.role(account, name) is not None:
            continue
        principal = {"Service": "ec2.amazonaws.com"} if account == tools else {"AWS": f"arn:aws:iam::{tools}:root"}
        await _role(account, name, principal)
        if account == tools:
            await _call(account, "CreateInstanceProfile", InstanceProfileName=name)
            await _call(account, "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)


async def _role(account: str, name: str, principal: dict[str, str]) -> None:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await _call(account, "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust)
    await _call(account, "AttachRolePolicy", RoleName=name, PolicyArn=_POLICY)


async def _call(account: str, action: str, **params: str) -> None:
    """One IAM call as the root of an account."""
    body = urlencode({"Action": action, **params}).encode()
    root = {"authorization": f"AWS4-HMAC-SHA256 Credential={account}/20200101/{REGION}/iam/aws4_request"}
    with responses.request_scope(account, REGION):
        status, _headers, answer = await iam.handle_request("POST", "/", root, body, {})
    if status >= _FAILED:
        raise RuntimeError(f"{action} in {account} failed: {answer.decode()}")
