"""Records of runs as they are kept: one that went well, one that failed, one that was cut off, a look at drift, a hostile one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from deploy_driver.record import catalogue as said
from deploy_driver.record.reading import event_of
from deploy_driver.record.story import Story, story_of
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Changes, PropertyDiff, ResourceChange
from tests.previews import ALIAS_MADE, BUCKET_REPLACED, FUNCTION_CHANGE, POLICY_CHANGE, change
from tests.samples import ACCOUNTS, RUN

BEGAN = 1795395720.0
COMMIT = "0123456789abcdef0123456789abcdef01234567"
URL = "https://abc.execute-api.eu-central-1.amazonaws.com"
Record = list[Mapping[str, Any]]
Told = tuple[float, said.Event]


def record(*told: Told, run: str = RUN) -> Record:
    """The events, each with the seconds after which it was said, as they are kept and read again."""
    kept = [Envelope(run, number, BEGAN + after, event) for number, (after, event) in enumerate(told, 1)]
    return [json.loads(json.dumps(envelope.as_json())) for envelope in kept]


def story(record: Sequence[Any], *, here: bool = True, kept: bool | None = None) -> Story:
    """The story that a record tells."""
    return story_of([event_of(event) for event in record], here=here, kept=kept)


def begun(*stacks: str, operation: str = "up", config: tuple[str, ...] = (), **more: str) -> list[Told]:
    """The beginning of a run and its checks, which take two seconds."""
    occasion: dict[str, Any] = {
        "by": "alice",
        "reason": "hot fix",
        "commit": COMMIT,
        "build": "https://jenkins.example/job/items/7/",
        **more,
    }
    who = "arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-0a1b2c3d"
    return [
        (0, said.RunStarted(RUN, operation, "sandbox", stacks, "3.250.0", "7.51.1", **occasion, config=config)),
        (0.4, said.CheckPassed("identity", who, account="111111111111", arn=who)),
        *((2, said.CheckPassed("role", f"{who} in {account(stack)}", stack, account(stack), who)) for stack in stacks),
    ]


def account(stack: str) -> str:
    """The account of a stack."""
    return ACCOUNTS.get(stack, "555555555555")


def role(stack: str) -> str:
    """The role of a stack."""
    return f"arn:aws:iam::{account(stack)}:role/deploy/deployment/items-{stack}-deployment"


def in_stack(stack: str, *changes: ResourceChange) -> tuple[ResourceChange, ...]:
    """The changes, as those of that stack."""
    return tuple(
        ResourceChange(one.urn.replace("urn:pulumi:dev", f"urn:pulumi:{stack}"), one.op, one.keys, one.diffs)
        for one in changes
    )


def counts(*changes: ResourceChange, same: int = 9) -> Changes:
    """How many of each."""
    ops = [one.op for one in changes]
    return Changes(ops.count("create"), ops.count("update"), ops.count("replace"), ops.count("delete"), same)


CODE = f"items sha256:{'3f9a' * 16}"


def step(stack: str, after: float, *changes: ResourceChange, wait: float = 0.0) -> list[Told]:
    """An up that goes well: ten seconds of work, one of smoke test; before it a preview and a wait where `wait` says so."""
    found, now = in_stack(stack, *changes), after
    told: list[Told] = [(now, said.StepStarted(stack, account(stack), "up", role(stack)))]
    if wait:
        told.append((now + 3, said.Previewed(stack, counts(*found), found)))
        now += 3 + wait
        told.append((now, said.Gated(stack, ("a person at the terminal",), "passed", wait)))
    if found:
        told.append((now + 1, said.Packaged(stack, (CODE,))))
    for one in found:
        told += [(now + 2, said.ResourceStarted(stack, one)), (now + 9, said.ResourceDone(stack, one, seconds=7))]
    reason = "changed" if found else "unchanged"
    return [
        *told,
        (now + 10, said.SmokeTestStarted(stack, URL)),
        (now + 11, said.SmokeTested(stack, URL, "8", account(stack))),
        (now + 11, said.StepFinished(stack, "succeeded", reason, "", counts(*found), now + 11 - after)),
    ]


CALM = (FUNCTION_CHANGE, ALIAS_MADE)
WELL = record(
    *begun("dev", "staging", "prod", approved_by="eve"),
    *step("dev", 2, *CALM),
    *step("staging", 13, *CALM),
    *step("prod", 24, BUCKET_REPLACED, POLICY_CHANGE, *CALM, wait=7_380),
    (7_418.2, said.RunFinished(RUN, 0, 7_418.2)),
)

DENIED = "UpdateFunctionConfiguration was refused with AccessDenied (HTTP 403): no identity-based policy allows it"
REMEDY = (
    "Run `deploy bootstrap`: it puts the role's policy in place; `deploy bootstrap --print` shows what the role may do."
)
FAILED = record(
    *begun("dev", "staging", "prod"),
    *step("dev", 2, *CALM),
    (13, said.StepStarted("staging", account("staging"), "up", role("staging"))),
    (15, said.ResourceStarted("staging", FUNCTION_CHANGE)),
    (16, said.Diagnostic("staging", "error", DENIED)),
    (16, said.ResourceDone("staging", FUNCTION_CHANGE, failed=True)),
    (17, said.StepFinished("staging", "failed", "engine failed", DENIED, seconds=4, remedy=REMEDY)),
    (17, said.RunFinished(RUN, 1, 17)),
)
CUT_OFF = FAILED[:-4]
INTERRUPTED = record(
    *begun("dev", "staging"),
    *step("dev", 2, *CALM)[:2],
    (6, said.StepFinished("dev", "interrupted", "stopped on request", seconds=4)),
    (6, said.RunFinished(RUN, 130, 6)),
)
UNCHANGED = record(*begun("dev"), *step("dev", 2), (13.1, said.RunFinished(RUN, 0, 13.1)))
NOT_READY = record(
    *begun("dev")[:2],
    (1, said.CheckFailed("lock", "the stack is locked by jenkins@agent-3 (pid 77)", "wait for that run to end", "dev")),
    (1, said.RunFinished(RUN, 3, 1, "1 check failed; nothing was touched", "wait for that run to end")),
)
MANY = [f"team-{number:02}" for number in range(1, 13)]
TWELVE = record(
    *begun(*MANY),
    *(told for number, name in enumerate(MANY) for told in step(name, 2 + 11 * number, *CALM)),
    (140, said.RunFinished(RUN, 0, 140)),
)
LONG = [f"payments-settlement-eu-central-1-team-{number:02}" for number in range(12)]
NOT_AUTHORIZED = (
    "AccessDeniedException: User: arn:aws:sts::555555555555:assumed-role/items-payments-settlement-deployment/i-0a1b2c3d "
    "is not authorized to perform: lambda:UpdateFunctionConfiguration on resource: "
    "arn:aws:lambda:eu-central-1:555555555555:function:items-payments-settlement-reconciliation"
)
LONG_NAMES = record(
    *begun(*LONG, approved_by="eve"),
    *step(LONG[0], 2, *CALM, wait=30),
    (50, said.StepStarted(LONG[1], account(LONG[1]), "up", role(LONG[1]))),
    (51, said.StepFinished(LONG[1], "failed", "engine failed", NOT_AUTHORIZED, seconds=1, remedy=REMEDY)),
    (52, said.RunFinished(RUN, 1, 52)),
)

VERSIONING = change("update", "aws:s3/bucketVersioning:BucketVersioning", "items")
SUSPENDED = PropertyDiff("versioningConfiguration.status", "update", "Enabled", "Suspended")
PASSWORD = PropertyDiff("environment.variables.DB_PASSWORD", "update", None, "planted-hunter2")
MALLORY = "arn:aws:iam::222222222222:user/mallory"
AT = "2026-11-22T23:14:07+00:00"


def drifted(
    stack: str, found: ResourceChange, *diffs: PropertyDiff, moved: str, fact: str, **more: str
) -> said.Drifted:
    """A finding."""
    (one,) = in_stack(stack, ResourceChange(found.urn, found.op, tuple(diff.path for diff in diffs), diffs))
    return said.Drifted(stack, one, moved, fact, "opened", **more)


def looked(stack: str, ended: float, *changes: ResourceChange) -> list[Told]:
    """A look at one stack."""
    finished = said.StepFinished(stack, "succeeded", "previewed", "", counts(*changes), ended - 2)
    return [(2, said.StepStarted(stack, account(stack), "preview", role(stack))), (ended, finished)]


_BY_HAND = {"by": MALLORY, "at": AT, "call": "PutBucketVersioning", "agent": "aws-cli/2"}
_ANSWERED = {"ignored": "ada: a bug is looked for, until 2027-01-31"}
CLOUD = "the cloud was changed"
DRIFT = record(
    *begun("dev", "staging", "prod", operation="drift", reason="", by="timer"),
    *sorted(
        [*looked("dev", 9, VERSIONING), *looked("staging", 9.6, FUNCTION_CHANGE), *looked("prod", 8.4)],
        key=lambda told: told[0],
    ),
    (11, drifted("dev", VERSIONING, SUSPENDED, moved=CLOUD, fact="changed", **_BY_HAND)),
    (11, drifted("staging", FUNCTION_CHANGE, PASSWORD, moved=CLOUD, fact="changed")),
    (11, drifted("staging", ALIAS_MADE, moved=CLOUD, fact="deleted", **_ANSWERED)),
    (11.2, said.RunFinished(RUN, 5, 11.2)),
)

PROVED = record(
    *begun("tools", "dev", operation="prove", reason="audit of the quarter", by="timer")[:1],
    *((0.1, said.StepStarted(stack, account(stack), "prove", "")) for stack in ("tools", "dev")),
    (30, said.Proved("tools", 41, 0)),
    (30, said.StepFinished("tools", "succeeded", "proved", seconds=30)),
    (30, said.Proved("dev", 212, 2)),
    (30, said.StepFinished("dev", "failed", "cases went wrong", seconds=30)),
    (30.1, said.RunFinished(RUN, 1, 30.1)),
)

SCRIPT = "<script>alert(1)</script>"
EVIL = f'"><img src=http://evil.example/x onerror=alert(1)>{SCRIPT}\x1b[31m\u202e'
HOSTILE = record(
    *begun(EVIL, "w" * 300, by=EVIL, reason=EVIL, commit=EVIL, build="javascript:alert(1)", operation=EVIL),
    (3, said.StepStarted(EVIL, EVIL, EVIL, EVIL)),
    (4, said.ResourceDone(EVIL, ResourceChange(EVIL, EVIL, (EVIL,), (PropertyDiff(EVIL, EVIL, EVIL, EVIL),)))),
    (5, said.SmokeTested(EVIL, "javascript:alert(2)", EVIL, EVIL)),
    (5, said.Diagnostic(EVIL, "error", f"{EVIL} AKIAIOSFODNN7EXAMPLE {'x' * 500}")),
    (6, drifted(EVIL, VERSIONING, PropertyDiff(EVIL, "update", EVIL, {"a": EVIL}), moved=EVIL, fact=EVIL, by=EVIL)),
    (7, said.StepFinished(EVIL, EVIL, EVIL, EVIL, remedy=EVIL)),
    (8, said.RunFinished(RUN, 1, 8, EVIL, EVIL)),
)
EVERY: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "well": WELL,
    "failed": FAILED,
    "cut-off": CUT_OFF,
    "interrupted": INTERRUPTED,
    "unchanged": UNCHANGED,
    "not-ready": NOT_READY,
    "twelve": TWELVE,
    "drift": DRIFT,
    "proved": PROVED,
    "long-names": LONG_NAMES,
    "hostile": HOSTILE,
}
