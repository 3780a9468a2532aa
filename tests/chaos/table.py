"""The table of faults: what each is, when it can strike, what the user sees, and what to type.

`docs/explanation/failure-model.md` is made from it (`python -m generate.failure_model`), `make chaos` plays it, and the tests take
their sample from it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain

from tests.chaos import strikes
from tests.chaos.moments import Moment
from tests.chaos.stage import SCENARIOS, Scenario
from tests.chaos.strikes import ENGINE, PLUGIN, Strike

RESUME = "deploy resume --yes"
AGAIN = "deploy up --stacks STACKS"
RESTORE = "deploy state restore --stack STACK"

HELD = 3.0
"""How many seconds the call to AWS takes into which a fault strikes, after a third of them."""


def anytime(_moment: Moment) -> bool:
    return True


def in_engine(moment: Moment) -> bool:
    """An engine works, on the preview or on the change."""
    return moment.kind in {"resource-started", "resource-done"}


def in_change(moment: Moment) -> bool:
    """An engine changes the account."""
    return in_engine(moment) and not moment.preview


def at_a_call(moment: Moment) -> bool:
    """A resource is being made, changed or deleted."""
    return bool(moment.calls)


def in_step(moment: Moment) -> bool:
    """A step has begun and not ended."""
    return bool(moment.stack) and moment.kind not in _NOT_IN_A_STEP


_NOT_IN_A_STEP = {"check-started", "check-passed", "session-negotiated", "step-finished"}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `before` strikes before the command starts, `strike` at the moment; without a `strike` there is none.
    `held` is how many seconds the call to AWS takes at whose beginning the moment is, so that the fault falls into it.

    `may` are the exit codes that are right besides 0 for the run that is struck, None for those of a killed process. `types` is what
    the user types afterwards, one command a line; `leaves` are the invariants that it breaks although the run has succeeded.
    """

    name: str
    what: str
    sees: str
    strike: Strike | None = None
    when: Callable[[Moment], bool] = anytime
    before: Strike | None = None
    may: tuple[int | None, ...] = (1,)
    types: tuple[str, ...] = (RESUME,)
    held: float = 0.0
    leaves: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = field(default=tuple(scenario.name for scenario in SCENARIOS))


_LEFT_ALONE = (
    "The command is gone at once, with no result. The engine lives on, ends what it has begun, writes the state and takes its lock "
    "away, within seconds. `deploy history` shows a run without an end."
)
_ASKED = "`interrupted` for the stack in work and `not run` for those after it. The engine ends what it has begun and takes its lock away."
_LOCKED = "The step ends as `failed`, and the engine's lock may be left."

PROCESSES = (
    Fault(
        "kill-driver",
        "`deploy` is killed (kill -9, out of memory, the agent is gone but its processes live on)",
        _LEFT_ALONE,
        strikes.kill("driver"),
        may=(None,),
        held=HELD,
    ),
    Fault(
        "kill-engine",
        "The Pulumi engine is killed",
        f"`the engine was killed`. {_LOCKED} What it was making may stand in the account and not in the state.",
        strikes.kill(ENGINE),
        in_engine,
        held=HELD,
    ),
    Fault(
        "kill-both",
        "`deploy` and the engine are killed: the agent is gone",
        "The command is gone at once, with no result. Lock and lease stay, and what was being made may stand in the account and not "
        "in the state. The plugin ends with its engine (AWS's real one asks whether that lives every five minutes).",
        strikes.kill("driver", ENGINE),
        in_engine,
        may=(None,),
        held=HELD,
    ),
    Fault(
        "kill-plugin",
        "The AWS plugin is killed",
        "The step ends as `failed`. What was being made may stand in the account, and the state knows nothing of it.",
        strikes.kill(PLUGIN),
        in_engine,
        held=HELD,
    ),
    *(
        Fault(
            f"{name}-{times}",
            f"{said}, {('once', 'twice', 'three times')[times - 1]}",
            _ASKED
            if times < len(("once", "twice", "thrice"))
            else "`interrupted`; the engine is left alone and ends by itself what it has begun.",
            strikes.send(number, times),
            may=(128 + number,),
            held=HELD,
        )
        for name, number, said in (
            ("int", signal.SIGINT, "Ctrl-C"),
            ("term", signal.SIGTERM, "SIGTERM, an aborted build"),
            ("hup", signal.SIGHUP, "SIGHUP, a closed terminal"),
        )
        for times in (1, 2, 3)
    ),
    Fault(
        "term-then-kill",
        "An aborted build that takes too long: SIGTERM to all, SIGKILL 20 seconds later",
        "The log of the build ends. The engine lives on as after a kill of `deploy`.",
        strikes.term_then_kill,
        in_change,
        may=(143, None),
        held=30,
    ),
    Fault(
        "freeze-driver",
        "`deploy` stands still for a while (SIGSTOP, a laptop that sleeps) and goes on",
        "Nothing but the time that it takes; where another run took the stack meanwhile, the step ends as `failed`.",
        strikes.freeze(engine=False),
    ),
    Fault(
        "freeze-both",
        "`deploy` and the engine stand still for a while and go on",
        "As when `deploy` alone stands still.",
        strikes.freeze(engine=True),
        in_engine,
    ),
)

