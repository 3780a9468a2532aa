"""What a proof knows of the accounts: who the roles are, what the stack's things are called, what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import Context, covers
from deploy_project.seam import NamedThing
from deploy_project.stacks import arn, project_of, role_arn


@dataclass(frozen=True)
class ProvedTools:
    """The account that Jenkins lives in. `boundary` is the ARN of the policy that caps its roles.

    `project` is in the names of all states; those of access layers are in `access_bucket`, under `access_key`. `approver_role`
    approves plans; empty where nobody does.
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
    approver_role: str

    def role_arn(self, name: str) -> str:
        """A role of this account."""
        return role_arn(self.account, name)

    def files(self, stack: str) -> Mapping[str, str]:
        """Where engine and driver keep what they know of a stack, by what it is (pulumi/pulumi `pkg/backend/diy`, `store.go`)."""
        name = f"{project_of(self.project, stack)}/{stack}"
        return {
            "state": f".pulumi/stacks/{name}.json",
            "history": f".pulumi/history/{name}/prove.history.json",
            "backup": f".pulumi/backups/{name}/prove.json",
            "lock": f".pulumi/locks/organization/{name}/prove.json",
            "lease": f".deploy/leases/{name}.json",
        }


@dataclass(frozen=True)
class ProvedBucket:
    """A bucket of the service, by the program's name and in AWS; `policy` is the document that stands on it, empty for none."""

    name: str
    bucket: str
    policy: str

    @property
    def arn(self) -> str:
        """The bucket."""
        return arn("s3", self.bucket)


@dataclass(frozen=True)
class ProvedFunction:
    """A function of the service: the program's name, its name in AWS, its ARN, its log group, and the ARN of the role it runs as."""

    name: str
    function: str
    arn: str
    log_group: str
    role_arn: str

    @property
    def log_arn(self) -> str:
        """The log group."""
        region, account = self.arn.split(":")[3:5]
        return arn("logs", f"log-group:{self.log_group}", region=region, account=account)


@dataclass(frozen=True)
class ProvedTarget:
    """An account that Jenkins deploys into, and its one stack: whatever its program has.

    `session` is a name that the trust asks for, `longest` the roles' MaxSessionDuration in seconds, `organisation` the one
    that the trust is to demand; empty for none. `roles` are those that the access layer makes, with all that they need.
    `trail_policy` is the document that stands on the trail's bucket, so that putting it again changes nothing.
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
    boundary: str
    trail: str
    trail_bucket: str
    trail_policy: str
    roles: tuple[RoleDefinition, ...]
    buckets: tuple[ProvedBucket, ...]
    functions: tuple[ProvedFunction, ...]
    things: tuple[NamedThing, ...]

    @property
    def tags(self) -> Mapping[str, str]:
        """What everything of the stack carries."""
        return {"deploy:project": self.project, "deploy:stack": self.env}

    @property
    def execution_roles(self) -> tuple[RoleDefinition, ...]:
        """What things of the service run as."""
        return tuple(role for role in self.roles if role.name not in {"deployment", "preview"})

    def role_arn(self, name: str) -> str:
        """A role of this account, of the access layer or of somebody else."""
        own = {role.arn.rpartition("/")[2]: role.arn for role in self.roles}
        return own.get(name) or role_arn(self.account, name)

    def roles_of(self, *names: str) -> tuple[RoleDefinition, ...]:
        """The roles of these names among the documents; not `deployment` where the program has nothing to deploy."""
        return tuple(role for role in self.roles if role.name in names)

    def asks(self, action: str, resource: str, context: Context | None = None) -> bool:
        """Whether the program makes some role of the stack need this: then it is right that the boundary lets it through."""
        return any(needs(role, action, resource, context or {}) for role in self.roles)

    def uses(self, service: str) -> bool:
        """Whether some role of the stack needs anything of a service."""
        return any(request.action.startswith(f"{service}:") for role in self.roles for request in role.requests)


def needs(role: RoleDefinition, action: str, resource: str, context: Context) -> bool:
    """Whether the role needs an action on a resource in a request with these condition keys, or in any."""
    return any(
        request.action == action and covers(request.resource, resource) and request.context.items() <= context.items()
        for request in role.requests
    )


@dataclass(frozen=True)
class CreatedThings:
    """What the proof made in one account to try things on: an HTTP API of nobody's stack, beside roles, user, bucket."""

    other_api: str


@dataclass(frozen=True)
class Facts:
    """Everything: `targets` are proved, `known` are all there are. `created` by account; empty where nothing may be made.

    `roles` are those of all access layers, with all that they need.
    """

    tools: ProvedTools
    targets: tuple[ProvedTarget, ...]
    known: tuple[ProvedTarget, ...]
    roles: tuple[RoleDefinition, ...] = ()
    created: Mapping[str, CreatedThings] = field(default_factory=dict)

    def beside(self, target: ProvedTarget) -> ProvedTarget:
        """Another target account; the same one where there is only one."""
        others = [other for other in self.known if other.env != target.env]
        return others[0] if others else target
