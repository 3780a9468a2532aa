"""The runner goes step by step, stops at the first that does not succeed, and says what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import pytest

from deploy_driver.choices import OnFailure, Overridable
from deploy_driver.digest import digest
from deploy_driver.errors import DeployError, ExitCode, InterruptedRunError, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import Plan, Step, make_plan
from deploy_driver.record.catalogue import (
    CheckFailed,
    Gated,
    GateName,
    GateOverridden,
    NotSmokeTested,
    Previewed,
    Progress,
    Reason,
    SmokeTested,
    SmokeTestStarted,
    StateSeen,
    StepFinished,
    StepStarted,
)
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.gates import FINISHING, Confirmation, DataLoss, Limit, Overrides, Refusal, RequiredApproval
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.run.preflight import Preflight
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.state_check import States
from deploy_driver.values import (
    Changes,
    ChosenSmokeTest,
    CommandCheck,
    EngineReport,
    EngineRequest,
    EngineStatus,
    Freeze,
    MissingRight,
    Operation,
    ResourceChange,
    Schedule,
    SmokeKind,
    Stack,
    Window,
)
from deploy_project.remedy import Remedy
from tests.checkpoints import PROJECT, checkpoint, content, resource, urn, with_pending
from tests.fakes.alarms import FakeAlarms
from tests.fakes.clock import FakeClock
from tests.fakes.engine import DONE, UNCHANGED, FakeEngine, failed
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.fakes.leases import FakeLeases, leasing, lock
from tests.fakes.prober import FakeProber
from tests.fakes.prompt import FakePrompt
from tests.fakes.state import FakeState
from tests.samples import ACCOUNTS, RUN, access_stack, chain, facts, stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deploy_driver.ports import Emit


PROD_STANDS = FakeState(contents={"prod": content(checkpoint(stack("prod")))})


def deployed(env: str) -> EngineReport:
    """An up that made something with a URL."""
    return EngineReport(
        EngineStatus.SUCCEEDED,
        Changes(create=2),
        outputs={"url": f"http://127.0.0.1/{env}", "version": "7"},
    )


def healthy(env: str) -> dict[str, str]:
    return {"account": ACCOUNTS[env], "stack": env, "version": "7"}


@dataclass
class World:
    """All that a runner needs, as it is when everything goes well."""

    engine: FakeEngine = field(default_factory=lambda: FakeEngine({("up", env): deployed(env) for env in ACCOUNTS}))
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    state: FakeState = field(default_factory=FakeState)
    prober: FakeProber = field(
        default_factory=lambda: FakeProber({f"http://127.0.0.1/{env}/health": healthy(env) for env in ACCOUNTS})
    )
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    prompt: FakePrompt = field(default_factory=lambda: FakePrompt(present=False))
    clock: FakeClock = field(default_factory=FakeClock)
    said: Recorder = field(default_factory=Recorder)
    yes: bool = False
    allowed: tuple[str, ...] = ()
    orphans: Callable[[Stack], Sequence[str]] | None = None
    overrides: Overrides = field(default_factory=Overrides)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        self.deployer = Deployer(
            self.engine,
            Preflight(self.identity, self.state, self.said, self.clock),
            leasing(self.leases, self.state, said=self.said),
            (
                Limit(),
                DataLoss(self.allowed),
                Confirmation(self.prompt, self.yes),
                RequiredApproval(self.prompt, self.yes),
            ),
            self.prober,
            self.clock,
            self.said,
            self.alarms,
            states=lambda: States(self.state, PROJECT),
            orphans=self.orphans,
            overrides=self.overrides,
        )

    def run(self, operation: Operation, *stacks: Stack, refresh: bool = False) -> RunOutcome:
        plan = make_plan(operation, stacks or chain())
        return self.deployer.run(plan, facts(), refresh=refresh)

    def with_report(self, call: str, env: str, report: EngineReport) -> World:
        self.engine.reports = {**self.engine.reports, (call, env): report}
        return self

    def during(self, env: str, do: object, *, call: str = "up") -> World:
        """`do()` while the engine works on that stack."""

        def happen(called: str, request: EngineRequest, _emit: Emit) -> None:
            if (called, request.stack) == (call, env) and callable(do):
                do()

        self.engine.during = happen
        return self


def ends(outcome: RunOutcome) -> list[tuple[str, str, str]]:
    return [(step.stack, step.result.value, step.reason.value) for step in outcome.steps]


def test_every_stack_is_deployed_and_asked_how_it_is_before_the_next_one() -> None:
    world = World()
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "succeeded", "changed"),
        ("prod", "succeeded", "changed"),
    ]
    assert outcome.exit_code() is ExitCode.DONE
    told = [
        (type(event).__name__, getattr(event, "stack", ""))
        for event in world.said.events
        if isinstance(event, StepStarted | SmokeTested | StepFinished)
    ]
    assert told == [
        (kind, env) for env in ("dev", "staging", "prod") for kind in ("StepStarted", "SmokeTested", "StepFinished")
    ]
    assert world.engine.calls == [("up", "dev"), ("up", "staging"), ("up", "prod")]


def test_nothing_to_do_is_said_as_unchanged() -> None:
    report = EngineReport(EngineStatus.SUCCEEDED, Changes(same=9), outputs=deployed("dev").outputs)
    outcome = World().with_report("up", "dev", report).run(Operation.UP, stack())
    assert ends(outcome) == [("dev", "succeeded", "unchanged")]


def test_a_failed_stack_ends_the_run_and_the_rest_says_because_of_what() -> None:
    world = World().with_report("up", "staging", failed("the bucket is taken", "choose another name"))
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "failed", "engine failed"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert outcome.steps[1].cause == "the bucket is taken"
    assert outcome.steps[1].remedy == "choose another name"
    assert outcome.steps[2].cause == "staging failed: engine failed"
    assert outcome.exit_code() is ExitCode.FAILED
    assert ("up", "prod") not in world.engine.calls


def test_a_failing_smoke_test_leaves_the_next_stack_alone_and_keeps_what_was_deployed() -> None:
    world = World()
    world.prober.answers = {"http://127.0.0.1/dev/health": healthy("dev")}
    outcome = world.run(Operation.UP)
    assert ends(outcome)[1:] == [
        ("staging", "failed", "smoke test failed"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert "http://127.0.0.1/staging/health does not answer after 60 s" in outcome.steps[1].cause
    assert outcome.steps[1].changes == Changes(create=2)
    assert outcome.steps[1].remedy.startswith("look at the service's logs in 333333333333")
    assert ("up", "prod") not in world.engine.calls


def test_an_access_layer_has_no_service_to_ask() -> None:
    world = World()
    assert ends(world.run(Operation.UP, access_stack())) == [("dev-access", "succeeded", "changed")]
    assert world.prober.asked == []


def test_a_stack_that_would_get_another_package_is_refused() -> None:
    refused = EngineReport(EngineStatus.REFUSED, failure="another in dev", remedy=Remedy("build it once"))
    world = World().with_report("up", "staging", refused)
    outcome = world.run(Operation.UP)
    assert ends(outcome)[1:] == [("staging", "refused", "another package"), ("prod", "not run", "an earlier stack")]
    assert (outcome.steps[1].cause, outcome.steps[1].remedy) == ("another in dev", "build it once")
    assert outcome.exit_code() is ExitCode.REFUSED


def test_a_preview_shows_and_goes_on_after_a_failure() -> None:
    world = World().with_report("preview", "dev", failed())
    outcome = world.run(Operation.PREVIEW, refresh=True)
    assert ends(outcome) == [
        ("dev", "failed", "engine failed"),
        ("staging", "succeeded", "previewed"),
        ("prod", "succeeded", "previewed"),
    ]
    assert outcome.exit_code() is ExitCode.FAILED
    assert all(request.refresh for request in world.engine.requests)
    assert {call for call, _ in world.engine.calls} == {"preview"}
    assert world.prober.asked == []


@pytest.mark.parametrize("refresh", [True, False])
def test_an_up_starts_from_the_cloud_as_it_is_only_when_asked_to(refresh: bool) -> None:
    world = World(prompt=FakePrompt())
    world.run(Operation.UP, refresh=refresh)
    assert {call for call, _ in world.engine.calls} == {"preview", "up"}
    assert {request.refresh for request in world.engine.requests} == {refresh}


def test_a_preview_names_the_stack_that_it_cannot_enter_and_shows_the_others() -> None:
    closed = NotReadyError("AccessDenied", remedy=Remedy("compare the trust policy"))
    world = World(identity=FakeIdentity(refusals={"items-staging-preview": [closed]}))
    outcome = world.run(Operation.PREVIEW)
    assert ends(outcome) == [
        ("dev", "succeeded", "previewed"),
        ("staging", "failed", "not entered"),
        ("prod", "succeeded", "previewed"),
    ]
    assert (outcome.steps[1].cause, outcome.steps[1].remedy) == ("AccessDenied", "compare the trust policy")
    assert outcome.exit_code() is ExitCode.FAILED
    assert world.engine.calls == [("preview", "dev"), ("preview", "prod")]


def test_a_preview_that_can_enter_no_stack_was_not_ready() -> None:
    identity = FakeIdentity(refusals={"items-dev-preview": [NotReadyError("AccessDenied")]})
    outcome = World(identity=identity).run(Operation.PREVIEW, stack())
    assert ends(outcome) == [("dev", "failed", "not entered")]
    assert outcome.exit_code() is ExitCode.NOT_READY


def test_what_deploys_touches_nothing_when_one_stack_cannot_be_entered() -> None:
    world = World(identity=FakeIdentity(refusals={"items-staging-deployment": [NotReadyError("AccessDenied")]}))
    with pytest.raises(NotReadyError, match="nothing was touched"):
        world.run(Operation.UP)
    assert world.engine.calls == []


def test_a_preview_that_failed_claims_no_changes() -> None:
    half = EngineReport(EngineStatus.FAILED, Changes(create=4), (ResourceChange("a::b::c::d", "create"),), failure="x")
    outcome = World().with_report("preview", "dev", half).run(Operation.PREVIEW, stack())
    assert outcome.steps[0].changes == Changes()
    assert outcome.steps[0].resources == ()


def test_an_up_that_failed_says_what_it_did_change() -> None:
    half = EngineReport(EngineStatus.FAILED, Changes(create=4), failure="x")
    assert World().with_report("up", "dev", half).run(Operation.UP, stack()).steps[0].changes == Changes(create=4)


def test_destroy_goes_backwards() -> None:
    world = World(yes=True)
    outcome = world.run(Operation.DESTROY)
    assert ends(outcome) == [(env, "succeeded", "destroyed") for env in ("prod", "staging", "dev")]
    assert world.engine.calls == [("destroy", "prod"), ("destroy", "staging"), ("destroy", "dev")]


def test_a_person_sees_the_preview_and_says_yes() -> None:
    world = World(prompt=FakePrompt())
    outcome = world.run(Operation.UP, stack())
    assert ends(outcome) == [("dev", "succeeded", "changed")]
    assert world.engine.calls == [("preview", "dev"), ("up", "dev")]
    assert world.prompt.questions == ["Deploy dev (222222222222): 1 to create?"]
    assert world.said.of(Previewed)[0].changes == DONE.changes


def test_a_person_says_no_and_the_rest_is_not_asked() -> None:
    world = World(prompt=FakePrompt(answers=[True, False]))
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "refused", "declined"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert outcome.exit_code() is ExitCode.REFUSED
    assert len(world.prompt.questions) == 2
    assert outcome.steps[1].changes == Changes()


def test_the_record_says_what_was_asked_for_what_the_answer_was_and_how_long_it_took() -> None:
    clock, prompt = FakeClock(), FakePrompt(answers=[True, False])
    prompt.during = lambda: clock.sleep(12)
    world = World(clock=clock, prompt=prompt)
    world.run(Operation.UP)
    assert world.said.of(Gated) == [
        Gated("dev", ("a person at the terminal",), "passed", 12.0),
        Gated("staging", ("a person at the terminal",), "declined", 12.0),
    ]


def test_nothing_is_asked_when_nothing_would_change() -> None:
    world = World(prompt=FakePrompt(answers=[False])).with_report("preview", "dev", UNCHANGED)
    assert ends(world.run(Operation.UP, stack())) == [("dev", "succeeded", "changed")]
    assert world.prompt.questions == []


def test_a_limit_refuses_after_the_preview_and_before_the_engine_touches_anything() -> None:
    world = World(yes=True, state=PROD_STANDS)
    world.with_report("preview", "prod", EngineReport(EngineStatus.SUCCEEDED, Changes(delete=1)))
    outcome = world.run(Operation.UP, stack("prod", max_deletes=0))
    assert ends(outcome) == [("prod", "refused", "over a limit")]
    assert world.engine.calls == [("preview", "prod")]
    assert outcome.exit_code() is ExitCode.REFUSED


def test_a_preview_that_fails_keeps_the_up_from_beginning() -> None:
    world = World(yes=True, state=PROD_STANDS).with_report("preview", "prod", failed("no such type"))
    outcome = world.run(Operation.UP, stack("prod", max_deletes=0))
    assert ends(outcome) == [("prod", "failed", "engine failed")]
    assert world.engine.calls == [("preview", "prod")]


def test_a_destroy_that_nobody_confirmed_is_refused() -> None:
    world = World()
    outcome = world.run(Operation.DESTROY, stack())
    assert ends(outcome) == [("dev", "refused", "needs approval")]
    assert world.engine.calls == [("preview_destroy", "dev")]


def test_an_interrupt_ends_the_running_call_and_begins_no_other() -> None:
    world = World()
    world.during("dev", world.deployer.interrupt)
    world.with_report("up", "dev", EngineReport(EngineStatus.INTERRUPTED, failure="interrupted"))
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "interrupted", "stopped on request"),
        ("staging", "not run", "an earlier stack"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert world.engine.interrupts == 1
    assert outcome.exit_code() is ExitCode.INTERRUPTED


def test_an_interrupt_that_makes_the_engine_fail_is_an_interrupt() -> None:
    world = World()
    world.during("dev", world.deployer.interrupt).with_report("up", "dev", failed())
    assert ends(world.run(Operation.UP))[0] == ("dev", "interrupted", "stopped on request")


def test_an_interrupt_that_came_too_late_for_the_engine_still_skips_the_smoke_test_and_says_so() -> None:
    world = World()
    world.during("dev", world.deployer.interrupt)
    outcome = world.run(Operation.UP)
    assert ends(outcome)[:2] == [
        ("dev", "interrupted", "stopped on request"),
        ("staging", "not run", "an earlier stack"),
    ]
    assert outcome.steps[0].cause == "deployed, and stopped before its smoke test"
    assert outcome.steps[0].changes == Changes(create=2)
    assert world.prober.asked == []


def test_an_interrupt_during_the_smoke_test_lets_no_further_stack_begin() -> None:
    world = World()
    world.prober.during = world.deployer.interrupt
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "interrupted", "stopped on request"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert world.engine.calls == [("up", "dev")]


def test_an_interrupt_before_the_smoke_test_has_seen_anything_is_no_failure_of_the_service() -> None:
    world = World()
    world.prober.answers, world.prober.during = {}, world.deployer.interrupt
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "interrupted", "stopped on request"),
        ("staging", "not run", "an earlier stack"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert outcome.steps[0].cause == "deployed, and stopped during its smoke test"
    assert outcome.steps[0].changes == Changes(create=2)
    assert world.engine.calls == [("up", "dev")]


def test_a_step_says_how_what_it_deployed_is_tested_and_a_stack_without_an_address_is_not() -> None:
    world = World().with_report("up", "dev", EngineReport(EngineStatus.SUCCEEDED, Changes(create=2)))
    command = CommandCheck(("smoke", "staging"))
    world.prober.commands = {command.arguments: "ok"}
    first, second, third = chain()
    outcome = world.run(Operation.UP, first, replace(second, smoke=command), third)
    assert {result for _, result, _ in ends(outcome)} == {"succeeded"}
    assert [step.smoke_test for step in outcome.steps] == [
        ChosenSmokeTest(SmokeKind.NONE, "none is configured, and the stack has no output `url` to ask"),
        ChosenSmokeTest(SmokeKind.COMMAND, "smoke staging"),
        ChosenSmokeTest(SmokeKind.HEALTH, "http://127.0.0.1/prod/health"),
    ]
    told = [event for event in world.said.events if isinstance(event, NotSmokeTested | SmokeTestStarted | SmokeTested)]
    assert [(type(event).__name__, event.stack) for event in told] == [
        ("NotSmokeTested", "dev"),
        ("SmokeTestStarted", "staging"),
        ("SmokeTested", "staging"),
        ("SmokeTestStarted", "prod"),
        ("SmokeTested", "prod"),
    ]


def test_an_interrupt_ends_a_preview_of_many_stacks_too() -> None:
    world = World()
    world.during("dev", world.deployer.interrupt, call="preview")
    outcome = world.run(Operation.PREVIEW)
    assert ends(outcome) == [
        ("dev", "succeeded", "previewed"),
        ("staging", "interrupted", "stopped on request"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert outcome.exit_code() is ExitCode.INTERRUPTED


def test_nobody_is_asked_after_an_interrupt() -> None:
    world = World(prompt=FakePrompt())
    world.during("dev", world.deployer.interrupt, call="preview")
    assert ends(world.run(Operation.UP, stack())) == [("dev", "interrupted", "stopped on request")]
    assert world.prompt.questions == []


def test_an_interrupt_at_the_question_is_no_answer() -> None:
    world = World()
    world.prompt.present, world.prompt.answers, world.prompt.during = True, [False], world.deployer.interrupt
    assert ends(world.run(Operation.UP, stack())) == [("dev", "interrupted", "stopped on request")]
    assert ("up", "dev") not in world.engine.calls


def test_an_interrupt_during_the_checks_touches_nothing() -> None:
    world = World()
    world.identity.on_assume = lambda _entrance: world.deployer.interrupt()
    with pytest.raises(InterruptedRunError, match="nothing was touched"):
        world.run(Operation.UP)
    assert world.engine.calls == []


def test_all_stacks_are_held_from_the_first_step_to_the_last_and_by_nobody_afterwards() -> None:
    world = World()
    seen: list[list[str]] = []

    def look() -> None:
        seen.append([stack for stack, (holder, _) in sorted(world.leases.objects.items()) if not holder.released])

    world.during("dev", look).run(Operation.UP)
    world.during("prod", look).run(Operation.UP)
    assert seen == [["dev", "prod", "staging"]] * 2
    look()
    assert seen[-1] == []


@pytest.mark.parametrize("operation", [Operation.UP, Operation.DESTROY])
def test_a_stack_that_another_run_holds_keeps_every_stack_from_being_touched(operation: Operation) -> None:
    world = World(yes=True)
    with leasing(world.leases, run="other").holding(lambda: False) as other:
        other.take(["prod"])
        with pytest.raises(NotReadyError, match="prod is being deployed by run other on agent-1"):
            world.run(operation)
        assert world.engine.calls == []
        assert world.run(Operation.PREVIEW).exit_code() == ExitCode.DONE
    world.run(operation)
    assert world.engine.calls


def test_whoever_is_stopped_while_it_waits_for_another_run_was_interrupted() -> None:
    world = World()

    def stop(seconds: float) -> None:
        del seconds
        world.deployer.interrupt()

    world.clock.sleep = stop  # type: ignore[method-assign]
    patient = replace(world.deployer, leasing=leasing(world.leases, world.state, patience=600))
    with leasing(world.leases, run="other").holding(lambda: False) as other:
        other.take(["prod"])
        with pytest.raises(InterruptedRunError, match="nothing was touched"):
            patient.run(make_plan(Operation.UP, chain()), facts())
    assert world.engine.calls == []


def test_once_a_lease_is_lost_no_further_step_begins_and_what_is_done_stays_done() -> None:
    world = World()

    def lose() -> None:
        holder, _ = world.leases.objects["staging"]
        world.leases.objects["staging"] = replace(holder, run="other"), "other"
        world.clock.time += 100  # as after a sleep of the machine

    outcome = world.during("dev", lose).run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "failed", "another run is at work"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert "this run has lost its lease: staging is being deployed by run other" in outcome.steps[1].cause
    assert outcome.exit_code() == ExitCode.FAILED
    assert [call for call in world.engine.calls if call[0] == "up"] == [("up", "dev")]


def test_whoever_is_asked_for_so_long_that_the_lease_is_lost_deploys_nothing() -> None:
    world = World(prompt=FakePrompt(present=True, answers=[True, True]))

    def lose() -> None:
        holder, _ = world.leases.objects["dev"]
        world.leases.objects["dev"] = replace(holder, run="other"), "other"
        world.clock.time += 3600

    outcome = world.during("dev", lose, call="preview").run(Operation.UP, stack("dev"))
    assert ends(outcome) == [("dev", "failed", "another run is at work")]
    assert outcome.exit_code() == ExitCode.NOT_READY
    assert ("up", "dev") not in world.engine.calls


def test_an_engine_that_finds_another_one_at_work_has_not_failed() -> None:
    busy = EngineReport(EngineStatus.BUSY, failure="another run has locked the stack: x", remedy=Remedy("wait"))
    outcome = World().with_report("up", "dev", busy).run(Operation.UP)
    assert ends(outcome)[0] == ("dev", "failed", "another run is at work")
    assert (outcome.steps[0].cause, outcome.steps[0].remedy) == ("another run has locked the stack: x", "wait")
    assert outcome.exit_code() == ExitCode.NOT_READY


def test_a_failed_check_keeps_every_stack_from_being_touched() -> None:
    world = World(state=FakeState(held={"prod": (lock(),)}))
    with pytest.raises(NotReadyError):
        world.run(Operation.UP)
    assert world.engine.calls == []
    assert world.said.of(StepStarted) == []


@pytest.mark.parametrize(
    "error", [NotReadyError("s3: SlowDown", remedy=Remedy("wait")), UsageError("Pulumi.yaml is gone")]
)
def test_a_door_that_closes_after_the_run_has_begun_is_the_step_s_end_and_not_the_run_s(error: DeployError) -> None:
    def close() -> None:
        raise error

    outcome = World().during("staging", close).run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "failed", "engine failed"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert (outcome.steps[1].cause, outcome.steps[1].remedy) == (error.what, error.remedy)
    assert outcome.exit_code() is ExitCode.FAILED


@dataclass
class OnRecord:
    """Whether what was said is on record: no more from the look of that number on."""

    until: int = 99
    looks: int = 0

    def __call__(self) -> None:
        self.looks += 1
        if self.looks >= self.until:
            raise NotReadyError("the record cannot be sent", remedy=Remedy("look at the bucket"))


def test_nothing_is_touched_of_which_nobody_would_know() -> None:
    world = World()
    world.deployer = replace(world.deployer, on_record=OnRecord(until=1))
    with pytest.raises(NotReadyError, match="cannot be sent"):
        world.run(Operation.UP)
    assert world.engine.calls == []


def test_a_step_that_is_under_way_ends_and_no_other_begins_when_nobody_would_know_of_it() -> None:
    world, on_record = World(), OnRecord()
    world.deployer = replace(world.deployer, on_record=on_record)
    world.during("dev", lambda: setattr(on_record, "until", 0))
    outcome = world.run(Operation.UP)
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "failed", "the record cannot be written"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert (outcome.steps[1].cause, outcome.steps[1].remedy) == ("the record cannot be sent", "look at the bucket")
    assert world.engine.calls == [("up", "dev")]
    assert outcome.exit_code() is ExitCode.FAILED


def test_all_of_it_is_on_record_before_each_step() -> None:
    world, on_record = World(), OnRecord()
    world.deployer = replace(world.deployer, on_record=on_record)
    assert world.run(Operation.UP).exit_code() is ExitCode.DONE
    assert on_record.looks == 1 + len(ACCOUNTS)


def test_time_is_measured_per_step_and_over_all() -> None:
    world = World()
    world.during("staging", lambda: world.clock.sleep(90))
    outcome = world.run(Operation.UP)
    assert [step.seconds for step in outcome.steps] == [0, 90, 0]
    assert outcome.seconds == 90
    assert [event.seconds for event in world.said.of(StepFinished)] == [0, 90, 0]


def test_what_is_said_of_a_step_is_what_became_of_it() -> None:
    world = World().with_report("up", "staging", failed())
    outcome = world.run(Operation.UP)
    assert outcome.run == RUN
    told = [(event.stack, event.result, event.reason, event.cause) for event in world.said.of(StepFinished)]
    assert told == [(step.stack, step.result, step.reason, step.cause) for step in outcome.steps[:2]]


def test_every_step_works_under_its_own_session_and_environment() -> None:
    world = World()
    world.run(Operation.UP)
    assert [request.facts["deploy:sessionName"] for request in world.engine.requests] == [
        f"items-{env}-b42-{RUN}" for env in ("dev", "staging", "prod")
    ]
    assert all(request.environment == {"PATH": "/usr/bin"} for request in world.engine.requests)


BUCKET = urn(stack("prod"), "aws:s3/bucket:Bucket", "items")


def losing(*changes: ResourceChange, same: int = 2) -> EngineReport:
    """A preview that does this to some resources and leaves the others."""
    gone = sum(1 for change in changes if change.op == "delete")
    counted = Changes(delete=gone, replace=len(changes) - gone, same=same)
    return EngineReport(EngineStatus.SUCCEEDED, counted, changes)


def test_an_up_that_would_lose_data_is_refused_before_anything_is_touched_and_with_the_word_for_it_goes_on() -> None:
    report = losing(ResourceChange(BUCKET, "delete"))
    world = World(yes=True, state=PROD_STANDS).with_report("preview", "prod", report)
    outcome = world.run(Operation.UP, stack("prod"))
    assert ends(outcome) == [("prod", "refused", "would lose data")]
    assert world.engine.calls == [("preview", "prod")]
    assert outcome.steps[0].cause == f"this would be lost: delete {BUCKET} (its objects)"
    assert outcome.steps[0].remedy == f"if that is meant, add --allow-delete '{BUCKET}'"
    assert outcome.exit_code() is ExitCode.REFUSED

    for word in (BUCKET, "all"):
        allowed = World(yes=True, state=PROD_STANDS, allowed=(word,)).with_report("preview", "prod", report)
        assert ends(allowed.run(Operation.UP, stack("prod"))) == [("prod", "succeeded", "changed")]


def test_where_nothing_stands_nothing_can_be_lost_and_no_preview_is_made() -> None:
    world = World(yes=True)
    world.run(Operation.UP, stack("prod", max_deletes=0))
    assert world.engine.calls == [("up", "prod")]


def test_a_destroy_says_what_goes_for_good_and_lets_buckets_be_emptied_before_it_deletes() -> None:
    world = World(yes=True, state=PROD_STANDS)
    assert ends(world.run(Operation.DESTROY, stack("prod"))) == [("prod", "succeeded", "destroyed")]
    assert world.engine.calls == [("up", "prod"), ("destroy", "prod")]
    emptying, destroying = world.engine.requests
    bucket = BUCKET.replace("aws:s3", "items:storage:PrivateBucket$aws:s3")
    assert emptying.targets == ("urn:pulumi:prod::items::pulumi:providers:*::*", bucket)
    assert emptying.facts["deploy:emptyBuckets"] == "true"
    assert "deploy:emptyBuckets" not in destroying.facts
    assert "what is in it is deleted for good: its objects (Bucket items)" in {
        event.message for event in world.said.of(Progress)
    }


def test_a_destroy_of_what_has_no_bucket_only_deletes() -> None:
    state = FakeState(contents={"prod": content(checkpoint(stack("prod"), []))})
    world = World(yes=True, state=state)
    world.run(Operation.DESTROY, stack("prod"))
    assert world.engine.calls == [("destroy", "prod")]


def test_a_destroy_whose_buckets_cannot_be_prepared_deletes_nothing() -> None:
    world = World(yes=True, state=PROD_STANDS).with_report("up", "prod", failed("denied"))
    assert ends(world.run(Operation.DESTROY, stack("prod"))) == [("prod", "failed", "engine failed")]
    assert world.engine.calls == [("up", "prod")]


@dataclass(frozen=True)
class NotInRole:
    """A gate that finds a right missing for everything that is made."""

    name: ClassVar[GateName] = GateName.RIGHTS

    def wants_preview(self, step: Step) -> bool:
        return step.operation is Operation.UP

    def refusal(self, _step: Step, preview: EngineReport) -> Refusal | None:
        missing = tuple(MissingRight(change, "arn:aws:s3:::a", "s3:CreateBucket", "no") for change in preview.resources)
        return Refusal(Reason.MISSING_RIGHTS, "it may not", Remedy("bootstrap"), missing) if missing else None


def held_to_rights(operation: Operation, preview: EngineReport) -> tuple[RunOutcome, list[tuple[str, str]]]:
    """What becomes of dev, whose preview shows this, and what the engine was asked to do."""
    world, gate = World().with_report("preview", "dev", preview), NotInRole()
    deployer = replace(world.deployer, gates=(gate,), of_previews=(gate,))
    return deployer.run(make_plan(operation, [stack()]), facts()), world.engine.calls


@pytest.mark.parametrize(
    ("operation", "end", "code", "counted"),
    [(Operation.PREVIEW, "failed", ExitCode.FAILED, 1), (Operation.UP, "refused", ExitCode.REFUSED, 0)],
)
def test_what_the_role_may_not_do_ends_a_preview_and_an_up_before_it_changes_anything(
    operation: Operation, end: str, code: ExitCode, counted: int
) -> None:
    made = EngineReport(EngineStatus.SUCCEEDED, Changes(create=1), (ResourceChange(BUCKET, "create"),))
    outcome, calls = held_to_rights(operation, made)
    assert ends(outcome) == [("dev", end, "missing rights")]
    assert calls == [("preview", "dev")]
    (step,) = outcome.steps
    assert (step.cause, step.remedy, step.changes.create) == ("it may not", "bootstrap", counted)
    assert [right.change.urn for right in step.missing] == [BUCKET]
    assert outcome.exit_code() is code


@pytest.mark.parametrize("operation", [Operation.PREVIEW, Operation.UP])
def test_where_no_right_is_missing_nothing_is_said_of_rights(operation: Operation) -> None:
    outcome, calls = held_to_rights(operation, UNCHANGED)
    assert [(step.result.value, step.missing) for step in outcome.steps] == [("succeeded", ())]
    assert calls == [("preview", "dev"), *([("up", "dev")] if operation is Operation.UP else [])]


@pytest.mark.parametrize("operation", [Operation.UP, Operation.DESTROY])
@pytest.mark.parametrize(("word", "ends_so"), [("creating", "failed"), ("updating", "succeeded")])
def test_a_step_has_succeeded_only_when_nothing_of_unknown_outcome_is_left(
    operation: Operation, word: str, ends_so: str
) -> None:
    dev = stack("dev")
    left = with_pending(checkpoint(dev), resource(dev, "aws:apigatewayv2/api:Api", "web", id=""), operation=word)
    world = World(yes=True, allowed=("all",))

    def leave() -> None:
        world.state.contents = {"dev": content(left)}

    step = world.during("dev", leave, call=operation.value).run(operation, dev).steps[0]
    assert step.result.value == ends_so
    assert (step.reason is Reason.STILL_PENDING) is (ends_so == "failed")
    assert ("deploy repair --stack dev" in step.remedy) is (ends_so == "failed")


def left(*names: str) -> Plan:
    """A plan of all stacks, of which these were begun by an earlier run."""
    plan = make_plan(Operation.UP, chain())
    return replace(plan, steps=tuple(replace(step, unfinished=step.stack.name in names) for step in plan.steps))


def test_what_an_earlier_run_has_touched_is_mended_first_and_starts_from_the_account() -> None:
    world, mended = World(), list[str]()
    outcome = world.deployer.go_on(
        left("staging"),
        facts(),
        lambda step, _: mended.append(f"{step.stack.name} after {len(world.engine.calls)}"),
        refresh=False,
        on_failure=OnFailure.STOP,
    )
    assert mended == ["staging after 1"]
    assert [(one.stack, one.refresh) for one in world.engine.requests] == [
        ("dev", False),
        ("staging", True),
        ("prod", False),
    ]
    assert outcome.exit_code() is ExitCode.DONE


def test_what_a_person_has_to_decide_is_refused_and_its_engine_does_not_begin() -> None:
    world = World()

    def refuse(_step: Step, _facts: RunFacts) -> None:
        raise RefusedError("several match", remedy=Remedy("say which"))

    outcome = world.deployer.go_on(left("dev"), facts(), refuse, refresh=False, on_failure=OnFailure.STOP)
    assert ends(outcome)[0] == ("dev", "refused", "outcome unknown")
    assert outcome.steps[0].remedy == "say which"
    assert world.engine.calls == []
    assert outcome.exit_code() is ExitCode.REFUSED


def test_with_continue_only_what_needs_a_failed_stack_is_blocked() -> None:
    free, needs = stack("prod"), replace(stack("staging"), needs=("dev",))
    world = World().with_report("up", "dev", failed())
    plan = make_plan(Operation.UP, [stack(), needs, replace(free, needs=())])
    outcome = world.deployer.run(plan, facts(), on_failure=OnFailure.CONTINUE)
    assert sorted(ends(outcome)) == [
        ("dev", "failed", "engine failed"),
        ("prod", "succeeded", "changed"),
        ("staging", "not run", "blocked by a stack that it needs"),
    ]
    assert outcome.exit_code() is ExitCode.FAILED


def test_the_states_from_which_a_run_begins_are_on_record_before_anything_is_touched() -> None:
    world = World(state=PROD_STANDS)
    world.run(Operation.UP)
    (seen,) = [event for event in world.said.events if isinstance(event, StateSeen)]
    assert (seen.stack, seen.before) == ("prod", False)
    assert seen.digest == digest(PROD_STANDS.contents["prod"])


def nobody_may_ask(_: Stack) -> Sequence[str]:
    raise NotReadyError("AccessDenied")


@pytest.mark.parametrize(
    ("report", "orphans", "ends_so"),
    [
        (deployed("dev"), lambda _: ["arn:aws:s3:::items-dev-old"], ("failed", "left over")),
        (deployed("dev"), lambda _: [], ("succeeded", "changed")),
        (deployed("dev"), nobody_may_ask, ("succeeded", "changed")),
        (replace(deployed("dev"), changes=Changes(same=2)), lambda _: ["arn:x"], ("succeeded", "unchanged")),
    ],
)
def test_a_stack_that_left_something_over_has_not_succeeded(
    report: EngineReport, orphans: Callable[[Stack], Sequence[str]], ends_so: tuple[str, str]
) -> None:
    world = World(orphans=orphans).with_report("up", "dev", report)
    step = world.run(Operation.UP, stack("dev")).steps[0]
    assert (step.result.value, step.reason.value) == ends_so
    over = ends_so[1] == "left over"
    assert ("arn:aws:s3:::items-dev-old" in step.cause) is over
    assert ("`deploy repair --stack dev`" in step.remedy) is over
    asked = [event.message for event in world.said.of(Progress) if "left over" in event.message]
    assert asked == (
        ["whether anything is left over cannot be told: AccessDenied"] if orphans is nobody_may_ask else []
    )


@pytest.mark.parametrize(
    ("left", "ends_so"),
    [(["arn:aws:s3:::items-dev-old"], ("failed", "left over")), ([], ("succeeded", "destroyed"))],
)
def test_a_stack_that_is_destroyed_and_still_has_something_has_not_succeeded(
    left: list[str], ends_so: tuple[str, str]
) -> None:
    world = World(orphans=lambda _: left, yes=True)
    step = world.run(Operation.DESTROY, stack("dev")).steps[0]
    assert (step.result.value, step.reason.value) == ends_so
    assert step.cause == ("destroyed, and its account still has something of this stack\n  " + left[0] if left else "")
    assert ("delete what nobody needs" in step.remedy) is bool(left)


MONDAY = Schedule("UTC", (Window(frozenset({0}), 60, 120, "Mon 01:00-02:00"),))
"""The tests' clock starts on a Monday at 01:02."""
TUESDAY = Schedule("UTC", (Window(frozenset({1}), 60, 120, "Tue 01:00-02:00"),))
FROZEN = Schedule("UTC", freezes=(Freeze(0.0, FakeClock().time + 60, "Christmas"),))
PATIENCE = Overrides(frozenset({Overridable.WINDOW}), "orders are lost", "alice")