CLOUD = (
    Fault(
        "cloud-gone",
        "AWS cannot be reached for a while",
        "Calls are tried again. Where that is not enough: `failed`, or exit code 3 where nothing was touched.",
        strikes.cloud_gone,
        may=(1, 3),
    ),
    *(
        Fault(
            f"throttle-{percent}",
            f"AWS throttles {percent} % of all calls",
            "Calls are tried again. Where that is not enough: `failed`, or exit code 3 where nothing was touched.",
            strikes.spoil("*", "throttle", rate=percent / 100),
            may=(1, 3),
        )
        for percent in (1, 10, 50)
    ),
    *(
        Fault(
            f"broken-{percent}",
            f"AWS answers {percent} % of all calls with an internal error (5xx)",
            "Calls are tried again. Where that is not enough: `failed`, or exit code 3 where nothing was touched.",
            strikes.spoil("*", "fail", rate=percent / 100),
            may=(1, 3),
        )
        for percent in (1, 10)
    ),
    Fault(
        "lost-answer",
        "The answer to the call that makes, changes or deletes a resource is lost after it was carried out",
        "The call is tried again and meets what it made itself: `failed` with AWS's `already exists`, or nothing at all; or it makes a "
        "second thing: `failed (left over)`.",
        strikes.lose_answers(1),
        at_a_call,
    ),
    Fault(
        "lost-answers",
        "AWS carries out the call that makes, changes or deletes a resource, and no answer comes through however often it is tried",
        "`failed`. What was made once or several times stands in the account, and not in the state.",
        strikes.lose_answers(strikes.ATTEMPTS),
        at_a_call,
    ),
    Fault(
        "lost-answers-10",
        "10 % of all answers in the account of a stack are lost after the call was carried out",
        "Calls are tried again. Where that is not enough: `failed`, or exit code 3 where nothing was touched.",
        strikes.spoil("*", "lose", rate=0.1, there=True),
        may=(1, 3),
    ),
    Fault(
        "slow",
        "Every second call in the account of a stack takes two seconds",
        "Nothing but the time that it takes.",
        strikes.spoil("*", "delay", seconds=2, rate=0.5, there=True),
        in_step,
    ),
)

