"""Who may work on a stack: when a lease may be taken, and when the engine that left a lock cannot be alive any more."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver.values import Process

LASTS = 900
"""Seconds after the last beat at which another machine takes a run for dead.

An engine whose run has died ends what it has begun, and only then takes its lock away. The calls of the services that are admitted from
the start take seconds, the longest of them ten minutes (terraform-provider-aws, `aws_lambda_function`, Timeouts).
"""

BEAT = 20
"""Seconds between two beats: dozens may fail before a lease runs out."""

_ROUNDED = 2
"""Seconds by which two moments of S3 may seem to be in the wrong order: it tells them without fractions."""

_YOUNGER = 5
"""Seconds by which a process must be younger than a lock, so that it cannot have made it."""


@dataclass(frozen=True)
class Holder:
    """A run that holds, or held, a stack. Moments are in seconds since the epoch, as S3's clock has them.

    `taken` is when it got the lease, `beat` when it was heard of last; `released` when it has ended. `run` is empty where
    what lies there cannot be read.
    """

    run: str
    build: str
    process: Process
    taken: float
    beat: float
    expires: float
    released: bool = False

    def __str__(self) -> str:
        place = f" on {self.process.host} (pid {self.process.pid})" if self.process.host else ""
        who = f"run {self.run}" if self.run else "somebody whose lease cannot be read"
        return f"{who}{place}{f', {self.build}' if self.build else ''}"

    def same(self, other: Holder | None) -> bool:
        """Whether the other is this one, at another moment."""
        return other is not None and not other.released and (self.run, self.process) == (other.run, other.process)


@dataclass(frozen=True)
class SeenLease:
    """A lease as it lay there at the moment `now` of S3's clock. `tag` names this very one; empty where there is none."""

    holder: Holder | None
    tag: str
    now: float


@dataclass(frozen=True)
class EngineLock:
    """Pulumi's lock of a stack: the engine's `pid` and `host` as it said them, and when S3 was given it."""

    key: str
    by: str
    host: str
    pid: int
    written: float

    def __str__(self) -> str:
        return self.by


def is_free(holder: Holder, now: float, *, alive: bool | None) -> bool:
    """Whether the lease may be taken; `alive` says whether the holder's process lives, None where nobody here can know.

    A process that lives on this machine keeps its lease even when it has not been heard of: it was stopped, and may go on.
    """
    if holder.released or alive is False:
        return True
    return alive is None and now >= holder.expires


def held_by(stack: str, holder: Holder, now: float) -> str:
    """Who is at work on the stack, for whoever has to wait."""
    return (
        f"{stack} is being deployed by {holder}, for {span(now - holder.taken)}, "
        f"last heard of {span(now - holder.beat)} ago"
    )


def why_dead(
    lock: EngineLock, last: Holder | None, *, written: float, now: float, here: Process, age: float | None
) -> str:
    """Why the engine that made the lock cannot be alive any more; empty when it may.

    Asked by whoever holds the lease. `last` held it before, `written` is when the state was written last, `here` is a process
    of this machine, `age` how long the one of the lock's pid has run here, None where there is none.

    An engine of this machine is looked for. That of another is taken for dead once its run, its lock and the state have all
    been silent for as long as a lease lasts. A lock that was not made under the last lease is nobody's whom we know: from
    another machine it stays.
    """
    covered = last is not None and lock.written >= last.taken - _ROUNDED
    heard = max(lock.written, written, last.beat if last and covered else 0.0)
    silent = now - heard > LASTS
    if here.boot and lock.host == here.host:
        gone = age is None or age < now - lock.written - _YOUNGER
        ours = last is not None and covered and (last.process.host, last.process.boot) == (here.host, here.boot)
        return f"there is no process {lock.pid} any more that could have made it" if gone and (ours or silent) else ""
    return f"nothing was heard of it for {span(now - heard)}" if covered and silent else ""


def span(seconds: float) -> str:
    """`5 s`, `3 min`, `2 h`: how long, roughly."""
    seconds = max(0, round(seconds))
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length or seconds == length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
