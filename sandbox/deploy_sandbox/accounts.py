"""The sandbox's AWS accounts, and how to be someone in them.

An identity is never a key in the environment: an instance's credentials come from a metadata endpoint on loopback,
which the ordinary credential chain of every AWS SDK asks by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REGION = "eu-central-1"

ACCOUNTS: dict[str, str] = {
    "tools": "111111111111",
    "dev": "222222222222",
    "staging": "333333333333",
    "prod": "444444444444",
}
"""The accounts of a sandbox that is told of no others, by name."""

ORGANIZATION = "o-sandbox4accounts"
"""The organisation that all accounts belong to; the tools account manages it."""

ADMINISTRATOR_ROLE = "Administrator"
"""The administrator's role in the tools account, and its instance profile."""

ORGANIZATION_ROLE = "OrganizationAccountAccessRole"
"""The administrator's way into every other account, as AWS Organizations makes it."""

INSTANCES = ("administrator", "jenkins-deploy", "jenkins-preview")
"""Who can be somebody here: `administrator` from the start, the other two once bootstrap has made their profiles."""


class SandboxError(Exception):
    """The sandbox could not be started, stopped or found as asked for; the message says what to do."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: where it answers, who its accounts are, and where each instance finds its credentials."""

    home: Path
    pid: int
    endpoint: str
    region: str
    accounts: Mapping[str, str]
    instances: Mapping[str, str]

    def environment(self, instance: str) -> dict[str, str]:
        """What a process needs to be that instance: addresses and a region, no keys.

        Raises SandboxError when there is no such instance.
        """
        if instance not in self.instances:
            raise SandboxError(f"The sandbox has no instance {instance!r}; it has {', '.join(self.instances)}.")
        return {**self.addresses(), "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.instances[instance]}

    def addresses(self) -> dict[str, str]:
        """Where AWS is and the region: what every process needs, whoever it is."""
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