_BUCKET_SEES = (
    "The step ends as `failed` with AWS's reason, after what the engine had begun has ended; or exit code 3 where nothing was touched. "
    "What was made and could not be written into the state is in the run's record."
)
_KEYS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("state", ".pulumi/stacks/items/{stack}.json*", "the stack's state", _BUCKET_SEES, ()),
    (
        "lock",
        ".pulumi/locks/*",
        "the engine's locks",
        "The step ends as `failed` with AWS's reason, and nothing of it was begun.",
        (),
    ),
    (
        "record",
        ".deploy/runs/*",
        "the records of runs",
        "The run ends as it would. Its record stays in this folder, and `deploy` says so.",
        (),
    ),
    (
        "lease",
        ".deploy/leases/*",
        "the leases",
        (
            "Exit code 3 before anything is touched; a run that has its leases ends as it would, and one that could not be given back is "
            "free as soon as its process is seen to have ended."
        ),
        ("no lease",),
    ),
)
_REFUSALS: tuple[tuple[str, str, Mapping[str, object], str], ...] = (
    (
        "denied",
        "refuse",
        {"error": "AccessDenied", "status": 403, "message": "Access Denied"},
        "may not be written (403)",
    ),
    ("broken", "fail", {}, "cannot be written (500)"),
    (
        "stalled",
        "delay",
        {"seconds": strikes.STALL, "times": 3},
        f"cannot be written for {strikes.STALL:.0f} seconds (no answer)",
    ),
)
STATE_BUCKET = (
    *(
        Fault(
            f"{key}-{how}",
            f"In the state bucket, {said} {refused}",
            sees,
            strikes.spoil("s3:PutObject", does, key=glob, **more),
            may=(1, 3),
            leaves=leaves,
        )
        for key, glob, said, sees, leaves in _KEYS
        for how, does, more, refused in _REFUSALS
    ),
    Fault(
        "lock-stays",
        "In the state bucket, the engine's locks may not be deleted (403)",
        "The step succeeds and its lock stays; the next command finds that its engine is dead.",
        strikes.spoil("s3:DeleteObject", "refuse", key=".pulumi/locks/*", error="AccessDenied", status=403),
        may=(1, 3),
        leaves=("no lock",),
    ),
    Fault(
        "state-unreadable",
        "In the state bucket, reading the states is refused (403)",
        _BUCKET_SEES,
        strikes.spoil("s3:GetObject", "refuse", key=".pulumi/stacks/*", error="AccessDenied", status=403),
        may=(1, 3),
    ),
    Fault(
        "state-torn",
        "Every second time that a state is read, the answer ends in the middle",
        _BUCKET_SEES,
        strikes.spoil("s3:GetObject", "cut", key=".pulumi/stacks/*", rate=0.5),
        may=(1, 3),
    ),
    Fault(
        "state-answers-lost",
        "Every second time that a state is written, the answer is lost",
        "Calls are tried again: nothing is seen.",
        strikes.spoil("s3:PutObject", "lose", key=".pulumi/stacks/*", rate=0.5),
        may=(1, 3),
    ),
    *(
        Fault(
            f"{key}-conflict",
            f"Conditional writes of {said} are answered 412 (something else was written there first)",
            "The run has lost the stack, or the place of its record, to somebody else: `failed`, or exit code 3 where nothing was touched.",
            strikes.spoil("s3:PutObject", "conflict", key=glob, times=2),
            may=(1, 3),
            leaves=leaves,
        )
        for key, glob, said, _sees, leaves in _KEYS
        if key in {"record", "lease"}
    ),
)

IDENTITIES = (
    Fault(
        "role-expired",
        "The session of the target's role ends before its time",
        "It is renewed. Where that is not possible: `failed`, with the name of the role.",
        strikes.expire("items-{stack}-deployment"),
        in_step,
    ),
    Fault(
        "machine-expired",
        "The session of the machine's own role ends before its time",
        "It is asked for again. The engine that is at work cannot: `failed`, with the name of the role.",
        strikes.expire("jenkins-deploy"),
        may=(1, 3),
    ),
    Fault(
        "trust-revoked",
        "The role of the target no longer trusts Jenkins, and its sessions have ended",
        "`failed`, or exit code 3 where nothing was touched, with the name of the role. Once an administrator has given the trust back:",
        strikes.trust_revoked,
        in_step,
        may=(1, 3),
    ),
)

MACHINE = (
    Fault(
        "disk-full",
        "The disk of the run's folder is full",
        "`the run's record could not be written`: the step in work ends, no other begins.",
        strikes.disk_full,
        before=strikes.small_disk,
        may=(1, 3),
    ),
)

PROGRAM = (
    Fault(
        "program-raises",
        "The program raises an exception, at its end",
        "`failed`, with the file and the line. Nothing of this stack is deleted. Once the program is mended:",
        before=strikes.program("", "raise RuntimeError('asked for by a test')"),
        types=(AGAIN,),
        scenarios=("new", "changed"),
    ),
    Fault(
        "program-exits",
        "The program ends itself before it has declared anything (`sys.exit(0)`)",
        "`failed`, with the file and the line. Nothing is deleted. Once the program is mended:",
        before=strikes.program("import sys; sys.exit(0)"),
        types=(AGAIN,),
        scenarios=("new", "changed"),
    ),
    Fault(
        "program-hangs",
        "The program hangs",
        "`failed` after `[program] timeout`, with the line where it stands. Once the program is mended:",
        before=strikes.program("", "import time; time.sleep(3600)"),
        types=(AGAIN,),
        scenarios=("new", "changed"),
    ),
    Fault(
        "program-prints",
        "The program prints without end",
        "`failed` after `[program] timeout`; most of what it prints is left out. Once the program is mended:",
        before=strikes.program("", "while True: print('again')"),
        types=(AGAIN,),
        scenarios=("new", "changed"),
    ),
)

