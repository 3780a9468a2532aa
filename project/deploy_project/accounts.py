"""The accounts of a project as their files say them, and who enters one of them how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from deploy_project.stacks import ACCESS, RoleKind, role_arn, target_role_arn

Value = str | int
Values = Mapping[str, Value]
"""What a stack file says, by full key such as `deploy:account`; every key that may be left out has its default."""

CHAINED_LIMIT = 3600
"""Seconds that a session got by a role's session may last; AWS refuses a longer one (IAM User Guide, role chaining)."""

SESSION = 3600
"""Seconds that a session lasts where nobody asks for another length: AWS's own default."""

ORGANIZATION_ROLE = "OrganizationAccountAccessRole"
"""The administrators' role that AWS Organizations makes in every account it creates."""


class EnterAs(StrEnum):
    """Which role a step takes in its account."""

    DEPLOYMENT = "deployment"
    PREVIEW = "preview"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True)
class Entrance:
    """How to get into one account: the arguments of sts:AssumeRole. `role_arn` is empty where the caller is already in it.

    An empty `external_id` or `source_identity` is not sent. `duration` is in seconds.
    """

    role_arn: str
    session_name: str = ""
    external_id: str = ""
    source_identity: str = ""
    duration: int = SESSION

    def request(self) -> Mapping[str, str]:
        """As the STS API names them, without the duration, which is negotiated."""
        said = {
            "RoleArn": self.role_arn,
            "RoleSessionName": self.session_name,
            "ExternalId": self.external_id,
            "SourceIdentity": self.source_identity,
        }
        return {name: value for name, value in said.items() if value}


class Enterable(Protocol):
    """What has to be known of an account to enter it. The names of roles are empty in the tools account: there Jenkins is."""

    @property
    def account(self) -> str: ...
    @property
    def bootstrap_role(self) -> str: ...
    @property
    def deployment_role(self) -> str: ...
    @property
    def preview_role(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def session_duration(self) -> int: ...


def role_of(account: Enterable, enter_as: EnterAs) -> str:
    """The ARN of the role that `enter_as` means in this account; empty in the tools account."""
    if enter_as is EnterAs.BOOTSTRAP:
        return role_arn(account.account, account.bootstrap_role) if account.bootstrap_role else ""
    kind = RoleKind(enter_as)
    name = account.deployment_role if kind is RoleKind.DEPLOYMENT else account.preview_role
    return target_role_arn(account.account, kind, name) if name else ""


def entrance(account: Enterable, enter_as: EnterAs, session_name: str) -> Entrance:
    """Who enters how. The run's own roles are entered with this account's external id, and with the session's name as source identity.

    The bootstrap role is the organisation's, not ours: its trust asks for no external id, lets nobody set a source identity, and
    how long its sessions may be is not ours to say.
    """
    role = role_of(account, enter_as)
    if not role or enter_as is EnterAs.BOOTSTRAP:
        return Entrance(role, session_name)
    return Entrance(role, session_name, account.external_id, session_name, account.session_duration)


@dataclass(frozen=True)
class AgentTokens:
    """What the tokens of agents say that come by an identity provider: `issuer` is without `https://`, as AWS names it everywhere."""

    issuer: str
    audience: str
    deploy_subjects: tuple[str, ...]
    preview_subjects: tuple[str, ...]

    @classmethod
    def of(cls, said: Mapping[str, str]) -> AgentTokens | None:
        """As the file of the tools account says; None where no agent brings one."""
        if not said["deploy:agentIssuer"]:
            return None
        return cls(
            issuer=said["deploy:agentIssuer"].removeprefix("https://"),
            audience=said["deploy:agentAudience"],
            deploy_subjects=tuple(said["deploy:deploySubjects"].split(",")),
            preview_subjects=tuple(said["deploy:previewSubjects"].split(",")),
        )


@dataclass(frozen=True)
class ToolsFacts:
    """The account that Jenkins lives in. `organization` is the one that whoever enters must belong to; may be empty.

    So may `approver_role`, whose sessions approve reviewed plans. `agents` is what Jenkins' agents run on: `ec2`, `ecs`, `eks`, or
    `oidc` for those that bring `tokens`.
    """

    account: str
    region: str
    deploy_role: str
    preview_role: str
    state_bucket: str
    state_key: str
    access_state_bucket: str
    access_state_key: str
    plan_key: str
    organization: str = ""
    approver_role: str = ""
    agents: tuple[str, ...] = ("ec2",)
    tokens: AgentTokens | None = None

    @classmethod
    def of(cls, values: Values) -> ToolsFacts:
        """As its file says. Bucket and key of the access layers' states are named after the others where nothing else is said."""
        said = {name: str(value) for name, value in values.items()}
        return cls(
            account=said["deploy:account"],
            region=said["deploy:region"],
            deploy_role=said["deploy:jenkinsDeployRole"],
            preview_role=said["deploy:jenkinsPreviewRole"],
            state_bucket=said["deploy:stateBucket"],
            state_key=said["deploy:stateKey"],
            access_state_bucket=said["deploy:accessStateBucket"] or f"{said['deploy:stateBucket']}{ACCESS}",
            access_state_key=said["deploy:accessStateKey"] or f"{said['deploy:stateKey']}{ACCESS}",
            plan_key=said["deploy:planKey"],
            organization=said["deploy:organization"],
            approver_role=said["deploy:approverRole"],
            agents=tuple(dict.fromkeys(said["deploy:agents"].split(","))),
            tokens=AgentTokens.of(said),
        )


@dataclass(frozen=True)
class TargetFacts:
    """An account that Jenkins deploys into, and the ways in. `session_duration` is in seconds."""

    env: str
    account: str
    region: str
    bootstrap_role: str
    deployment_role: str
    preview_role: str
    external_id: str
    session_duration: int

    @classmethod
    def of(cls, env: str, values: Values) -> TargetFacts:
        """As its file says."""
        return cls(
            env=env,
            account=str(values["deploy:account"]),
            region=str(values["deploy:region"]),
            bootstrap_role=str(values["deploy:bootstrapRole"]),
            deployment_role=str(values["deploy:deploymentRole"]),
            preview_role=str(values["deploy:previewRole"]),
            external_id=str(values["deploy:externalId"]),
            session_duration=int(values["deploy:sessionDuration"]),
        )