def timed(name: str, schedule: Schedule) -> Stack:
    return replace(stack(name), schedule=schedule)


@pytest.mark.parametrize("operation", [Operation.UP, Operation.DESTROY])
@pytest.mark.parametrize(
    ("schedule", "gate", "said"),
    [
        (TUESDAY, Overridable.WINDOW, "it opens Tue 2026-11-24 01:00"),
        (FROZEN, Overridable.FREEZE, "frozen until Mon 2026-11-23 01:03: Christmas"),
    ],
)
def test_while_one_stack_is_closed_nothing_is_touched(
    operation: Operation, schedule: Schedule, gate: Overridable, said: str
) -> None:
    world = World(yes=True)
    with pytest.raises(RefusedError) as caught:
        world.run(operation, stack("dev"), timed("prod", schedule))
    assert said in str(caught.value)
    assert f"--override {gate} --reason WHY" in caught.value.remedy
    assert world.engine.calls == []
    assert world.leases.writes == []
    assert [(event.check, event.stack) for event in world.said.of(CheckFailed)] == [(gate, "prod")]


def test_a_stack_in_its_window_is_deployed() -> None:
    world = World(yes=True)
    assert world.run(Operation.UP, timed("prod", MONDAY)).exit_code() is ExitCode.DONE
    assert world.said.of(GateOverridden) == []


