"""What the program may know: everything it needs, checked, and nothing that can change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tools:
    """The account that Jenkins lives in. `organization` is the one that whoever enters must belong to; may be empty."""

    account: str
    region: str
    deploy_role: str
    preview_role: str
    state_bucket: str
    state_key: str
    plan_key: str
    organization: str = ""


@dataclass(frozen=True)
class Target:
    """An account that Jenkins deploys into, and the ways in. `session_duration` is in seconds."""

    env: str
    account: str
    region: str
    bootstrap_role: str
    deployment_role: str
    preview_role: str
    external_id: str
    session_duration: int


@dataclass(frozen=True)
class Service:
    """The service's own settings: MB, seconds, bytes, days."""

    memory: int
    timeout: int
    max_item_bytes: int
    log_retention_days: int


@dataclass(frozen=True)
class Run:
    """What one run says of itself. `enter_as` is `deployment`, `preview` or `bootstrap`.

    `granted_duration` is how long a session AWS gave to this machine, in seconds; 0 when nobody has asked yet.
    `empty_buckets`: this run destroys the stack, so that buckets go with what is in them.
    """

    enter_as: str
    session_name: str
    source_identity: str
    granted_duration: int = 0
    empty_buckets: bool = False


@dataclass(frozen=True)
class StackSettings:
    """What every stack knows: its name, the run, and the account that Jenkins lives in."""

    stack: str
    run: Run
    tools: Tools


@dataclass(frozen=True)
class ToolsSettings(StackSettings):
    """The access layer of the tools account: it lets Jenkins into `targets`."""

    targets: tuple[Target, ...]


@dataclass(frozen=True)
class TargetSettings(StackSettings):
    """One layer of a target account."""

    target: Target
    service: Service

    @property
    def is_access(self) -> bool:
        """Whether this is the layer that says who may enter, not the one that runs there."""
        return is_access(self.stack)


TOOLS = "tools"
_ACCESS = "-access"


def is_access(stack: str) -> bool:
    """`tools` and every `*-access` stack are the access layer; every other is the service layer."""
    return stack == TOOLS or stack.endswith(_ACCESS)


def env_of(stack: str) -> str:
    """The name in `Pulumi.<env>.yaml`: both layers of an account read the same file."""
    return stack.removesuffix(_ACCESS)
