"""The root keys of an account of the sandbox: an outsider's eyes for tests, never the product's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox


def root_environment(sandbox: Sandbox, account: str) -> dict[str, str]:
    """What a process needs to be the root user of an account, by its name or id."""
    number = sandbox.accounts.get(account, account)
    assert number in sandbox.accounts.values(), f"the sandbox has no account {account!r}"
    return {**sandbox.addresses(), "AWS_ACCESS_KEY_ID": number, "AWS_SECRET_ACCESS_KEY": "test"}