def test_a_preview_touches_nothing_and_is_made_at_any_time() -> None:
    assert World().run(Operation.PREVIEW, timed("prod", TUESDAY)).exit_code() is ExitCode.DONE


def test_a_person_overrides_a_window_and_that_is_on_record() -> None:
    world = World(yes=True, overrides=PATIENCE)
    outcome = world.run(Operation.UP, stack("dev"), timed("prod", TUESDAY))
    assert outcome.exit_code() is ExitCode.DONE
    event = GateOverridden("prod", Overridable.WINDOW, "orders are lost", "alice")
    assert world.said.of(GateOverridden) == [event]
    assert [step.overridden for step in outcome.steps] == [(), (event,)]


def test_who_overrides_the_window_has_not_overridden_the_freeze() -> None:
    world = World(yes=True, overrides=PATIENCE)
    with pytest.raises(RefusedError, match="frozen"):
        world.run(Operation.UP, timed("prod", replace(FROZEN, windows=TUESDAY.windows)))
    assert world.said.of(GateOverridden) == []


def test_a_stack_that_closes_while_the_run_goes_on_is_refused_before_it_is_touched() -> None:
    world = World(yes=True)
    world.engine.during = lambda _call, _request, _emit: world.clock.sleep(3600)
    outcome = world.run(Operation.UP, timed("dev", MONDAY), replace(timed("prod", MONDAY), needs=("dev",)))
    assert [(step.result, step.reason) for step in outcome.steps] == [
        ("succeeded", Reason.CHANGED),
        ("refused", Reason.OUTSIDE_WINDOW),
    ]
    assert outcome.exit_code() is ExitCode.REFUSED
    assert [call for call, _ in world.engine.calls] == ["up"]


