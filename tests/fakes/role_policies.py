"""Roles as they are in the accounts, or that they may not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploy_driver.errors import NotReadyError
from deploy_driver.values import RoleInAccount
from deploy_project.accounts import Entrance


@dataclass
class FakeRolePolicies:
    """Implements the RolePolicies port. A role that is not among `roles` may not be read; `read` is which was asked for, as whom."""

    roles: tuple[RoleInAccount, ...] = ()
    read: list[tuple[str, str]] = field(default_factory=list)

    def role(self, arn: str, entrance: Entrance, _region: str) -> RoleInAccount:
        self.read.append((arn, entrance.role_arn))
        for role in self.roles:
            if role.arn == arn:
                return role
        raise NotReadyError(f"reading {arn}: AccessDenied: no")
