"""An STS that knows which roles let us in, and into which account they lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy_driver.errors import DeployError, NotReadyError
from deploy_driver.values import Caller, Granted, SessionLength
from deploy_project.accounts import Entrance

TOOLS = "111111111111"
JENKINS = Caller(TOOLS, f"arn:aws:sts::{TOOLS}:assumed-role/jenkins-deploy/i-0123456789abcdef0")


@dataclass
class FakeIdentity:
    """Implements the Identity port. Every role is entered, in the account its ARN names, unless told otherwise.

    `refusals` are consumed from the front per role; `leads_to` moves a role into another account. Sessions are as long
    as asked, or at most `longest` seconds where that is said.
    """

    me: Caller = JENKINS
    broken: DeployError | None = None
    refusals: Mapping[str, list[NotReadyError]] = field(default_factory=dict)
    leads_to: Mapping[str, str] = field(default_factory=dict)
    longest: int | None = None
    on_assume: Callable[[Entrance], None] | None = None
    entered: list[Entrance] = field(default_factory=list)

    def caller(self) -> Caller:
        if self.broken:
            raise self.broken
        return self.me

    def assume(self, entrance: Entrance, region: str) -> Caller:
        del region
        self.entered.append(entrance)
        if self.on_assume:
            self.on_assume(entrance)
        role = entrance.role_arn.rsplit("/", 1)[1]
        waiting = self.refusals.get(role)
        if waiting:
            raise waiting.pop(0)
        account = self.leads_to.get(role, entrance.role_arn.split(":")[4])
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/{entrance.session_name}"
        return Caller(account, arn, self._session(entrance.duration))

    def _session(self, asked: int) -> SessionLength:
        if self.longest is None or asked <= self.longest:
            return SessionLength(asked, asked, Granted.AS_ASKED)
        return SessionLength(asked, self.longest, Granted.CHAINED)
