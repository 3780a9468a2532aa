"""The catalogue of events: everything a run can say.

Kinds, fields and codes are promised: readers compare codes, and nothing else. What is `Prose` is for people; it may be worded anew
at any time. A field of codes takes other text as well: a record may be written by a later deploy, or by whoever may write one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from deploy_driver.choices import Overridable
from deploy_driver.values import Changes, Cloud, Operation, Process, ResourceChange, SmokeKind

Prose = Annotated[str, "worded for people: nobody compares it"]


class Verb(StrEnum):
    """What a run was begun for."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"
    BOOTSTRAP = "bootstrap"
    DRIFT = "drift"
    PROVE = "prove"
    DRIFT_FIX = "drift --fix"
    REPAIR = "repair"
    ROLLBACK = "rollback"


class Result(StrEnum):
    """What became of a step."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not run"


class Reason(StrEnum):
    """Why a step has its result."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PREVIEWED = "previewed"
    DESTROYED = "destroyed"
    REPAIRED = "repaired"
    NOTHING_PENDING = "nothing pending"
    PROVED = "proved"
    CASES_WRONG = "cases went wrong"
    ENGINE_FAILED = "engine failed"
    BUSY = "another run is at work"
    STILL_PENDING = "outcome unknown"
    LEFT_OVER = "left over"
    NOT_ENTERED = "not entered"
    NOT_ON_RECORD = "the record cannot be written"
    SMOKE_TEST_FAILED = "smoke test failed"
    ALARM = "alarm"
    DECLINED = "declined"
    NEEDS_APPROVAL = "needs approval"
    OUTSIDE_WINDOW = "outside its window"
    FROZEN = "frozen"
    OVER_LIMIT = "over a limit"
    LOSES_DATA = "would lose data"
    MISSING_RIGHTS = "missing rights"
    NOT_AS_REVIEWED = "not as reviewed"
    OTHER_PACKAGE = "another package"
    STOPPED = "stopped on request"
    EARLIER_STACK = "an earlier stack"
    BLOCKED = "blocked by a stack that it needs"


class GateName(StrEnum):
    """What a step is held to after its preview, in the order in which the gates are named."""

    REVIEWED = "a reviewed plan"
    EARLIER = "an earlier run"
    PERSON = "a person at the terminal"
    APPROVAL = "an approval"
    LIMIT = "a limit on deletions"
    LOSS = "what it could delete"
    RIGHTS = "what its role may do"


PASSED: Final = "passed"
"""The answer of gates that do not refuse; the answer of one that does is its reason."""

ERROR: Final = "error"
"""The severity of a diagnostic that keeps the engine from succeeding, in Pulumi's word."""


class Moved(StrEnum):
    """Which side is no longer as it was last deployed."""

    CLOUD = "the cloud was changed"
    CODE = "the code is not applied"
    BOTH = "both"


class DriftFact(StrEnum):
    """What is the matter."""

    CHANGED = "changed"
    DELETED = "deleted"
    NOT_MADE = "not made yet"
    APPEARED = "there already, not made by us"
    NOT_REMOVED = "no longer in the code"


class Fate(StrEnum):
    """What becomes of an operation whose outcome nobody knew."""

    ADOPTED = "adopted"
    DROPPED = "dropped"
    STRANGER = "not ours"
    SEVERAL = "several match"
    UNKNOWN = "cannot be looked up"
    TWICE = "made twice"
    DELETED = "deleted"


@dataclass(frozen=True)
class Event:
    """Something happened. `kind` names it in JSON and in the reference."""

    kind: ClassVar[str] = "event"


@dataclass(frozen=True)
class RunStarted(Event):
    """A run began: what it will do, where, as whom, with which tools, in which `process`.

    `config` are the keys that were set for it alone, `allowed` what it may delete, `resumes` the run that it goes on with,
    `plan` the reviewed plan that it applies, `back_to` the earlier run whose commit it deploys again.
    `artefacts` are what a build has made for it and no commit has, by their places in the project. `part_of` is the run over several
    agents that it is a part of.
    """

    kind: ClassVar[str] = "run-started"
    run: str
    operation: Verb | str
    cloud: Cloud | str
    stacks: tuple[str, ...]
    engine: str
    plugin: str
    endpoint: str = ""
    by: str = ""
    approved_by: str = ""
    reason: Prose = ""
    commit: str = ""
    build: str = ""
    config: tuple[str, ...] = ()
    process: Process = Process()
    allowed: tuple[str, ...] = ()
    refresh: bool = False
    resumes: str = ""
    plan: str = ""
    back_to: str = ""
    artefacts: tuple[str, ...] = ()
    part_of: str = ""


