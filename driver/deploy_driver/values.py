"""The frozen values that every part of the driver speaks in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from deploy_driver.choices import Host
from deploy_project.accounts import SESSION, EnterAs, Entrance, role_of
from deploy_project.remedy import NO_REMEDY, Remedy
from deploy_project.stacks import RoleKind, role_arn, target_role_arn


class Cloud(StrEnum):
    """Where a run happens: real AWS, or the accounts of the sandbox on this machine."""

    AWS = "aws"
    SANDBOX = "sandbox"


class Plugin(StrEnum):
    """Which AWS plugin the engine loads: the offline stand-in, or the one that AWS needs."""

    STAND_IN = "stand-in"
    REAL = "real"


class Layer(StrEnum):
    """`access`: who may enter an account. `service`: what runs there."""

    ACCESS = "access"
    SERVICE = "service"


class Operation(StrEnum):
    """What one step of a plan does to one stack."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"


class SmokeKind(StrEnum):
    """How a service is tested once it is deployed: its health address is asked, a command is run, or nothing is done."""

    HEALTH = "health"
    COMMAND = "command"
    NONE = "none"


@dataclass(frozen=True)
class HealthCheck:
    """An answer that is expected of the stack's output `url` at `path`: its HTTP status, and fields of its JSON.

    `{stack}`, `{account}` and `{version}` in an expected text stand for the stack's own; the last is its output `version`.
    One that nobody has asked for (not `configured`) is made only where there is such an output.
    """

    path: str = "/health"
    status: int = 200
    expect: tuple[tuple[str, str | int | bool], ...] = ()
    configured: bool = False


@dataclass(frozen=True)
class CommandCheck:
    """A command whose exit code says whether the service works: the program and its arguments."""

    arguments: tuple[str, ...]


SmokeCheck = HealthCheck | CommandCheck | None
"""What is to be tested; None where nothing is to be."""


@dataclass(frozen=True)
class ChosenSmokeTest:
    """The smoke test of one deployment. `asks` is the address, or the command; of none, why there is none."""

    kind: SmokeKind
    asks: str


@dataclass(frozen=True)
class Backend:
    """Where state lives: a bucket of the tools account, secrets encrypted by a KMS key there.

    `marker` is the key of an object in the bucket without which nobody may use the backend: states that belong there
    have not all been moved there yet. Empty where nothing has to be moved.
    """

    account: str
    region: str
    bucket: str
    key_alias: str
    marker: str = ""


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Window:
    """A time of the week: from `start` to `end`, in minutes since midnight, on the `days` (0 is Monday) on which it begins.

    One that ends before it begins goes on after midnight. `words` are those of the settings.
    """

    days: frozenset[int]
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Freeze:
    """A time in which nothing is changed, in seconds since the epoch; `until` is the first moment after it."""

    start: float
    until: float
    why: str


@dataclass(frozen=True)
class Schedule:
    """When a stack may be changed: in one of its `windows` (at any time where there are none), and in no freeze.

    `zone` is the name of the time zone by whose clock that is said.
    """

    zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    @property
    def always_open(self) -> bool:
        """Whether nothing ever keeps the stack."""
        return not self.windows and not self.freezes


@dataclass(frozen=True)
class Soak:
    """For how many seconds what was deployed is watched before the next ring begins, and the names of the CloudWatch alarms."""

    seconds: int
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm as it is now: its state (`OK`, `ALARM`, `INSUFFICIENT_DATA`), and AWS's reason for it."""

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Stack:
    """One Pulumi stack: one layer of one account, the file that says everything about that account, and where its state is."""

    name: str
    env: str
    layer: Layer
    account: str
    region: str
    file: Path
    backend: Backend
    deployment_role: str = ""
    preview_role: str = ""
    bootstrap_role: str = ""
    external_id: str = ""
    session_duration: int = SESSION
    needs: tuple[str, ...] = ()
    approve: bool = False
    approvals: int = 0
    author_may_approve: bool = False
    max_deletes: int | None = None
    smoke: SmokeCheck = HealthCheck()
    smoke_timeout: int = 60
    former_roles: tuple[str, ...] = ()
    schedule: Schedule = Schedule()
    soak: Soak | None = None

    def role_arn(self, enter_as: EnterAs) -> str:
        """The role that `enter_as` means in this account; empty in the tools account, where nobody changes role."""
        return role_of(self, enter_as)

    @property
    def guarded(self) -> bool:
        """Whether it is a service of which the settings say that it is not changed lightly: what is lost there needs a reason."""
        return self.layer is Layer.SERVICE and (self.approve or self.approvals > 0 or self.max_deletes is not None)

    @property
    def own_roles(self) -> tuple[str, ...]:
        """Every role through which this stack's account is entered, under the names of today and of before; none in the tools account.

        Before roles had a path of their own they were the same without it.
        """
        names = (self.deployment_role, self.preview_role, *self.former_roles)
        former = [
            arn
            for name in names
            if name
            for arn in (role_arn(self.account, name), *(target_role_arn(self.account, kind, name) for kind in RoleKind))
        ]
        return tuple(dict.fromkeys((*(arn for enter_as in EnterAs if (arn := self.role_arn(enter_as))), *former)))


