"""A run of a reviewed plan compares again right before each stack, and stops where what is left is another plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deploy_driver.bundle.model import Bundle
from deploy_driver.digest import digest
from deploy_driver.errors import ExitCode
from deploy_driver.plan.plan import make_plan
from deploy_driver.run.deployer import Deployer
from deploy_driver.run.gates import Confirmation, DataLoss, Limit, RequiredApproval, reviewed_gates, unlike
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import Changes, EngineReport, EngineRequest, EngineStatus, Operation
from tests.fakes.alarms import FakeAlarms
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.fakes.leases import FakeLeases, leasing
from tests.fakes.plans import FakePlans
from tests.fakes.prober import FakeProber
from tests.fakes.prompt import FakePrompt
from tests.fakes.state import FakeState
from tests.reviews import BUNDLE, changes
from tests.samples import ACCOUNTS, RUN, chain, facts, stack


def previewed(env: str, **counts: int) -> EngineReport:
    return EngineReport(EngineStatus.SUCCEEDED, Changes(**(counts or {"update": 2})), changes(env))


def deployed(env: str) -> EngineReport:
    return EngineReport(
        EngineStatus.SUCCEEDED, Changes(update=2), outputs={"url": f"http://127.0.0.1/{env}", "version": "7"}
    )


@dataclass
class World:
    """Three stacks, as they were reviewed."""

    engine: FakeEngine = field(
        default_factory=lambda: FakeEngine(
            {("preview", env): previewed(env) for env in ACCOUNTS} | {("up", env): deployed(env) for env in ACCOUNTS}
        )
    )
    state: FakeState = field(
        default_factory=lambda: FakeState(digests={env: digest(f"state of {env}".encode()) for env in ACCOUNTS})
    )
    prompt: FakePrompt = field(default_factory=lambda: FakePrompt(present=False))
    plans: FakePlans = field(default_factory=FakePlans)

    def run(self, *stacks: object, bundle: Bundle = BUNDLE, yes: bool = False) -> RunOutcome:
        said, clock = Recorder(), FakeClock()
        health = {
            f"http://127.0.0.1/{env}/health": {"account": ACCOUNTS[env], "stack": env, "version": "7"}
            for env in ACCOUNTS
        }
        gates = (Limit(), DataLoss(), Confirmation(self.prompt, yes), RequiredApproval(self.prompt, yes))
        deployer = Deployer(
            self.engine,
            Preflight(FakeIdentity(), self.state, said, clock),
            leasing(FakeLeases(clock), self.state),
            reviewed_gates(bundle, self.state, self.plans, RUN, gates),
            FakeProber(health),
            clock,
            said,
            FakeAlarms(),
        )
        return deployer.run(make_plan(Operation.UP, stacks or chain()), facts())  # type: ignore[arg-type]


def ends(outcome: RunOutcome) -> list[tuple[str, str, str]]:
    return [(step.stack, step.result.value, step.reason.value) for step in outcome.steps]


def test_what_was_reviewed_is_applied_and_each_stack_is_previewed_right_before() -> None:
    world = World()
    outcome = world.run()
    assert ends(outcome) == [(env, "succeeded", "changed") for env in ACCOUNTS]
    assert world.engine.calls == [(call, env) for env in ACCOUNTS for call in ("preview", "up")]


def test_an_earlier_stack_s_new_output_stops_the_run_before_the_stack_that_it_changes() -> None:
    world = World()
    function, alias = changes("prod")
    other = replace(function, diffs=(replace(function.diffs[0], new=99),))

    def after_dev(call: str, request: EngineRequest, _emit: object) -> None:
        if (call, request.stack) == ("up", "dev"):
            moved = replace(previewed("prod"), resources=(other, alias))
            world.engine.reports = {**world.engine.reports, ("preview", "prod"): moved}

    world.engine.during = after_dev
    outcome = world.run()
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "succeeded", "changed"),
        ("prod", "refused", "not as reviewed"),
    ]
    assert outcome.steps[2].cause == (
        "steps: items (aws:lambda/function:Function): reviewed update timeout (update): 10 → 12, "
        "now update timeout (update): 10 → 99"
    )
    assert "preview again" in outcome.steps[2].remedy
    assert outcome.exit_code() is ExitCode.REFUSED
    assert ("up", "prod") not in world.engine.calls


def test_a_state_that_moves_meanwhile_stops_the_run_and_the_rest_is_not_run() -> None:
    world = World()

    def somebody_deploys(call: str, request: EngineRequest, _emit: object) -> None:
        if (call, request.stack) == ("up", "dev"):
            world.state.digests = {**world.state.digests, "staging": digest(b"another")}

    world.engine.during = somebody_deploys
    outcome = world.run()
    assert ends(outcome) == [
        ("dev", "succeeded", "changed"),
        ("staging", "refused", "not as reviewed"),
        ("prod", "not run", "an earlier stack"),
    ]
    assert outcome.steps[1].cause.startswith("state moved: reviewed sha256:")


def test_a_first_stack_without_a_state_is_reviewed_as_absent() -> None:
    world = World()
    world.state.digests = {}
    absent = tuple(replace(stack, state="absent") for stack in BUNDLE.binding.stacks)
    bundle = replace(BUNDLE, binding=replace(BUNDLE.binding, stacks=absent))
    assert ends(world.run(bundle=bundle))[0] == ("dev", "succeeded", "changed")
    assert ends(world.run())[0] == ("dev", "refused", "not as reviewed")


def test_nothing_is_as_reviewed_when_something_was_reviewed() -> None:
    world = World()
    unchanged = EngineReport(EngineStatus.SUCCEEDED, Changes(same=9))
    world.engine.reports = {**world.engine.reports, ("preview", "dev"): unchanged}
    assert ends(world.run())[0] == ("dev", "refused", "not as reviewed")


def test_limits_and_approvals_still_hold() -> None:
    lost = World()
    lost.engine.reports = {**lost.engine.reports, ("preview", "prod"): previewed("prod", delete=1)}
    assert ends(lost.run(stack("prod", max_deletes=0), yes=True)) == [("prod", "refused", "over a limit")]
    assert ends(World().run(stack("prod", max_deletes=0), yes=True)) == [("prod", "succeeded", "changed")]
    assert ends(World().run(stack("prod", approve=True))) == [("prod", "refused", "needs approval")]
    assert ends(World().run(stack("prod", approve=True), yes=True)) == [("prod", "succeeded", "changed")]


def test_every_difference_of_every_stack_is_found_before_anything_is_touched() -> None:
    steps = World().run().steps
    same = tuple(replace(step, resources=changes(step.stack)) for step in steps)
    assert list(unlike(BUNDLE, RunOutcome("r", Operation.PREVIEW, same))) == []
    other = tuple(replace(step, resources=changes(step.stack)[:1]) for step in steps)
    found = list(unlike(BUNDLE, RunOutcome("r", Operation.PREVIEW, other)))
    assert [(mismatch.stack, mismatch.now) for mismatch in found] == [(env, "nothing") for env in ACCOUNTS]


def test_a_plan_is_put_on_record_as_used_before_the_first_stack_is_touched_and_then_works_for_nobody_else() -> None:
    first = World()
    assert ends(first.run()) == [(env, "succeeded", "changed") for env in ACCOUNTS]
    assert first.plans.used == {BUNDLE.id: RUN}
    again = World(plans=FakePlans({BUNDLE.id: "20261123-0000-another"}))
    outcome = again.run()
    assert ends(outcome)[0] == ("dev", "refused", "not as reviewed")
    assert outcome.exit_code() is ExitCode.REFUSED
    assert "used by run 20261123-0000-another" in outcome.steps[0].cause
    assert again.engine.calls == [("preview", "dev")]


def test_a_plan_that_another_gate_refuses_is_not_used() -> None:
    world = World()
    outcome = world.run(stack("dev", approve=True), *chain()[1:])
    assert ends(outcome)[0] == ("dev", "refused", "needs approval")
    assert world.plans.used == {}
    assert ends(world.run(stack("dev", approve=True), *chain()[1:], yes=True))[0] == ("dev", "succeeded", "changed")
    assert world.plans.used == {BUNDLE.id: RUN}