@dataclass(frozen=True)
class RunDependsOn(Event):
    """A fact on which the run depends, such as the digest of a file: of the stack's, or of all of it where that is empty."""

    kind: ClassVar[str] = "run-depends-on"
    name: str
    value: str
    stack: str = ""


@dataclass(frozen=True)
class StackSelected(Event):
    """A stack is part of the run because the change since `base` concerns it: a reason for each kind of file."""

    kind: ClassVar[str] = "stack-selected"
    stack: str
    base: str
    reasons: tuple[Prose, ...]


@dataclass(frozen=True)
class StackLeftOut(Event):
    """The change since `base` concerns this stack too, and yet it is not part of the run: `why`."""

    kind: ClassVar[str] = "stack-left-out"
    stack: str
    base: str
    reasons: tuple[Prose, ...]
    why: Prose


@dataclass(frozen=True)
class CheckStarted(Event):
    """Something is being looked at before anything is touched."""

    kind: ClassVar[str] = "check-started"
    check: str
    stack: str = ""


@dataclass(frozen=True)
class CheckPassed(Event):
    """It is as it should be. Of a check that asked AWS who we are, `arn` and `account` are the answer."""

    kind: ClassVar[str] = "check-passed"
    check: str
    fact: Prose
    stack: str = ""
    account: str = ""
    arn: str = ""


@dataclass(frozen=True)
class CheckFailed(Event):
    """It is not; the run will not start."""

    kind: ClassVar[str] = "check-failed"
    check: str
    what: Prose
    remedy: Prose = ""
    stack: str = ""


@dataclass(frozen=True)
class LockRemoved(Event):
    """The engine's lock `key` of the stack was removed: whoever had made it (`by`) is dead, which is known from `why`."""

    kind: ClassVar[str] = "lock-removed"
    stack: str
    key: str
    by: Prose
    why: Prose


@dataclass(frozen=True)
class SessionNegotiated(Event):
    """A role was entered: how many seconds its session was asked for, how many it got, and which case that was."""

    kind: ClassVar[str] = "session-negotiated"
    stack: str
    asked: int
    got: int
    why: Prose


@dataclass(frozen=True)
class StepStarted(Event):
    """One operation on one stack begins."""

    kind: ClassVar[str] = "step-started"
    stack: str
    account: str
    operation: Operation | str
    role: str


@dataclass(frozen=True)
class StateSeen(Event):
    """The stack's state: its digest, and its version in the bucket; empty where there is none.

    `before`: from now on an engine may write it.
    """

    kind: ClassVar[str] = "state-seen"
    stack: str
    digest: str
    version: str = ""
    before: bool = False


@dataclass(frozen=True)
class EngineStarted(Event):
    """An engine began that may change the stack: its process. It may outlive the run's own."""

    kind: ClassVar[str] = "engine-started"
    stack: str
    process: Process


@dataclass(frozen=True)
class ResourceStarted(Event):
    """The engine began to work on a resource; `preview` when it only says what it would do.

    `identity` are the inputs, as `KEY=VALUE`, by which it can be found if nobody hears how that ended.
    """

    kind: ClassVar[str] = "resource-started"
    stack: str
    change: ResourceChange
    preview: bool = False
    identity: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceDone(Event):
    """The engine is done with a resource, or has failed on it. `id` is what the provider calls it in its account."""

    kind: ClassVar[str] = "resource-done"
    stack: str
    change: ResourceChange
    preview: bool = False
    failed: bool = False
    seconds: float = 0.0
    id: str = ""


@dataclass(frozen=True)
class Diagnostic(Event):
    """The engine or a provider has something to say. `severity` is Pulumi's: info, warning, error."""

    kind: ClassVar[str] = "diagnostic"
    stack: str
    severity: str
    message: Prose
    urn: str = ""


@dataclass(frozen=True)
class Progress(Event):
    """Long work outside the engine: what is being done or waited for."""

    kind: ClassVar[str] = "progress"
    message: Prose
    stack: str = ""


@dataclass(frozen=True)
class Previewed(Event):
    """What an `up` or `destroy` would do to a stack."""

    kind: ClassVar[str] = "previewed"
    stack: str
    changes: Changes
    resources: tuple[ResourceChange, ...] = ()


@dataclass(frozen=True)
class Packaged(Event):
    """Which code a stack gets: of each function and layer its logical name and the SHA-256 of its package, `api sha256:…`.

    `same_in` are the stacks of the run that get the same.
    """

    kind: ClassVar[str] = "packaged"
    stack: str
    packages: tuple[str, ...]
    same_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published(Event):
    """To which version an `alias` of a function leads, now that the stack is deployed; `digest` is Lambda's `CodeSha256` of it."""

    kind: ClassVar[str] = "published"
    stack: str
    urn: str
    function: str
    alias: str
    version: str
    digest: str = ""


