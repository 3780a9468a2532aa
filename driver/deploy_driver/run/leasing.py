"""Holds the stacks of a run, so that no other run writes them: all before the first is touched, until the run has ended.

    take        every stack's lease, in the order of their names; when one is busy, those taken already are given back
    unlocked    Pulumi's own lock too: that of a dead engine is removed, a living engine is waited for
    require     before anything is written: the leases are still ours
    release     in every case; what was never begun is left as it was found

Beside that a thread says every few seconds that the run still lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import ceil

from deploy_driver import remedies
from deploy_driver.errors import BusyError, InterruptedRunError, NotReadyError
from deploy_driver.lease import BEAT, LASTS, EngineLock, Holder, SeenLease, held_by, is_free, span, why_dead
from deploy_driver.ports import Clock, Emit, Leases, Processes, StateStore
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, LockRemoved, Progress

PAUSE = 3
"""Seconds between two looks at what is waited for."""

SAID_AGAIN = 60
"""Seconds after which it is said again."""

SILENT = 3 * BEAT
"""Seconds without a beat that are no chance."""

_TRIES = 5
"""Times that a lease is tried for which others snatch away, and leave, at the same moment."""


@dataclass(frozen=True)
class Taken:
    """A lease that is ours, and what lay there before: put back when the run never began."""

    holder: Holder
    tag: str
    before: Holder | None


@dataclass
class Patience:
    """For how many `seconds` something may be waited for, from the first time on, or until somebody has `stopped` the run."""

    clock: Clock
    emit: Emit
    seconds: float
    stopped: Callable[[], bool]
    end: float | None = None
    told: float | None = None

    def wait(self, busy: BusyError) -> None:
        """Wait a little. Raises the error when there is no time left, InterruptedRunError when somebody stops the run."""
        if self.stopped():
            raise InterruptedRunError("stopped on request; nothing was touched")
        now = self.clock.now()
        self.end = now + self.seconds if self.end is None else self.end
        if now >= self.end:
            raise busy
        if self.told is None or now - self.told >= SAID_AGAIN:
            self.told = now
            self.emit(Progress(f"waiting, for {span(self.end - now)} at most: {busy}"))
        self.clock.sleep(min(PAUSE, self.end - now))


class Leasing:
    """The leases of one run at a time. `patience` is for how many seconds a busy stack is waited for."""

    def __init__(
        self,
        leases: Leases,
        state: StateStore,
        processes: Processes,
        clock: Clock,
        emit: Emit,
        *,
        run: str,
        build: str = "",
        patience: float = 0,
    ) -> None:
        self._leases, self._state, self._processes = leases, state, processes
        self._clock, self._emit = clock, emit
        self._run, self._build, self._patience = run, build, patience
        self._taken: dict[str, Taken] = {}
        self._lock = threading.RLock()
        self._ahead = 0.0
        self._heard = 0.0
        self._lost = ""
        self._begun = False

    @contextmanager
    def holding(self, stopped: Callable[[], bool]) -> Iterator[Holding]:
        """While inside, whatever is taken stays taken; afterwards it is released. `stopped` ends a wait."""
        self._taken, self._lost, self._begun = {}, "", False
        over = threading.Event()
        thread = threading.Thread(target=self._live, args=(over,), name="leases", daemon=True)
        thread.start()
        try:
            yield Holding(self, Patience(self._clock, self._emit, self._patience, stopped))
        finally:
            over.set()
            self._release()

    def give_back(self, stack: str, stopped: Callable[[], bool]) -> None:
        """Release what a dead run holds of a stack: its lease, and the lock of its engine. What others hold is theirs."""
        with suppress(BusyError), self.holding(stopped) as holding:
            holding.take([stack])
            holding.unlocked(stack)
            self.require(begin=True)

    def look(self, stack: str) -> str:
        """Who held the stack last. Raises BusyError when somebody still does."""
        seen = self._seen(stack)
        if busy := self._busy(stack, seen):
            raise busy
        if seen.holder is None:
            return "nobody has held it"
        how = "ended" if seen.holder.released else "is dead: the next run takes its place"
        return f"free; {seen.holder}, last heard of {span(seen.now - seen.holder.beat)} ago, {how}"

    def locked(self, stack: str) -> str:
        """Which locks of dead engines the next run removes. Raises BusyError when an engine may be at work."""
        last = self._seen(stack).holder
        locks = {lock: self._why_dead(stack, lock, last) for lock in self._state.locks(stack)}
        for lock, dead in locks.items():
            if not dead:
                raise self._locked(stack, lock, last)
        left = (f"the next run removes the lock of {lock}: {dead}" for lock, dead in locks.items())
        return "; ".join(left) or "not locked"

    def take(self, stacks: Sequence[str], patience: Patience) -> str:
        """Take the leases of all. Raises BusyError when one stays busy, with none of them taken."""
        while busy := self._take_all(sorted(stacks)):
            patience.wait(busy)
        self._heard = self._clock.now()
        return f"{', '.join(stacks)} {'is' if len(stacks) == 1 else 'are'} held by this run"

    def unlock(self, stack: str, patience: Patience) -> str:
        """Remove the locks of dead engines, and wait for living ones. Raises BusyError when one stays."""
        removed = 0
        while True:
            last = self._taken[stack].before
            living = None
            for lock in self._state.locks(stack):
                if dead := self._why_dead(stack, lock, last):
                    self.require()
                    self._state.remove_lock(stack, lock)
                    self._emit(LockRemoved(stack, lock.key, str(lock), dead))
                    removed += 1
                else:
                    living = living or lock
            if living is None:
                return f"not locked any more: the engine of {removed} is dead" if removed else "not locked"
            patience.wait(self._locked(stack, living, last))

    def require(self, *, begin: bool = False) -> None:
        """Raise BusyError unless all that was taken is still ours. `begin` says that something is written from now on."""
        with self._lock:
            if self._taken and self._clock.now() - self._heard > SILENT:  # as after a sleep of the machine
                self.beat()
            if not self._lost and self._taken and self._clock.now() - self._heard > LASTS:
                self._lost = f"the leases could not be renewed for {span(self._clock.now() - self._heard)}"
            if self._lost:
                raise BusyError(f"{self._lost}; no further step was begun", remedy=remedies.SEE_OTHER_RUN)
            self._begun = self._begun or begin

    def beat(self) -> None:
        """Say that the run still lives. What cannot be said now is tried again; what another run has taken is lost."""
        with self._lock, suppress(NotReadyError):
            if not self._lost and all(self._renewed(stack) for stack in self._taken):
                self._heard = self._clock.now()

    def _renewed(self, stack: str) -> bool:
        """Renew a lease. False when it was lost, or something else lies there that is ours all the same."""
        now, taken = self._clock.now() + self._ahead, self._taken[stack]
        holder = replace(taken.holder, beat=now, expires=now + LASTS)
        if tag := self._leases.write(stack, holder, taken.tag):
            self._taken[stack] = replace(taken, holder=holder, tag=tag)
            return True
        seen = self._seen(stack)
        if taken.holder.same(seen.holder):
            self._taken[stack] = replace(taken, tag=seen.tag)
            return False
        by = held_by(stack, seen.holder, seen.now) if seen.holder else f"the lease of {stack} was removed"
        self._lost = f"this run has lost its lease: {by}"
        self._emit(Progress(f"{self._lost}; what is being done is ended, and no further step is begun", stack))
        return False

    def _live(self, over: threading.Event) -> None:
        while not over.wait(BEAT):
            self.beat()

    def _take_all(self, stacks: Sequence[str]) -> BusyError | None:
        for stack in stacks:
            if busy := self._take(stack):
                self._release()
                return busy
        return None

    def _take(self, stack: str) -> BusyError | None:
        for _ in range(_TRIES):
            seen = self._seen(stack)
            if busy := self._busy(stack, seen):
                return busy
            holder = Holder(self._run, self._build, self._processes.me, seen.now, seen.now, seen.now + LASTS)
            if tag := self._leases.write(stack, holder, seen.tag):
                with self._lock:
                    self._taken[stack] = Taken(holder, tag, seen.holder)
                return None
        return BusyError(f"{stack} is wanted by several runs at once", remedy=remedies.WAIT_FOR_RUN)

    def _release(self) -> None:
        """What cannot be released runs out by itself."""
        with self._lock:
            for stack, taken in self._taken.items():
                now = self._clock.now() + self._ahead
                done = replace(taken.holder, beat=now, released=True)
                left = done if self._begun or taken.before is None else taken.before
                try:
                    self._leases.write(stack, left, taken.tag)
                except NotReadyError as error:
                    said = f"its lease could not be released: {error}; it runs out in {span(LASTS)}"
                    self._emit(Progress(said, stack))
            self._taken = {}

    def _seen(self, stack: str) -> SeenLease:
        seen = self._leases.read(stack)
        self._ahead = seen.now - self._clock.now()
        return seen

    def _busy(self, stack: str, seen: SeenLease) -> BusyError | None:
        """Who holds the lease; None when it may be taken."""
        holder, now = seen.holder, seen.now
        alive = self._processes.lives(holder.process) if holder else None
        if holder is None or is_free(holder, now, alive=alive):
            return None
        wait = remedies.WAIT_FOR_RUN
        if alive is None and now - holder.beat > SILENT:
            left = ceil((holder.expires - now) / 60)
            wait = remedies.WAIT_FOR_LEASE_OF_DEAD.of(left=left, timeout=left + 1)
        return BusyError(held_by(stack, holder, now), remedy=wait)

    def _why_dead(self, stack: str, lock: EngineLock, last: Holder | None) -> str:
        return why_dead(
            lock,
            last,
            written=self._state.written(stack),
            now=self._clock.now() + self._ahead,
            here=self._processes.me,
            age=self._processes.age(lock.pid),
        )

    def _locked(self, stack: str, lock: EngineLock, last: Holder | None) -> BusyError:
        locked, here = f"the stack is locked by {lock}", self._processes.me
        if last is None or lock.written < last.taken:
            return BusyError(locked, remedy=remedies.UNKNOWN_LOCK.of(stack=stack))
        still = "is still at work" if here.boot and lock.host == here.host else "may still be at work"
        return BusyError(
            f"{locked}: the engine of {last} {still}",
            remedy=remedies.WAIT_FOR_DEAD.of(span=span(LASTS), timeout=LASTS // 60 + 1),
        )


@dataclass(frozen=True)
class Holding:
    """What a preflight asks of the leases."""

    leasing: Leasing
    patience: Patience

    def take(self, stacks: Sequence[str]) -> str:
        """Take the leases of all."""
        return self.leasing.take(stacks, self.patience)

    def unlocked(self, stack: str) -> str:
        """See that no engine is at work on the stack."""
        return self.leasing.unlock(stack, self.patience)


@dataclass(frozen=True)
class Onlooker:
    """The same questions for whoever takes nothing, waits for nothing and removes nothing. Who is at work on a stack is said of each."""

    leasing: Leasing
    emit: Emit

    def take(self, stacks: Sequence[str]) -> str:
        """Say of each stack who holds it, or held it last."""
        for stack in stacks:
            try:
                self.emit(CheckPassed("lease", self.leasing.look(stack), stack))
            except BusyError as error:
                self.emit(CheckFailed("lease", str(error), error.remedy, stack))
        return "each stack was looked at"

    def unlocked(self, stack: str) -> str:
        """Say which locks there are."""
        return self.leasing.locked(stack)
