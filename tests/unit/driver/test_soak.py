"""What was deployed in a ring is watched for a time before the next ring begins: its smoke test, and its alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy_driver import remedies
from deploy_driver.choices import OnFailure
from deploy_driver.errors import ExitCode, NotReadyError
from deploy_driver.plan.plan import Plan, make_plan
from deploy_driver.record.catalogue import Progress, Soaked, SoakStarted
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.values import Alarm, Changes, EngineReport, EngineStatus, Operation, Soak, Stack
from tests.carried import gone, printed
from tests.samples import facts, stack
from tests.unit.driver.test_deployer import World, deployed, ends

ERRORS = "items-dev-errors"
OK = Alarm(ERRORS, "OK")
TOO_MANY = Alarm(ERRORS, "ALARM", "Threshold Crossed: 9 errors")
UNCHANGED = EngineReport(EngineStatus.SUCCEEDED, Changes(same=3), outputs=deployed("dev").outputs)


def rings(seconds: int = 600) -> tuple[Stack, Stack]:
    """dev soaks, with an alarm; then prod."""
    return replace(stack("dev"), soak=Soak(seconds, (ERRORS,))), stack("prod", needs=("dev",))


def watched(now: Alarm | None = OK) -> World:
    world = World()
    if now:
        world.alarms.found["dev", ERRORS] = now
    return world


def after(world: World, seconds: float, do: Callable[[], object]) -> None:
    """`do()` at the first look at an alarm that long after the run has begun."""
    began = world.clock.now()

    def happen() -> None:
        if world.clock.now() - began >= seconds:
            do()

    world.alarms.during = happen


def soaked(world: World) -> float:
    """For how many seconds the run has slept."""
    return sum(world.clock.slept)


def test_the_next_ring_begins_when_nothing_was_wrong_for_as_long_as_the_settings_say() -> None:
    world = watched()
    outcome = world.run(Operation.UP, *rings())
    assert ends(outcome) == [("dev", "succeeded", "changed"), ("prod", "succeeded", "changed")]
    assert soaked(world) == 600
    assert world.said.of(SoakStarted) == [SoakStarted("dev", 600, (ERRORS,))]
    assert world.said.of(Soaked) == [Soaked("dev", 600)]
    assert {name for name, _ in world.alarms.read_so_far} == {"dev"}
    assert len([address for address, _ in world.prober.asked if "/dev/" in address]) > 100
    left = [event.message for event in world.said.of(Progress)]
    assert left == [f"soak: {minutes} min left" for minutes in range(9, 1, -1)] + ["soak: 1 min left"]


def test_a_stack_that_is_in_no_ring_or_in_one_that_does_not_soak_is_not_watched() -> None:
    world = watched(TOO_MANY)
    assert ends(world.run(Operation.UP, stack("dev"))) == [("dev", "succeeded", "changed")]
    assert (world.alarms.read_so_far, soaked(world)) == ([], 0)


@pytest.mark.parametrize("seconds", [0, 300, 600])
def test_an_alarm_that_goes_off_ends_the_soak_and_the_next_ring_is_not_touched(seconds: int) -> None:
    world = watched()
    after(world, seconds, lambda: world.alarms.found.update({("dev", ERRORS): TOO_MANY}))
    outcome = world.run(Operation.UP, *rings())
    assert ends(outcome) == [("dev", "failed", "alarm"), ("prod", "not run", "an earlier stack")]
    assert soaked(world) == seconds
    dev = outcome.steps[0]
    assert dev.cause == f"deployed, and the alarm {ERRORS} has gone off: Threshold Crossed: 9 errors"
    assert dev.changes == Changes(create=2)
    assert outcome.exit_code() is ExitCode.FAILED
    assert ("up", "prod") not in world.engine.calls
    assert world.said.of(Soaked) == []


def test_an_alarm_that_knows_nothing_yet_has_not_gone_off() -> None:
    outcome = watched(Alarm(ERRORS, "INSUFFICIENT_DATA")).run(Operation.UP, *rings())
    assert outcome.exit_code() is ExitCode.DONE


def test_a_service_that_stops_working_while_it_soaks_has_failed_its_smoke_test() -> None:
    world = watched()
    after(world, 300, lambda: setattr(world.prober, "answers", {}))
    outcome = world.run(Operation.UP, *rings())
    assert ends(outcome) == [("dev", "failed", "smoke test failed"), ("prod", "not run", "an earlier stack")]
    assert "/dev/health does not answer" in outcome.steps[0].cause
    assert 300 <= soaked(world) < 600


def test_where_nothing_was_changed_nothing_is_waited_for_and_yet_an_alarm_keeps_the_next_ring_back() -> None:
    world = watched().with_report("up", "dev", UNCHANGED)
    assert ends(world.run(Operation.UP, *rings())) == [
        ("dev", "succeeded", "unchanged"),
        ("prod", "succeeded", "changed"),
    ]
    assert (soaked(world), world.said.of(SoakStarted)) == (0, [])
    world = watched(TOO_MANY).with_report("up", "dev", UNCHANGED)
    assert ends(world.run(Operation.UP, *rings()))[0] == ("dev", "failed", "alarm")


def test_a_stop_ends_the_soak_at_once() -> None:
    world = watched()
    after(world, 300, world.deployer.interrupt)
    outcome = world.run(Operation.UP, *rings())
    assert ends(outcome) == [("dev", "interrupted", "stopped on request"), ("prod", "not run", "an earlier stack")]
    assert outcome.steps[0].cause == "deployed, and stopped while it soaked"
    assert soaked(world) == 300


def test_alarms_that_cannot_be_read_are_taken_for_a_failure() -> None:
    world = watched()

    def refuse() -> None:
        raise NotReadyError("alarm of dev: AccessDenied", remedy=remedies.POLICIES_OF_ROLES)

    after(world, 300, refuse)
    dev = world.run(Operation.UP, *rings()).steps[0]
    assert (dev.reason.value, dev.cause, dev.remedy) == (
        "alarm",
        "alarm of dev: AccessDenied",
        remedies.POLICIES_OF_ROLES,
    )


def resumed(world: World) -> RunOutcome:
    """What `deploy resume` does with dev, of which nothing is left to be made, and with prod."""
    plan = make_plan(Operation.UP, rings())
    dev, prod = plan.steps
    world.with_report("up", "dev", UNCHANGED)
    left = Plan(plan.operation, (replace(dev, unfinished=True), prod))
    return world.deployer.go_on(left, facts(), lambda _step, _: None, refresh=False, on_failure=OnFailure.STOP)


def test_once_the_alarm_is_ok_a_resumed_run_watches_anew_from_the_beginning_and_goes_on() -> None:
    world = watched(TOO_MANY)
    said = world.run(Operation.UP, *rings()).steps[0].remedy
    assert printed(remedies.ALARM_WENT_OFF, said).commands[1] == ("deploy", "resume")
    assert ends(resumed(world))[0] == ("dev", "failed", "alarm")
    world.alarms.found["dev", ERRORS] = OK
    outcome = resumed(world)
    assert [result for _, result, _ in ends(outcome)] == ["succeeded"] * 2
    assert soaked(world) == 600
    gone(remedies.ALARM_WENT_OFF, outcome.steps[0].remedy)


def test_an_alarm_that_is_not_there_is_no_alarm_that_is_ok_until_the_program_makes_it() -> None:
    world = watched(None)
    dev = world.run(Operation.UP, *rings()).steps[0]
    assert (dev.result.value, dev.reason.value) == ("failed", "alarm")
    assert dev.cause == f"deployed, and there is no alarm {ERRORS} in 222222222222, eu-central-1"
    assert printed(remedies.NAME_ALARM, dev.remedy).commands[-1] == ("deploy", "up", "--stacks", "dev")
    world.during("dev", lambda: world.alarms.found.update({("dev", ERRORS): OK}))
    gone(remedies.NAME_ALARM, world.run(Operation.UP, *rings()).steps[0].remedy)