@dataclass(frozen=True)
class Gated(Event):
    """After its preview a step was held to what asks for one: `answer` is `passed`, or the reason of the refusal."""

    kind: ClassVar[str] = "gated"
    stack: str
    asked: tuple[GateName | str, ...]
    answer: Reason | str
    seconds: float = 0.0


@dataclass(frozen=True)
class PlanApproved(Event):
    """A reviewed plan was approved: its digest, by whom (`user` is what AWS calls `aws:userid`), as which role, `at` (ISO 8601, UTC)."""

    kind: ClassVar[str] = "plan-approved"
    plan: str
    by: str
    user: str
    role: str
    at: str


@dataclass(frozen=True)
class GateOverridden(Event):
    """A step went on although `gate` would have refused it: why, and who said so, where that is known."""

    kind: ClassVar[str] = "gate-overridden"
    stack: str
    gate: Overridable | str
    why: Prose
    by: str = ""


@dataclass(frozen=True)
class Drifted(Event):
    """Something is no longer as it was deployed. `change.diffs` is its one property, expected and found; empty for the whole.

    `standing` is the ledger's code. `by` did it `at` (ISO 8601, UTC) with `call`; all empty
    where the trail does not say. `ignored` is who answers for it, and why; empty when it counts.
    """

    kind: ClassVar[str] = "drifted"
    stack: str
    change: ResourceChange
    moved: Moved | str
    fact: DriftFact | str
    standing: str = ""
    by: str = ""
    at: str = ""
    call: str = ""
    agent: str = ""
    ignored: Prose = ""


@dataclass(frozen=True)
class Proved(Event):
    """Who may enter the stack's account, and what he can do there, was tried: how many cases, and how many of them went wrong."""

    kind: ClassVar[str] = "proved"
    stack: str
    cases: int
    wrong: int


@dataclass(frozen=True)
class Settled(Event):
    """An operation whose outcome nobody knew was looked up in the account: its `fate`, and `why`.

    `id` is what the provider calls the thing that stands there; empty where none does, or not one alone. What was `made twice` is
    the second thing, beside the one that the state lists; it is `deleted` after that was said.
    """

    kind: ClassVar[str] = "settled"
    stack: str
    urn: str
    fate: Fate | str
    id: str = ""
    why: Prose = ""


@dataclass(frozen=True)
class SmokeTestStarted(Event):
    """The stack's service is being asked how it is: by `check`, at the address or with the command that `asks` says."""

    kind: ClassVar[str] = "smoke-test-started"
    stack: str
    url: str
    check: SmokeKind | str = ""
    asks: str = ""


@dataclass(frozen=True)
class SmokeTested(Event):
    """The stack's service works: `says` what was seen. `version` and `account` are what it answered where that was expected of it."""

    kind: ClassVar[str] = "smoke-tested"
    stack: str
    url: str
    version: str
    account: str
    check: SmokeKind | str = ""
    asks: str = ""
    says: Prose = ""


@dataclass(frozen=True)
class NotSmokeTested(Event):
    """The stack was deployed, and nothing says whether it works: `why` there is no smoke test."""

    kind: ClassVar[str] = "not-smoke-tested"
    stack: str
    why: Prose


@dataclass(frozen=True)
class SoakStarted(Event):
    """What was deployed is watched for so many `seconds`, and these `alarms` with it, before the next ring begins."""

    kind: ClassVar[str] = "soak-started"
    stack: str
    seconds: int
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Soaked(Event):
    """It was watched for so many `seconds`: no smoke test failed, and no alarm went off."""

    kind: ClassVar[str] = "soaked"
    stack: str
    seconds: int


@dataclass(frozen=True)
class StepFinished(Event):
    """One operation on one stack ended: what became of it and why. `cause` is the fact behind the reason."""

    kind: ClassVar[str] = "step-finished"
    stack: str
    result: Result | str
    reason: Reason | str
    cause: Prose = ""
    changes: Changes = Changes()
    seconds: float = 0.0
    remedy: Prose = ""


@dataclass(frozen=True)
class RunFinished(Event):
    """The run ended. `cause` and `remedy` are those of the error that ended all of it; a stack's own stand in its step."""

    kind: ClassVar[str] = "run-finished"
    run: str
    exit_code: int
    seconds: float
    cause: Prose = ""
    remedy: Prose = ""


KINDS: Final = {kind.kind: kind for kind in Event.__subclasses__()}
"""Every kind of event, by its name."""
