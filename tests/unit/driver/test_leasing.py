"""One writer for each stack: who comes second is told, waits, or takes the place of a dead run; a living engine's lock stays."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from deploy_driver.errors import BusyError, ExitCode, InterruptedRunError, NotReadyError
from deploy_driver.lease import BEAT, LASTS, Holder
from deploy_driver.record.catalogue import LockRemoved, Progress
from deploy_driver.run.leasing import SILENT, Leasing, Onlooker
from deploy_driver.values import Process
from tests.fakes.events import Recorder
from tests.fakes.leases import FakeLeases, FakeProcesses, leasing, lock
from tests.fakes.state import FakeState

STACKS = ["dev", "staging", "prod"]
ELSEWHERE = FakeProcesses(Process("agent-2", "boot-2", 200, "2000"))


def never() -> bool:
    return False


def take(of: Leasing, *stacks: str) -> None:
    """Take them, and release them at once."""
    with of.holding(never) as held:
        held.take(stacks)


def dead(leases: FakeLeases, stack: str = "dev", processes: FakeProcesses = ELSEWHERE) -> Holder:
    """The lease of a run that was killed after it had begun."""
    now = leases.clock.now()
    holder = Holder("20261123-0000-dddddd", "", processes.me, now, now, now + LASTS)
    leases.objects[stack] = holder, f"old-{stack}"
    return holder


def test_every_stack_is_taken_in_the_order_of_names_and_released_whatever_happens() -> None:
    leases = FakeLeases()
    run = leasing(leases)

    def interrupted() -> None:
        with run.holding(never) as held:
            assert held.take(STACKS) == "dev, staging, prod are held by this run"
            assert leases.writes == ["dev", "prod", "staging"]
            run.require(begin=True)
            raise SystemExit

    with pytest.raises(SystemExit):
        interrupted()
    assert all(holder.released for holder, _ in leases.objects.values())
    take(leasing(leases, processes=ELSEWHERE), *STACKS)


def test_when_one_is_busy_those_taken_already_are_free_and_the_holder_is_named() -> None:
    leases = FakeLeases()
    first = leasing(leases, run="first")
    with first.holding(never) as held:
        held.take(["prod"])
        leases.clock.time += 200
        first.beat()
        leases.clock.time += 5
        second = leasing(leases, processes=ELSEWHERE, run="second")
        with second.holding(never) as other, pytest.raises(BusyError) as caught:
            other.take(STACKS)
        assert str(caught.value) == (
            "prod is being deployed by run first on agent-1 (pid 100), https://jenkins.example/job/items/7/, for 3 min, "
            "last heard of 5 s ago"
        )
        assert caught.value.exit_code is ExitCode.NOT_READY
        assert "--lock-timeout 10m" in caught.value.remedy
        take(leasing(leases, run="third"), "dev", "staging")
    take(second, *STACKS)


def test_a_run_that_never_began_leaves_the_last_holder_as_it_was() -> None:
    leases = FakeLeases()
    old = dead(leases)
    leases.clock.time += LASTS
    take(leasing(leases), "dev")
    assert leases.holder("dev") == old
    run = leasing(leases)
    with run.holding(never) as held:
        held.take(["dev"])
        run.require(begin=True)
    found = leases.holder("dev")
    assert found
    assert (found.run, found.released) == (run._run, True)


def test_a_dead_run_of_this_machine_is_replaced_at_once_and_one_of_another_when_its_lease_has_run_out() -> None:
    leases = FakeLeases()
    dead(leases, processes=FakeProcesses(Process("agent-1", "boot-1", 77, "770")))
    take(leasing(leases), "dev")
    living = FakeProcesses(living={77: 60.0})
    with pytest.raises(BusyError):
        take(leasing(leases, processes=living), "dev")
    dead(leases, "prod")
    leases.clock.time += LASTS - 1
    with pytest.raises(BusyError, match="last heard of 14 min ago") as caught:
        take(leasing(leases), "prod")
    assert "may be dead, and its lease runs out in 1 min: --lock-timeout 2m waits for that" in caught.value.remedy
    leases.clock.time += 1
    take(leasing(leases), "prod")


def test_a_run_that_was_only_stopped_on_this_machine_keeps_its_lease_for_as_long_as_its_process_lives() -> None:
    leases = FakeLeases()
    dead(leases, processes=FakeProcesses(Process("agent-1", "boot-1", 77, "770")))
    leases.clock.time += 10 * LASTS
    with pytest.raises(BusyError):
        take(leasing(leases, processes=FakeProcesses(living={77: 9999.0})), "dev")
    take(leasing(leases), "dev")


def test_leases_go_by_the_clock_of_s3() -> None:
    leases = FakeLeases(ahead=LASTS * 2)
    run = leasing(leases)
    with run.holding(never) as held:
        held.take(["dev"])
        leases.clock.time += LASTS / 2
        run.beat()
        leases.clock.time += LASTS / 2
        with pytest.raises(BusyError):
            take(leasing(leases, processes=ELSEWHERE), "dev")


def test_whoever_is_patient_waits_says_for_whom_and_goes_on() -> None:
    leases, said = FakeLeases(), Recorder()
    first = leasing(leases, run="first").holding(never)
    first.__enter__().take(["dev"])
    slept = leases.clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        if len(leases.clock.slept) == 30:
            first.__exit__(None, None, None)

    leases.clock.sleep = sleep  # type: ignore[method-assign]
    with leasing(leases, said=said, patience=600).holding(never) as held:
        held.take(["dev"])
    told = [event.message for event in said.of(Progress)]
    assert len(told) == 2
    assert told[0].startswith("waiting, for 10 min at most: dev is being deployed by run first on agent-1 (pid 100)")
    assert 80 < sum(leases.clock.slept) < 100


def test_patience_ends_when_its_time_is_over_and_when_somebody_stops_the_run() -> None:
    leases = FakeLeases()
    with leasing(leases, run="first").holding(never) as first:
        first.take(["dev"])
        patient = leasing(leases, patience=60)
        with patient.holding(never) as held, pytest.raises(BusyError):
            held.take(["dev"])
        assert sum(leases.clock.slept) == 60
        with patient.holding(lambda: True) as held, pytest.raises(InterruptedRunError, match="nothing was touched"):
            held.take(["dev"])


def test_a_lease_that_another_run_has_taken_ends_the_run_before_its_next_step() -> None:
    leases, said = FakeLeases(), Recorder()
    run = leasing(leases, said=said)
    with run.holding(never) as held:
        held.take(STACKS)
        run.require(begin=True)
        leases.clock.time += SILENT + 1  # the machine slept
        before = leases.objects["prod"]
        leases.objects["prod"] = replace(before[0], run="other"), "other"
        with pytest.raises(BusyError, match="this run has lost its lease: prod is being deployed by run other"):
            run.require()
        run.beat()
    assert len(said.of(Progress)) == 1
    found = leases.holder("prod")
    assert found
    assert (found.run, found.released) == ("other", False)


def test_a_beat_whose_answer_was_lost_or_that_failed_for_a_while_loses_nothing() -> None:
    leases = FakeLeases()
    run = leasing(leases)
    with run.holding(never) as held:
        held.take(["dev"])
        holder, _ = leases.objects["dev"]
        leases.objects["dev"] = replace(holder, beat=holder.beat + 1), "the answer was lost"
        leases.clock.time += BEAT
        run.beat()
        run.require(begin=True)
        leases.away = True
        leases.clock.time += LASTS - 2 * BEAT
        run.require()
        leases.clock.time += 3 * BEAT
        with pytest.raises(BusyError, match="could not be renewed for 15 min"):
            run.require()


def test_what_cannot_be_released_is_said_and_runs_out() -> None:
    leases, said = FakeLeases(), Recorder()
    with leasing(leases, said=said).holding(never) as held:
        held.take(["dev"])
        leases.away = True
    assert said.of(Progress)[-1].message == (
        "its lease could not be released: the endpoint does not answer; it runs out in 15 min"
    )


def test_somebody_who_is_quicker_between_the_look_and_the_write_wins() -> None:
    leases = FakeLeases()

    def snatch(stack: str) -> None:
        leases.before_write = lambda _: None
        dead(leases, stack)

    leases.before_write = snatch
    with pytest.raises(BusyError, match="20261123-0000-dddddd on agent-2"):
        take(leasing(leases), "dev")


def test_of_many_at_once_one_wins() -> None:
    leases = FakeLeases()
    start, done = threading.Barrier(32), threading.Barrier(32)
    won, told = [], []

    def run(number: int) -> None:
        of = leasing(leases, processes=FakeProcesses(Process(f"agent-{number}", "boot", number, "1")), run=str(number))
        with of.holding(never) as held:
            start.wait()
            try:
                held.take(STACKS)
                won.append(number)
            except BusyError as error:
                told.append(str(error))
            done.wait()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(told)) == (1, 31)
    assert all(f"run {won[0]} on agent-{won[0]}" in one for one in told)


def cleared(leases: FakeLeases, state: FakeState, processes: FakeProcesses, said: Recorder, patience: float = 0) -> str:
    with leasing(leases, state, processes, said, patience=patience).holding(never) as held:
        held.take(["dev"])
        return held.unlocked("dev")


@pytest.fixture
def killed() -> tuple[FakeLeases, FakeState]:
    """Driver 77 of this machine was killed, and the lock of its engine 88 is still there, and another stack's."""
    leases = FakeLeases()
    dead(leases, processes=FakeProcesses(Process("agent-1", "boot-1", 77, "770")))
    leases.clock.time += 30
    theirs = lock(88, "agent-1", leases.clock.now() - 25)
    return leases, FakeState(held={"dev": (theirs,), "prod": (theirs,)})


