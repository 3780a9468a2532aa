"""However often a run and those that go on with it die, the next one ends the job: in order, and what was begun is looked up first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from deploy_driver.choices import OnFailure
from deploy_driver.plan.plan import Plan, Step, make_plan
from deploy_driver.record.catalogue import EngineStarted, Event, RunFinished, RunStarted
from deploy_driver.record.standing import LeftRun, Standing, left_by
from deploy_driver.record.stream import Envelope
from deploy_driver.run.requests import RunFacts
from deploy_driver.run.seen_states import SeenStates
from deploy_driver.values import EngineReport, Operation, Process
from tests.fakes.engine import failed
from tests.fakes.s3 import DiedError
from tests.samples import RUN, chain, facts
from tests.unit.driver.test_deployer import World, deployed

STACKS = {stack.name: stack for stack in chain()}
ORDER = list(STACKS)


@dataclass
class Accounts:
    """What stands: the stacks that are deployed, those in which an engine died, and everything that was done, in order."""

    deployed: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    done: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Attempt:
    """One run over the accounts. It dies before the event of that number; the engine then dies with it. `bad` stacks fail."""

    accounts: Accounts
    dies_at: int
    bad: frozenset[str]
    said: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        if len(self.said) == self.dies_at:
            raise DiedError
        self.said.append(event)

    def up(self, stack: str) -> EngineReport:
        """What the engine does: it begins, changes the account, and ends."""
        assert stack not in self.accounts.unknown, "an engine began where nobody knew what the last one had made"
        self.accounts.unknown.add(stack)
        self.emit(EngineStarted(stack, Process("agent-3", "boot", 77, "12")))
        self.accounts.done.append(("up", stack))
        if stack in self.bad:
            self.accounts.unknown.discard(stack)
            return failed()
        self.accounts.deployed.add(stack)
        self.emit(EngineStarted(stack, Process("agent-3", "boot", 78, "12")))
        self.accounts.unknown.discard(stack)
        return deployed(stack)

    def mend(self, step: Step, _facts: RunFacts) -> None:
        self.accounts.done.append(("mend", step.stack.name))
        self.accounts.unknown.discard(step.stack.name)

    def run(self, plan: Plan, left: LeftRun | None, on_failure: OnFailure) -> None:
        world = World(yes=True)
        world.engine.during = lambda call, request, _: (
            world.engine.reports.update({(call, request.stack): self.up(request.stack)}) if call == "up" else None  # type: ignore[attr-defined]
        )
        world.engine.reports = {}
        engine = SeenStates(world.engine, world.state)
        deployer = replace(
            world.deployer, engine=engine, emit=self.emit, preflight=replace(world.deployer.preflight, emit=self.emit)
        )
        try:
            self.emit(RunStarted(RUN, "up", "sandbox", plan.stacks, "3", "7", resumes=RUN if left else ""))
            if left is None:
                outcome = deployer.run(plan, facts(), on_failure=on_failure)
            else:
                outcome = deployer.go_on(plan, facts(), self.mend, refresh=False, on_failure=on_failure)
            self.emit(RunFinished(RUN, int(outcome.exit_code()), 1.0))
        except DiedError:
            return


def goes_on(left: LeftRun) -> Plan:
    """The plan of what is left, as `deploy resume` makes it."""
    plan = make_plan(Operation.UP, [STACKS[one.stack] for one in left.left], known=list(STACKS.values()))
    begun = {one.stack for one in left.left if left.started.resumes or one.standing is not Standing.NOT_BEGUN}
    return replace(plan, steps=tuple(replace(step, unfinished=step.stack.name in begun) for step in plan.steps))


def left_of(said: Sequence[Event]) -> LeftRun:
    return left_by([Envelope(RUN, number, 0.0, event) for number, event in enumerate(said, 1)])


deaths = st.lists(st.integers(1, 60), max_size=4)
failures = st.lists(st.sets(st.sampled_from(ORDER), max_size=2).map(frozenset), min_size=5, max_size=5)


def ends_the_job(dies_at: list[int], bad: list[frozenset[str]], on_failure: OnFailure) -> None:
    """Let a run and those that go on with it die before those events, with stacks that fail; the last two live."""
    accounts, left = Accounts(), None
    plan = make_plan(Operation.UP, list(STACKS.values()))
    for death, broken in zip(
        [*dies_at, 10_000, 10_000], [*bad[: len(dies_at)], frozenset[str](), frozenset[str]()], strict=True
    ):
        attempt = Attempt(accounts, death, broken)
        attempt.run(plan, left, on_failure)
        left = left_of(attempt.said)
        if not left.left:
            break
        plan = goes_on(left)
    assert left is not None
    assert not left.left
    assert accounts.deployed == set(ORDER)
    assert accounts.unknown == set()
    firsts = [stack for what, stack in accounts.done if what == "up"]
    assert [firsts.index(stack) for stack in ORDER] == sorted(firsts.index(stack) for stack in ORDER)


@given(deaths, failures, st.sampled_from(OnFailure))
@settings(max_examples=1000)
def test_whatever_dies_and_fails_the_next_one_ends_the_job(
    dies_at: list[int], bad: list[frozenset[str]], on_failure: OnFailure
) -> None:
    ends_the_job(dies_at, bad, on_failure)


def try_deaths(count: int, chance: int) -> int:
    """The same for as many cases as that; how many were tried. Raises AssertionError, shrunk to the smallest case."""
    tried = 0

    @seed(chance)
    @settings(max_examples=count, database=None, deadline=None)
    @given(deaths, failures, st.sampled_from(OnFailure))
    def attempt(dies_at: list[int], bad: list[frozenset[str]], on_failure: OnFailure) -> None:
        nonlocal tried
        tried += 1
        ends_the_job(dies_at, bad, on_failure)

    attempt()
    return tried
