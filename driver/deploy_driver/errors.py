"""What can go wrong, with the facts a person needs, and the few exit codes it becomes."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from deploy_driver import remedies
from deploy_project.remedy import NO_REMEDY, Remedy


class ExitCode(IntEnum):
    """The exit codes of `deploy`: few, fixed, and the same for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_READY = 3
    REFUSED = 4
    DIFFERS = 5
    BUG = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class DeployError(Exception):
    """No result can be given. `what` happened, `where`, why (`detail` lines), and the way out (`remedy`)."""

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, *, where: str = "", detail: Sequence[str] = (), remedy: Remedy = NO_REMEDY) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.detail = tuple(detail)
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join([head, *(f"  {line}" for line in self.detail)])


class UsageError(DeployError):
    """The command, its options or a settings file cannot mean what it says. Nothing was started."""

    exit_code = ExitCode.USAGE


class NotReadyError(DeployError):
    """The world is not as the run needs it: wrong account, role not assumable, backend, lock. Nothing was touched."""

    exit_code = ExitCode.NOT_READY


class BusyError(NotReadyError):
    """Another run is at work on a stack."""


class NotNowError(NotReadyError):
    """The other side cannot answer now, and may later: after `wait` seconds, where it says when."""

    def __init__(self, what: str, *, where: str = "", remedy: Remedy = NO_REMEDY, wait: float | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.wait = wait


class RefusedError(DeployError):
    """A gate, a protection or a person said no."""

    exit_code = ExitCode.REFUSED


class InterruptedRunError(DeployError):
    """A person or Jenkins asked the run to stop before a result could be given."""

    exit_code = ExitCode.INTERRUPTED


_NO_ROOM = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EMFILE,
    errno.ENFILE,
}
"""What a machine says that has no room, no right or no handle left."""


def lacks(error: BaseException) -> DeployError | None:
    """What the machine lacks, where that is what went wrong: nobody's bug."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return DeployError("this machine has no memory left", remedy=remedies.MORE_MEMORY)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return DeployError(error.strerror or "", where=str(error.filename or ""), remedy=remedies.MAKE_ROOM)
    return None


@dataclass
class StopSignals:
    """The numbers of the stop signals that have come so far."""

    numbers: list[int] = field(default_factory=list)

    def exit_code(self, otherwise: int) -> int:
        """129, 130 or 143 when a signal ended the run, as shells count it; `otherwise` when none came."""
        return 128 + self.numbers[0] if self.numbers else otherwise

    @contextmanager
    def coded(self) -> Iterator[None]:
        """Give a run that was interrupted inside the exit code of the signal that did it."""
        try:
            yield
        except InterruptedRunError as error:
            error.exit_code = ExitCode(self.exit_code(error.exit_code))
            raise
