"""The doors to the world: what the runner needs, said as protocols. Adapters and fakes implement them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from deploy_driver.lease import EngineLock, Holder, SeenLease
from deploy_driver.record.catalogue import Event
from deploy_driver.values import (
    Alarm,
    Caller,
    ChangedCode,
    CommandCheck,
    Comment,
    Copy,
    EngineReport,
    EngineRequest,
    LiveAlias,
    Process,
    RoleInAccount,
    Stack,
    StateMark,
)
from deploy_project.accounts import Entrance

Emit = Callable[[Event], None]
"""Takes what happened. Never raises, never blocks."""


class Engine(Protocol):
    """The Pulumi engine. Every call changes the world except `preview` and `outputs`."""

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do. With `refresh`, compared with the cloud as it is; the state is never written."""

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Make the stack what the program says. A failed stack is a report, not an exception."""

    def preview_destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `destroy` would do."""

    def destroy(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Delete all that the stack has made, and the stack itself."""

    def outputs(self, request: EngineRequest) -> Mapping[str, Any]:
        """The outputs of the last `up`; empty when the stack has never been deployed. Secrets are masked."""

    def interrupt(self) -> None:
        """Ask the running call to end cleanly. It then reports `interrupted` and leaves no lock. Thread-safe."""


class FunctionCode(Protocol):
    """The code of a stack's Lambda functions, held against what its state says was deployed."""

    def changed(self, request: EngineRequest) -> tuple[ChangedCode, ...]:
        """The functions, within the request's targets, that somebody else gave other code or another version.

        Raises NotReadyError when that cannot be asked, or when no version has the deployed code any more.
        """

    def put_back(self, request: EngineRequest, changed: ChangedCode) -> None:
        """Make the deployed code the function's again, and its newest version; no alias is moved. Raises NotReadyError."""

    def live(self, request: EngineRequest) -> tuple[LiveAlias, ...]:
        """The aliases of the stack's state, within the request's targets, and where they lead. Raises NotReadyError."""

    def elsewhere(self, request: EngineRequest, wanted: Sequence[LiveAlias]) -> Mapping[LiveAlias, str]:
        """Those of the aliases that lead to another version in the account, and to which. Raises NotReadyError.

        What is not there is left out.
        """

    def lead(self, request: EngineRequest, wanted: LiveAlias) -> None:
        """Let an alias lead to that version. Raises NotReadyError where there is no such version with its digest any more."""


class RolePolicies(Protocol):
    """IAM, as whoever enters an account may read it."""

    def role(self, arn: str, entrance: Entrance, region: str) -> RoleInAccount:
        """The role as it is now. Raises NotReadyError where it cannot be read, or not all that decides what it may."""


class Identity(Protocol):
    """STS. Nothing here changes an account."""

    def caller(self) -> Caller:
        """Who the machine is. Raises NotReadyError when there are no credentials."""

    def assume(self, entrance: Entrance, region: str) -> Caller:
        """Enter an account and say who that made us. Raises NotReadyError with AWS's reason."""


class StateStore(Protocol):
    """The buckets and keys of the stacks' backends. Stacks are named; each has its own backend."""

    def check(self, stacks: Iterable[str]) -> None:
        """Raises NotReadyError when this caller cannot use a bucket or a key in which one of these stacks keeps its state."""

    def exists(self, stack: str) -> bool:
        """Whether the stack's backend knows it."""

    def resources(self, stack: str) -> tuple[Mapping[str, Any], ...]:
        """The resources of the stack as its state has them (sdk `apitype.ResourceV3`); none when it has no state."""

    def locks(self, stack: str) -> tuple[EngineLock, ...]:
        """The engines' locks of the stack; several when two engines have begun at the same moment."""

    def remove_lock(self, stack: str, lock: EngineLock) -> None:
        """Remove this one lock of the stack and nothing else. Raises NotReadyError."""

    def written(self, stack: str) -> float:
        """When the stack's state was written last, in seconds since the epoch; 0 when there is none."""

    def took(self, stack: str) -> float:
        """For how many seconds the stack was last deployed, the longest of a few times; 0 when nothing says so."""

    def read(self, stack: str) -> bytes | None:
        """The stack's state, as the engine would read it; None when there is none. Raises NotReadyError."""

    def copies(self, stack: str) -> Iterable[Copy]:
        """The other copies of the stack's state that the engine keeps, newest first."""

    def versions(self, stack: str) -> Iterable[Copy]:
        """The earlier versions of the stack's state, newest first. Raises NotReadyError where this caller may not see them."""

    def read_copy(self, stack: str, copy: Copy) -> bytes:
        """What a copy of the stack's state holds. Raises NotReadyError."""

    def mark(self, stack: str) -> StateMark:
        """Which state of the stack the backend has now. Raises NotReadyError when it cannot be asked."""

    def digest(self, stack: str) -> str:
        """`sha256:` and the hex digest of the stack's state as it is now; empty when the backend does not know the stack."""


class Leases(Protocol):
    """Who may work on which stack. Every method raises NotReadyError when that cannot be asked."""

    def read(self, stack: str) -> SeenLease:
        """The stack's lease as it is now."""

    def write(self, stack: str, holder: Holder, tag: str) -> str:
        """Put the holder in the place of what has this tag, or where there is nothing; the new tag.

        Empty when something else stands there by now.
        """


class Processes(Protocol):
    """The processes of this machine."""

    @property
    def me(self) -> Process:
        """The process that asks."""

    def lives(self, known: Process) -> bool | None:
        """Whether a process still lives; None where that cannot be known from here, as it ran on another machine."""

    def age(self, pid: int) -> float | None:
        """For how many seconds the process of that id has run; None where there is none."""


class UsedPlans(Protocol):
    """Which reviewed plans have been applied, by their ids. Every method raises NotReadyError when that cannot be asked."""

    def used_by(self, plan: str) -> str:
        """The run that has used the plan; empty when none has."""

    def use(self, plan: str, run: str) -> str:
        """Say that the run uses the plan, for good; the other run that has used it already, empty when there is none."""


class PlanKey(Protocol):
    """The key that reviewed plans are signed with. Digests are SHA-256, 32 bytes."""

    def sign(self, digest: bytes) -> bytes:
        """The signature. Raises NotReadyError when this caller may not sign."""

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the digest. Raises NotReadyError when the key cannot be asked."""


class Trail(Protocol):
    """One account's record of who did what."""

    def find(self, key: str, value: str, start: float, end: float) -> Iterable[Mapping[str, Any]]:
        """The CloudTrail records between two moments (seconds since the epoch) by one fact, in any order.

        `key` is `Username` (of a role's session: its name) or `EventName`. Raises NotReadyError when the record cannot be read.
        """


Wrong = Callable[[int, Any], str]
"""What is wrong with an answer of that HTTP status and JSON (None where it is no JSON); empty where nothing is."""


class Prober(Protocol):
    """Finds out whether a deployed service works. Gives up at once when `stopped`, and then raises NotReadyError too."""

    def health(self, address: str, wrong: Wrong, timeout: int, stopped: Callable[[], bool]) -> None:
        """GET the address until nothing is `wrong`. Raises NotReadyError with the last answer after `timeout` seconds."""

    def command(
        self, check: CommandCheck, stack: Stack, outputs: Mapping[str, Any], stopped: Callable[[], bool]
    ) -> str:
        """Run the command; the last line that it wrote. Raises NotReadyError with the last ones when it fails, or takes too long."""


class Alarms(Protocol):
    """CloudWatch in the accounts of the stacks."""

    def read(self, stack: Stack, name: str) -> Alarm | None:
        """The metric alarm of that name in the stack's account and region; None where there is none. Raises NotReadyError."""


class Discussion(Protocol):
    """The comments of one pull request. Every method raises NotNowError when asking again may help, else NotReadyError."""

    def comments(self) -> Iterable[Comment]:
        """All of them, oldest first."""

    def add(self, body: str) -> Comment:
        """One more. After a NotNowError nobody knows whether it was added."""

    def edit(self, comment: Comment, body: str) -> Comment:
        """The same comment with another body."""


class Prompt(Protocol):
    """A person, if there is one."""

    @property
    def present(self) -> bool:
        """Whether somebody can be asked at all."""

    def confirm(self, question: str) -> bool:
        """Ask; anything but yes is no."""


class Interview(Prompt, Protocol):
    """A person who can also say more than yes or no."""

    def ask(self, question: str, suggestion: str = "") -> str | None:
        """Ask for a text; the suggestion is the answer of whoever says nothing. None when nobody goes on answering."""


class Clock(Protocol):
    """Time, so that tests own it."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""