@dataclass(frozen=True)
class StateMark:
    """Which state of a stack it is: the digest of its file, and the version that the bucket gave it. Empty where there is none."""

    digest: str = ""
    version: str = ""


@dataclass(frozen=True)
class Copy:
    """One more copy of a stack's state: an object of its bucket, or a `version` of it, written at `moment` (seconds since the epoch)."""

    key: str
    moment: float
    version: str = ""


@dataclass(frozen=True)
class Tool:
    """An executable the run depends on: which one, which version, and how it was come by."""

    name: str
    version: str
    path: Path
    source: str


@dataclass(frozen=True)
class Process:
    """A process of some machine: its `host`, that machine's `boot` and process namespace, its `pid`, and when it was `started`.

    `started` is in clock ticks since the boot (proc(5), `/proc/PID/stat`); a process of the same pid that was started at
    another moment is another one. `boot` and `started` are empty where the system does not tell.
    """

    host: str = ""
    boot: str = ""
    pid: int = 0
    started: str = ""


class Granted(StrEnum):
    """How the length of a session came about."""

    AS_ASKED = "as asked"
    CHAINED = "role chaining: AWS gives a session that a role's session asks for one hour at most"


@dataclass(frozen=True)
class SessionLength:
    """How many seconds a role's session was asked for and got. It is renewed for as long as the run lasts."""

    asked: int
    got: int
    why: Granted


@dataclass(frozen=True)
class Caller:
    """Who AWS says we are (sts:GetCallerIdentity), and for how long when a role was entered for it.

    `ahead` is by how many seconds AWS's clock is ahead of this machine's. `ends` is when the credentials end for good, in seconds
    since the epoch; None where they are renewed by themselves, or nothing says so.
    """

    account: str
    arn: str
    session: SessionLength | None = None
    ahead: float = 0.0
    ends: float | None = None


class Urn(str):
    """What Pulumi calls a resource: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. What is none has no type, and is its own name."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """The Pulumi type token, for example `aws:s3/bucket:Bucket`."""
        parts = self._parts
        return parts[2].split("$")[-1] if parts else ""

    @property
    def kind(self) -> str:
        """The type as a person says it: `s3/bucket`, without what is the same in all of AWS's."""
        return self.type.removeprefix("aws:").rpartition(":")[0] if self.type.startswith("aws:") else self.type

    @property
    def stack(self) -> str:
        """The stack that it is of."""
        return self._parts[0].removeprefix("urn:pulumi:") if self._parts else ""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        parts = self._parts
        return parts[3] if parts else str(self)

    @property
    def _parts(self) -> list[str]:
        parts = self.split("::", 3)
        return parts if len(parts) == len(("stack", "project", "types", "name")) else []


@dataclass(frozen=True)
class PropertyDiff:
    """One property that differs: where (`tags.owner`, `rules[0].status`), how (Pulumi's `add`, `update-replace`, …), from what to what.

    `old` and `new` are JSON values; `[secret]` stands for a secret, `[unknown]` for what is known only afterwards.
    """

    path: str
    kind: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True)
class ResourceChange:
    """One resource of one stack and what the engine does, or did, to it. `op` is Pulumi's own word."""

    urn: str
    op: str
    keys: tuple[str, ...] = ()
    diffs: tuple[PropertyDiff, ...] = ()

    @property
    def type(self) -> str:
        """The Pulumi type token, for example `aws:s3/bucket:Bucket`."""
        return Urn(self.urn).type

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return Urn(self.urn).name