def unfinished(*stacks: Stack) -> Plan:
    plan = make_plan(Operation.UP, stacks)
    return replace(plan, steps=(replace(plan.steps[0], unfinished=True), *plan.steps[1:]))


def test_what_was_begun_is_ended_after_its_window_and_what_was_not_is_not_begun() -> None:
    world = World(yes=True)
    plan = unfinished(timed("dev", TUESDAY), replace(timed("prod", TUESDAY), needs=("dev",)))
    outcome = world.deployer.go_on(plan, facts(), lambda _step, _facts: None, refresh=False, on_failure=OnFailure.STOP)
    assert [step.reason for step in outcome.steps] == [Reason.CHANGED, Reason.OUTSIDE_WINDOW]
    assert world.said.of(GateOverridden) == [GateOverridden("dev", Overridable.WINDOW, FINISHING)]


def test_a_state_that_was_put_back_is_looked_up_first_and_opens_no_window() -> None:
    def plan(schedule: Schedule) -> Plan:
        made = make_plan(Operation.UP, [timed("dev", schedule)])
        return replace(made, steps=(replace(made.steps[0], put_back=True),))

    world, mended = World(yes=True), list[str]()
    go_on = partial(world.deployer.go_on, refresh=False, on_failure=OnFailure.STOP)
    with pytest.raises(RefusedError, match="outside its window"):
        go_on(plan(TUESDAY), facts(), lambda step, _: mended.append(step.stack.name))
    assert (mended, world.engine.calls) == ([], [])
    outcome = go_on(plan(MONDAY), facts(), lambda step, _: mended.append(step.stack.name))
    assert (mended, [step.reason for step in outcome.steps]) == (["dev"], [Reason.CHANGED])
    assert [one.refresh for one in world.engine.requests] == [True]


