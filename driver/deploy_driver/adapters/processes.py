"""The processes of this machine: which one is which, and whether it still lives."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy_driver.values import Process

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PIDS = Path("/proc/self/ns/pid")
_UPTIME = Path("/proc/uptime")
_STARTED = 19
"""The place of `starttime` among the fields after the name in `/proc/PID/stat` (proc(5): it is the 22nd of all)."""


def process(pid: int | None = None) -> Process:
    """The process of that id on this machine; this one where none is given."""
    number = os.getpid() if pid is None else pid
    return Process(socket.gethostname(), _boot(), number, _started(number))


def lives(known: Process) -> bool | None:
    """Whether a process still lives; None where that cannot be known from here, as it ran on another machine."""
    here = process(known.pid)
    if not known.pid or not here.boot or (known.host, known.boot) != (here.host, here.boot):
        return None
    return bool(here.started) and known.started in {"", here.started}


def _boot() -> str:
    """The id of the boot and of the namespace that process ids count in: each container has its own (pid_namespaces(7))."""
    with suppress(OSError):
        return f"{_BOOT.read_text('ascii').strip()} {_PIDS.readlink()}"
    return ""


def _started(pid: int) -> str:
    """When it was started, in ticks since the boot; empty where there is no such process, or one that has ended."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if fields[0] in {"Z", "X"} else fields[_STARTED]
    return ""


_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def free_memory(machine: Path = _MEMORY, group: Path = _GROUP) -> int | None:
    """How many bytes of memory processes may still take here: on the machine, and in the container's control group (cgroups(7)).

    None where that cannot be known.
    """
    known: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = machine.read_text("ascii").splitlines()
        known += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    with suppress(OSError, ValueError):
        limit, used = (int((group / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
        known.append(max(limit - used, 0))
    return min(known, default=None)


@dataclass(frozen=True)
class ThisMachine:
    """The Processes port."""

    @property
    def me(self) -> Process:
        """The process that asks."""
        return process()

    def lives(self, known: Process) -> bool | None:
        """Whether a process still lives; None where that cannot be known from here."""
        return lives(known)

    def age(self, pid: int) -> float | None:
        """For how many seconds the process of that id has run; None where there is none. A clock that is set counts for nothing."""
        started = _started(pid)
        if not started:
            return None
        running = float(_UPTIME.read_text("ascii").split()[0])
        return running - int(started) / os.sysconf("SC_CLK_TCK")