_PUT_BACK = "`deploy resume` names the copy that it puts back: the state that the run had left, or the newest good one."
_FOREIGN = "Somebody has put it there, so that a person has to look before it is replaced."

STATES = tuple(
    Fault(
        f"state-{name}",
        f"The state of a stack {what}",
        "Exit code 3, with what is wrong, before the first stack is touched; `failed` where it happens in the middle of a run. "
        + then,
        strikes.damage(how),
        lambda moment: moment.kind in {"run-started", "step-finished", "previewed"},
        may=(1, 3),
        types=types,
        scenarios=("new", "changed", "destroy"),
    )
    for name, what, how, then, types in (
        ("truncated", "is cut in half", lambda own, _other: own[: len(own) // 2], _PUT_BACK, (RESUME,)),
        ("empty", "is an empty file", lambda _own, _other: b"", _PUT_BACK, (RESUME,)),
        (
            "garbage",
            "is a page of HTML",
            lambda _own, _other: b"<html>Service Unavailable</html>",
            _PUT_BACK,
            (RESUME,),
        ),
        ("vanished", "is gone", lambda _own, _other: None, _PUT_BACK, (RESUME,)),
        ("foreign", "is another stack's", lambda _own, other: other(), _FOREIGN, (RESTORE, RESUME)),
    )
)

NEWER = Fault(
    "state-newer",
    "The state of a stack was written by a newer engine",
    "Exit code 3 before the first stack is touched; `failed` where it happens in the middle of a run. Nothing is wrong with it, and "
    "nothing older takes its place: the `deploy` that wrote it goes on, or a newer one. Where that one has put the state back:",
    strikes.damage(strikes.newer, put_back=True),
    lambda moment: moment.kind in {"run-started", "step-finished", "previewed"},
    may=(1, 3),
    scenarios=("new", "changed", "destroy"),
)

WRITERS = tuple(
    Fault(
        f"writers-{count + 1}",
        f"{count + 1} runs of the same stacks at once",
        "One of them works; the others end with exit code 3 and the name of the one that does, before they touch anything.",
        strikes.others(count),
        lambda moment: moment.kind in {"run-started", "step-started", "previewed"},
        may=(3,),
    )
    for count in (1, 3)
)

GROUPS = (
    ("Processes", PROCESSES),
    ("AWS", CLOUD),
    ("The state bucket", STATE_BUCKET),
    ("Identities", IDENTITIES),
    ("The machine", MACHINE),
    ("The program", PROGRAM),
    ("States", (*STATES, NEWER)),
    ("Writers at once", WRITERS),
)
FAULTS = tuple(chain.from_iterable(faults for _title, faults in GROUPS))


@dataclass(frozen=True)
class Case:
    """A fault at a moment of a scenario; without a moment it strikes before the run."""

    fault: Fault
    scenario: Scenario
    moment: Moment | None

    def __str__(self) -> str:
        return "@".join(filter(None, (self.fault.name, self.scenario.name, str(self.moment or ""))))


def cases_of(fault: Fault, scenario: Scenario, moments: tuple[Moment, ...]) -> tuple[Case, ...]:
    """Every case of a fault in a scenario whose undisturbed run comes by these moments."""
    if scenario.name not in fault.scenarios:
        return ()
    if fault.strike is None:
        return (Case(fault, scenario, None),)
    return tuple(Case(fault, scenario, moment) for moment in moments if fault.when(moment))


def _case(fault: str, scenario: str, moment: Moment | None = None) -> Case:
    [named] = (one for one in FAULTS if one.name == fault)
    [played] = (one for one in SCENARIOS if one.name == scenario)
    return Case(named, played, moment)


STATE_DENIED = _case("state-denied", "changed", Moment("resource-started", "dev", "aws:lambda/function:Function=items"))
SAMPLE = (
    _case("kill-driver", "new", Moment("resource-started", "dev", "aws:lambda/function:Function=items")),
    _case("lost-answer", "new", Moment("resource-started", "dev", "aws:apigatewayv2/api:Api=items")),
    _case("int-2", "changed", Moment("resource-started", "staging", "aws:lambda/function:Function=items")),
    _case("program-raises", "changed"),
    _case("state-truncated", "changed", Moment("step-finished", "dev")),
    _case("record-denied", "changed", Moment("previewed", "dev")),
    _case("lock-stays", "changed", Moment("step-finished", "dev")),
    STATE_DENIED,
)
"""The cases that `make test` plays."""