@dataclass(frozen=True)
class RoleInAccount:
    """A role as it is in its account: its inline policies by name, and its permissions boundary; empty where it has none."""

    arn: str
    policies: Mapping[str, Mapping[str, Any]]
    boundary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called, without the path that it lies in."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class MissingRight:
    """An IAM action on a `resource` (its ARN) that a planned change takes, and that the deployment role may not do: `why`."""

    change: ResourceChange
    resource: str
    action: str
    why: str


@dataclass(frozen=True)
class Changes:
    """How many resources a step makes, changes, replaces, deletes and leaves alone; provider entries never count."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    same: int = 0

    @property
    def total(self) -> int:
        """Everything that is not left alone."""
        return self.create + self.update + self.replace + self.delete

    def planned(self) -> str:
        """As what would be done: `2 to create, 1 to delete`."""
        return self._said(("to create", "to update", "to replace", "to delete"))

    def done(self) -> str:
        """As what was done: `2 created, 1 deleted`."""
        return self._said(("created", "updated", "replaced", "deleted"))

    def _said(self, words: tuple[str, str, str, str]) -> str:
        counts = (self.create, self.update, self.replace, self.delete)
        return ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True) if count) or "no changes"


@dataclass(frozen=True)
class UploadedFile:
    """One file of what is uploaded: its name in an archive (empty where it is no archive of single files), SHA-256 in hex, place."""

    name: str
    digest: str
    path: str = ""


@dataclass(frozen=True)
class Upload:
    """What the program hands to a property of a resource: an asset or an archive, with the SHA-256 in hex that the engine knows it by.

    Of a zip or of a single file that is the digest of its bytes. `files` are what it consists of.
    """

    urn: str
    property: str
    digest: str
    files: tuple[UploadedFile, ...] = ()


class EngineStatus(StrEnum):
    """How one call of the engine ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BUSY = "busy"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class EngineRequest:
    """One call of the engine on one stack.

    `config_file` is the user's stack file; the engine works on a generated copy of it to which `facts`
    (full config keys such as `deploy:sessionName`) are added. `environment` is all that the engine's process sees.
    `entrance` and `region` are where the program's provider works. `expected` are uploads that must not be others now.
    `machine` is who the process is: the state is kept as that. `decides`: a preview of it decides whether an `up` of it has to start
    the engine again.
    """

    stack: str
    config_file: Path
    facts: Mapping[str, str]
    environment: Mapping[str, str]
    backend: Backend
    refresh: bool = False
    targets: tuple[str, ...] = ()
    entrance: Entrance = field(default_factory=lambda: Entrance(""))
    region: str = ""
    expected: tuple[Upload, ...] = ()
    machine: str = ""
    decides: bool = False


@dataclass(frozen=True)
class EngineReport:
    """What one call of the engine did. `failure` is its reason in one line; `uploads` is what the program hands to its resources."""

    status: EngineStatus
    changes: Changes = Changes()
    resources: tuple[ResourceChange, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    remedy: Remedy = NO_REMEDY
    seconds: float = 0.0
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True)
class ChangedCode:
    """A function whose code, or whose newest version, is not what was deployed. Digests are Lambda's `CodeSha256`.

    `version` was deployed and `newest` is there; `source` is a version that has the deployed code.
    """

    urn: str
    function: str
    deployed: str
    found: str
    version: str
    newest: str
    source: str


@dataclass(frozen=True)
class LiveAlias:
    """An alias of a function and the version that it leads to. `digest` is Lambda's `CodeSha256` of that version; empty where unknown."""

    urn: str
    function: str
    alias: str
    version: str
    digest: str = ""


@dataclass(frozen=True)
class PullRequest:
    """One pull or merge request: at whose API, of which project, which number; `token` opens its discussion."""

    host: Host
    api: str
    project: str
    number: int
    token: str = field(repr=False)


@dataclass(frozen=True)
class Comment:
    """One comment of a discussion. `ours`: the token's own user wrote it. `place` is where a person finds it."""

    id: int
    body: str
    ours: bool
    place: str