def test_a_run_that_began_nothing_is_not_gone_on_with_outside_of_the_window() -> None:
    world = World(yes=True)
    plan = make_plan(Operation.UP, [timed("dev", TUESDAY)])
    with pytest.raises(RefusedError, match="outside its window"):
        world.deployer.go_on(plan, facts(), lambda _step, _facts: None, refresh=False, on_failure=OnFailure.STOP)


def test_a_limit_is_overridden_with_a_reason_and_on_record() -> None:
    lost = EngineReport(EngineStatus.SUCCEEDED, Changes(delete=2, same=5))
    limited = stack("prod", max_deletes=1)
    refused = World(yes=True, state=PROD_STANDS).with_report("preview", "prod", lost).run(Operation.UP, limited)
    assert refused.steps[0].reason is Reason.OVER_LIMIT
    assert "--override max-deletes --reason WHY" in refused.steps[0].remedy
    lifted = Overrides(frozenset({Overridable.MAX_DELETES}), "moved to another account", "alice")
    world = World(yes=True, state=PROD_STANDS, overrides=lifted).with_report("preview", "prod", lost)
    assert world.run(Operation.UP, limited).exit_code() is ExitCode.DONE
    assert [event.gate for event in world.said.of(GateOverridden)] == [Overridable.MAX_DELETES]