def test_the_lock_of_an_engine_that_is_gone_is_removed_and_nothing_else(killed: tuple[FakeLeases, FakeState]) -> None:
    (leases, state), said = killed, Recorder()
    assert cleared(leases, state, FakeProcesses(), said) == "not locked any more: the engine of 1 is dead"
    assert (state.held["dev"], len(state.held["prod"])) == ((), 1)
    (event,) = said.of(LockRemoved)
    assert (event.stack, event.key) == ("dev", ".pulumi/locks/organization/items/dev/88.json")
    assert event.by == "jenkins@agent-1 (pid 88)"
    assert event.why == "there is no process 88 any more that could have made it"


def test_the_lock_of_a_living_engine_stays_and_is_waited_for(killed: tuple[FakeLeases, FakeState]) -> None:
    leases, state = killed
    living = FakeProcesses(living={88: 26.0})
    with pytest.raises(
        BusyError, match=r"agent-1 \(pid 88\): the engine of run 20261123-0000-dddddd .* is still at work"
    ) as caught:
        cleared(leases, state, living, Recorder())
    assert "--lock-timeout 16m" in caught.value.remedy
    assert len(state.held["dev"]) == 1
    slept = leases.clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        state.held["dev"] = ()

    leases.clock.sleep = sleep  # type: ignore[method-assign]
    assert cleared(leases, state, living, Recorder(), patience=600) == "not locked"


