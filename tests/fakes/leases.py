"""Leases in memory, written as S3 writes them, and machines whose processes live or do not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy_driver.errors import NotReadyError
from deploy_driver.lease import EngineLock, Holder, SeenLease
from deploy_driver.ports import Emit, StateStore
from deploy_driver.run.leasing import Leasing
from deploy_driver.values import Process
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.state import FakeState
from tests.samples import RUN


@dataclass
class FakeLeases:
    """Implements the Leases port, for as many runs as share it.

    `ahead` is by how much S3's clock is before ours; when `away`, nobody answers.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    objects: dict[str, tuple[Holder, str]] = field(default_factory=dict)
    ahead: float = 0.0
    away: bool = False
    writes: list[str] = field(default_factory=list)
    before_write: Callable[[str], None] = lambda _: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, stack: str) -> SeenLease:
        self._answer()
        holder, tag = self.objects.get(stack, (None, ""))
        return SeenLease(holder, tag, self.clock.now() + self.ahead)

    def write(self, stack: str, holder: Holder, tag: str) -> str:
        self._answer()
        self.before_write(stack)
        with self._lock:
            if self.objects.get(stack, (None, ""))[1] != tag:
                return ""
            self.writes.append(stack)
            self.objects[stack] = holder, f"tag-{len(self.writes)}"
            return self.objects[stack][1]

    def holder(self, stack: str) -> Holder | None:
        return self.objects.get(stack, (None, ""))[0]

    def _answer(self) -> None:
        if self.away:
            raise NotReadyError("the endpoint does not answer")


@dataclass
class FakeProcesses:
    """Implements the Processes port: one machine, on which these processes live, by their ids, with their ages in seconds."""

    me: Process = Process("agent-1", "boot-1", 100, "1000")
    living: dict[int, float] = field(default_factory=dict)

    def lives(self, known: Process) -> bool | None:
        if (known.host, known.boot) != (self.me.host, self.me.boot):
            return None
        return known == self.me or known.pid in self.living

    def age(self, pid: int) -> float | None:
        return self.living.get(pid)


def leasing(
    leases: FakeLeases | None = None,
    state: StateStore | None = None,
    processes: FakeProcesses | None = None,
    said: Emit | None = None,
    *,
    run: str = RUN,
    patience: float = 0,
) -> Leasing:
    """The leases of a run, as they are when nobody else wants them."""
    leases = leases or FakeLeases()
    return Leasing(
        leases,
        state or FakeState(),
        processes or FakeProcesses(),
        leases.clock,
        said or Recorder(),
        run=run,
        build="https://jenkins.example/job/items/7/",
        patience=patience,
    )


def lock(pid: int = 77, host: str = "agent-3", written: float = 0.0) -> EngineLock:
    """A lock as Pulumi's engine makes it; one that nobody knows unless a moment is given."""
    key = f".pulumi/locks/organization/items/dev/{pid}.json"
    return EngineLock(key, f"jenkins@{host} (pid {pid})", host, pid, written)
