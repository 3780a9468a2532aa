"""The laws of leases and locks, whatever the moments are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.lease import LASTS, EngineLock, Holder, is_free, span, why_dead
from deploy_driver.values import Process

HERE = Process("agent-1", "boot-1", 1, "1")
machines = st.sampled_from(
    [HERE, Process("agent-2", "boot-2", 9, "9"), Process("agent-1", "boot-0", 9, "9"), Process()]
)
moments = st.floats(0, 3 * LASTS)
ages = st.none() | st.floats(0, 6 * LASTS)


@st.composite
def holders(draw: st.DrawFn) -> Holder:
    taken = draw(moments)
    beat = taken + draw(moments)
    return Holder("run", "", draw(machines), taken, beat, beat + LASTS, draw(st.booleans()))


locks = st.builds(
    EngineLock, st.just("key"), st.just("by"), st.sampled_from(["agent-1", "agent-2", ""]), st.just(7), moments
)


@given(holders(), moments, st.sampled_from([True, False, None]))
def test_a_lease_that_is_kept_alive_is_free_only_when_its_process_is_known_to_be_dead(
    holder: Holder, later: float, alive: bool | None
) -> None:
    now = holder.beat + later
    free = is_free(holder, now, alive=alive)
    if not holder.released and later < LASTS:
        assert free is (alive is False)
    if free:
        assert is_free(holder, now + 1, alive=alive)
    if alive and not holder.released:
        assert not free


@given(locks, st.none() | holders(), moments, moments, ages)
def test_an_engine_of_this_machine_that_may_have_made_its_lock_is_alive(
    lock: EngineLock, last: Holder | None, written: float, later: float, age: float | None
) -> None:
    now = lock.written + later
    if lock.host == HERE.host and age is not None and age >= later:
        assert why_dead(lock, last, written=written, now=now, here=HERE, age=age) == ""


@given(locks, st.none() | holders(), moments, moments, ages)
def test_nothing_of_another_machine_is_dead_before_it_was_silent_for_as_long_as_a_lease_lasts(
    lock: EngineLock, last: Holder | None, written: float, later: float, age: float | None
) -> None:
    now = lock.written + later
    known = last is not None and (last.process.host, last.process.boot) == (HERE.host, HERE.boot)
    heard = max(lock.written, written)
    if now - heard <= LASTS and not (known and lock.host == HERE.host):
        assert why_dead(lock, last, written=written, now=now, here=HERE, age=age) == ""


@given(locks, holders(), moments, moments, ages)
def test_what_is_dead_stays_dead(
    lock: EngineLock, last: Holder, written: float, later: float, age: float | None
) -> None:
    now = lock.written + later
    grown = None if age is None else age + 60
    if why_dead(lock, last, written=written, now=now, here=HERE, age=age):
        assert why_dead(lock, last, written=written, now=now + 60, here=HERE, age=grown)


@given(locks, moments, moments, ages)
def test_a_lock_of_another_machine_that_no_lease_covers_is_never_dead(
    lock: EngineLock, written: float, later: float, age: float | None
) -> None:
    if lock.host != HERE.host:
        assert why_dead(lock, None, written=written, now=lock.written + later, here=HERE, age=age) == ""


@given(st.floats(0, 10**7))
def test_a_span_is_short_and_never_more_than_it_is(seconds: float) -> None:
    number, unit = span(seconds).split()
    length = {"s": 1, "min": 60, "h": 3600}[unit]
    assert int(number) * length <= round(seconds) < (int(number) + 1) * length