def test_a_younger_process_of_the_same_id_is_another_one(killed: tuple[FakeLeases, FakeState]) -> None:
    leases, state = killed
    cleared(leases, state, FakeProcesses(living={88: 10.0}), Recorder())
    assert state.held["dev"] == ()


def test_an_engine_of_another_machine_is_dead_when_its_run_its_lock_and_the_state_have_been_silent() -> None:
    leases = FakeLeases()
    dead(leases)
    theirs = lock(88, "agent-2", leases.clock.now() + 5)
    state = FakeState(held={"dev": (theirs,)}, moments={"dev": leases.clock.now() + 100})
    leases.clock.time += LASTS + 50
    with pytest.raises(BusyError, match="may still be at work"):
        cleared(leases, state, FakeProcesses(), Recorder())
    assert state.held["dev"]
    said = Recorder()
    leases.clock.time += 51
    cleared(leases, state, FakeProcesses(), said)
    assert not state.held["dev"]
    assert said.of(LockRemoved)[0].why == "nothing was heard of it for 15 min"


def test_a_lock_of_which_no_run_is_known_stays_however_old_it_is() -> None:
    leases, state = FakeLeases(), FakeState(held={"dev": (lock(),)})
    with pytest.raises(BusyError, match="locked by jenkins@agent-3") as caught:
        cleared(leases, state, FakeProcesses(), Recorder())
    assert "`deploy exec --stack dev -- pulumi cancel --yes`" in caught.value.remedy
    assert state.held["dev"]


def test_no_lock_is_removed_once_the_lease_is_lost(killed: tuple[FakeLeases, FakeState]) -> None:
    leases, state = killed
    run = leasing(leases, state)
    with run.holding(never) as held:
        held.take(["dev"])
        dead(leases)
        leases.clock.time += SILENT + 1
        with pytest.raises(BusyError, match="lost its lease"):
            held.unlocked("dev")
    assert state.held["dev"]


def test_who_only_looks_says_what_there_is_and_changes_nothing(killed: tuple[FakeLeases, FakeState]) -> None:
    (leases, state), said = killed, Recorder()
    onlooker = Onlooker(leasing(leases, state), said)
    onlooker.take(["dev", "prod"])
    assert [getattr(event, "fact", "") for event in said.events] == [
        "free; run 20261123-0000-dddddd on agent-1 (pid 77), last heard of 30 s ago, is dead: the next run takes its place",
        "nobody has held it",
    ]
    assert onlooker.unlocked("dev").startswith(
        "the next run removes the lock of jenkins@agent-1 (pid 88): there is no process"
    )
    living = Onlooker(leasing(leases, state, FakeProcesses(living={77: 99.0, 88: 99.0})), said)
    living.take(["dev"])
    assert getattr(said.events[-1], "what", "").startswith("dev is being deployed by run 20261123-0000-dddddd")
    with pytest.raises(BusyError):
        living.unlocked("dev")
    assert leases.writes == []
    assert state.held["dev"]


def test_leases_that_cannot_be_asked_for_keep_the_run_from_beginning() -> None:
    leases = FakeLeases(away=True)
    with pytest.raises(NotReadyError, match="does not answer"):
        take(leasing(leases), "dev")


def test_what_a_dead_run_holds_of_a_done_stack_is_given_back(killed: tuple[FakeLeases, FakeState]) -> None:
    leases, state = killed
    leasing(leases, state).give_back("dev", never)
    holder = leases.holder("dev")
    assert holder
    assert (holder.released, state.held["dev"], len(state.held["prod"])) == (True, (), 1)


def test_what_others_hold_is_not_given_back(killed: tuple[FakeLeases, FakeState]) -> None:
    leases, state = killed
    before = leases.holder("dev")
    leasing(leases, state, FakeProcesses(living={88: 25.0})).give_back("dev", never)
    assert (leases.holder("dev"), len(state.held["dev"])) == (before, 1)
