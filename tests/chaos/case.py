"""One case: the accounts as they stood, the run with its fault, what must hold, what the user types, and what must hold then."""

from __future__ import annotations

import time
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import invariants
from tests.chaos.invariants import Broken
from tests.chaos.moments import Moment
from tests.chaos.stage import Bases, Command
from tests.chaos.strikes import Attack, NothingToStrikeError, Strike
from tests.chaos.table import AGAIN, RESUME, Case
from tests.e2e.project import Ended, Project

_NOWHEN = Moment("before the run")


@dataclass
class Outcome:
    """What came of a case. `missed` says why the fault could not strike; `left` is what the run left for the user to put right.

    `said` is why it did not end well, `first` what the run wrote that was struck, `last` what the last command of the table wrote.
    """

    case: Case
    missed: str = ""
    codes: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    seconds: float = 0.0
    said: str = ""
    first: str = ""
    last: str = ""


def play(case: Case, bases: Bases, folder: Path, seed: int) -> Outcome:
    """Play a case in a folder of its own."""
    began, outcome = time.monotonic(), Outcome(case)
    root = folder / "project"
    with bases.play(case.scenario, root) as project:
        attack = Attack(project, case.moment or _NOWHEN, seed ^ zlib.crc32(str(case).encode()))
        try:
            ended = _struck(case, attack, folder / "run", outcome)
        except NothingToStrikeError as error:
            outcome.missed = f"nothing to strike: {error}"
        else:
            _judge(case, attack, ended, outcome)
    if not outcome.missed:
        outcome.broken += invariants.of_secrets(root, folder / "run")
    outcome.seconds = time.monotonic() - began
    return outcome


def _struck(case: Case, attack: Attack, folder: Path, outcome: Outcome) -> Ended:
    """The run with its fault, to its end; what only the test put wrong is right again."""
    project, fault = attack.project, case.fault
    with ExitStack() as undo:
        undo.callback(_no_more_faults, project)
        if fault.before:
            _strike(fault.before, attack, undo)
        if fault.held and attack.moment.calls:
            for action in attack.moment.calls:
                project.power("POST", "delays", {"action": action, "seconds": fault.held, "account": attack.account})
        attack.command = Command(project, case.scenario.command, folder / "run")
        try:
            if fault.strike:
                if not attack.command.reaches(attack.moment):
                    raise NothingToStrikeError(f"the run ended without {attack.moment}")
                if attack.moment.calls:
                    time.sleep(fault.held / 3)
                _strike(fault.strike, attack, undo)
        finally:
            ended, broken = attack.command.end()
            outcome.codes.append(ended.code)
            outcome.broken += [Broken("ends", what) for what in broken]
    for other in attack.others:
        theirs, broken = other.end()
        outcome.codes.append(theirs.code)
        outcome.broken += [Broken("ends", what) for what in broken]
        outcome.broken += invariants.of_the_answer(theirs, fault.may)
        outcome.said += theirs.gist()
    return ended


def _strike(strike: Strike, attack: Attack, undo: ExitStack) -> None:
    going = strike(attack)
    next(going)
    undo.callback(next, going, None)


def _no_more_faults(project: Project) -> None:
    project.power("DELETE", "faults", {})
    project.power("DELETE", "delays", {})


def _judge(case: Case, attack: Attack, ended: Ended, outcome: Outcome) -> None:
    project = attack.project
    outcome.said += ended.gist()
    outcome.first = str(ended)
    outcome.broken += invariants.of_the_answer(ended, case.fault.may)
    if ended.code == 0:
        found = [one for one in invariants.of_the_end(project, case.scenario) if one.invariant not in case.fault.leaves]
        outcome.broken += [Broken(f"after success, {one.invariant}", one.seen) for one in found]
        if not found:
            return
    outcome.left += [str(one) for one in (*invariants.left(project), *invariants.of_the_records(project))]
    for typed in case.fault.types:
        done = recover(project, case, typed, attack.meant)
        outcome.codes.append(done.code)
        outcome.last = str(done)
        if done.code:
            outcome.broken.append(Broken(f"`{typed}`", f"exit code {done.code}: {done.gist()}"))
            return
    outcome.broken += invariants.of_the_end(project, case.scenario)


def recover(project: Project, case: Case, typed: str, stack: str) -> Ended:
    """Type what the table says."""
    if typed == AGAIN:
        return project.deploy(*case.scenario.command)
    if typed == RESUME:
        return project.deploy(*typed.split()[1:], "--output", "json")
    return project.deploy(*typed.replace("STACK", stack).split()[1:], "--yes")
