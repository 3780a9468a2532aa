"""The role that an EC2 instance gets from its instance profile, and the session that the instance gets for it.

The credentials are a role session named after the instance, which EC2 obtains as `ec2.amazonaws.com` if the role
trusts it, and renews before they end. (IAM User Guide, "Use an IAM role to grant permissions to applications running
on Amazon EC2 instances".)
"""

from __future__ import annotations

import time
from typing import Any

from deploy_sandbox.cloud import emulator, service_trust
from deploy_sandbox.cloud.trail.recording import service_assumed_role

LIFE_SECONDS = 6 * 3600.0
"""How long an instance's session lasts; it is replaced in the last sixth of that time."""

_life = LIFE_SECONDS

_current: dict[str, str] = {}


def let_sessions_last(seconds: float) -> None:
    """Let an instance's sessions last that long from now on; the next request gets a new one. Test-only: see `powers`."""
    global _life  # noqa: PLW0603 -- one machine room, one rule
    _life = seconds
    _current.clear()


def role_of(account: str, profile: str) -> dict[str, Any] | None:
    """The stored role of an instance profile, when both exist."""
    names = (profile_of(account, profile) or {}).get("Roles")
    return emulator.role(account, names[0]) if names else None


def profile_of(account: str, profile: str) -> dict[str, Any] | None:
    """The stored instance profile."""
    found: dict[str, Any] | None = emulator.INSTANCE_PROFILES.get_scoped(account, None, profile)
    return found


def session_for(instance: str, role: dict[str, Any]) -> dict[str, Any] | None:
    """The session of an instance in its role; None when the role does not trust EC2."""
    if not service_trust.may_assume("ec2.amazonaws.com", role):
        return None
    held = emulator.SESSIONS.get(_current.get(instance, ""))
    if held and held["UserId"].startswith(f"{role['RoleId']}:") and held["Expiration"] - time.time() > _life / 6:
        return dict(held)
    return _issue(instance, role)


def _issue(instance: str, role: dict[str, Any]) -> dict[str, Any]:
    account = role["Arn"].split(":")[4]
    session = {
        **emulator.new_keys(),
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{instance}",
        "UserId": f"{role['RoleId']}:{instance}",
        "Expiration": time.time() + _life,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "Ec2RoleDelivery": "2.0",
    }
    emulator.register(session)
    service_assumed_role("ec2.amazonaws.com", session["AccessKeyId"], session)
    _current[instance] = session["AccessKeyId"]
    return session