@pytest.mark.parametrize("operation", [Operation.UP, Operation.DESTROY])
def test_a_stack_with_approvals_is_changed_by_an_approved_plan_only(operation: Operation) -> None:
    asking = replace(stack("prod"), approvals=1)
    world = World(yes=True, overrides=Overrides(frozenset(Overridable), "hurry", "alice"))
    with pytest.raises(RefusedError) as caught:
        world.run(operation, asking)
    assert "prod is changed by reviewed plans with 1 approval, and this is none" in str(caught.value)
    assert "deploy approve DIR" in caught.value.remedy
    assert world.engine.calls == []
    approved = replace(world.deployer, approved=frozenset({"prod"}))
    assert approved.run(make_plan(operation, [asking]), facts()).exit_code() is ExitCode.DONE
    assert world.said.of(GateOverridden) == []


def test_what_was_begun_of_a_stack_with_approvals_is_not_ended_without_them() -> None:
    world = World(yes=True)
    plan = unfinished(replace(stack("prod"), approvals=1))
    outcome = world.deployer.go_on(plan, facts(), lambda _step, _facts: None, refresh=False, on_failure=OnFailure.STOP)
    assert [(step.result, step.reason) for step in outcome.steps] == [("refused", Reason.NEEDS_APPROVAL)]
    assert world.engine.calls == []
