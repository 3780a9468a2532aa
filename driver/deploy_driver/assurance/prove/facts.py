"""What a proof knows of the accounts: who the roles are, what the stack's things are called, what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_project.stacks import arn, role_arn


@dataclass(frozen=True)
class ProvedTools:
    """The account that Jenkins lives in. `boundary` is the ARN of the policy that caps its roles.

    `project` is in the names of all states; those of access layers are in `access_bucket`, under `access_key`.
    """

    account: str
    region: str
    deploy_role: str
    preview_role: str
    project: str
    state_bucket: str
    state_key: str
    access_bucket: str
    access_key: str
    plan_key: str
    boundary: str
    trail: str
    trail_bucket: str

    def role_arn(self, name: str) -> str:
        """A role of this account."""
        return role_arn(self.account, name)

    def files(self, stack: str) -> Mapping[str, str]:
        """Where the engine keeps what it knows of a stack, by what it is (pulumi/pulumi `pkg/backend/diy`, `store.go`)."""
        name = f"{self.project}/{stack}"
        return {
            "state": f".pulumi/stacks/{name}.json",
            "history": f".pulumi/history/{name}/prove.history.json",
            "backup": f".pulumi/backups/{name}/prove.json",
            "lock": f".pulumi/locks/organization/{name}/prove.json",
        }


@dataclass(frozen=True)
class ProvedTarget:
    """An account that Jenkins deploys into, and its one stack.

    `session` is a name that the trust asks for, `longest` the roles' MaxSessionDuration in seconds, `organisation` the one
    that the trust is to demand; empty for none. `bucket_policy` and
    `trail_policy` are the documents that stand on the buckets, so that putting them again changes nothing.
    """

    project: str
    env: str
    account: str
    region: str
    session: str
    external_id: str
    longest: int
    organisation: str
    deployment_role: str
    preview_role: str
    bootstrap_role: str
    execution_role: str
    boundary: str
    bucket: str
    function: str
    log_group: str
    trail: str
    trail_bucket: str
    bucket_policy: str
    trail_policy: str

    @property
    def tags(self) -> Mapping[str, str]:
        """What everything of the stack carries."""
        return {"deploy:project": self.project, "deploy:stack": self.env}

    def role_arn(self, name: str) -> str:
        """A role of this account."""
        return role_arn(self.account, name)

    @property
    def function_arn(self) -> str:
        """The stack's function."""
        return arn("lambda", f"function:{self.function}", region=self.region, account=self.account)


@dataclass(frozen=True)
class CreatedThings:
    """What the proof made in one account to try things on: an HTTP API of nobody's stack, beside roles, user, bucket."""

    other_api: str


@dataclass(frozen=True)
class Facts:
    """Everything: `targets` are proved, `known` are all there are. `created` by account; empty where nothing may be made."""

    tools: ProvedTools
    targets: tuple[ProvedTarget, ...]
    known: tuple[ProvedTarget, ...]
    created: Mapping[str, CreatedThings] = field(default_factory=dict)

    def beside(self, target: ProvedTarget) -> ProvedTarget:
        """Another target account; the same one where there is only one."""
        others = [other for other in self.known if other.env != target.env]
        return others[0] if others else target
