"""What a fault does to a run.

Each is a generator: what comes before its `yield` is the fault, what comes after puts right what the user need not: the sandbox runs
again, a trust is back, a disk has room.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from deploy_sandbox import lifecycle
from tests.chaos.moments import Moment
from tests.chaos.stage import BUCKET, STACKS, Command, state_key
from tests.e2e.project import SANDBOX, Project

ENGINE, PLUGIN = "/pulumi ", "deploy_sandbox.plugin"
PATIENCE = 20.0
"""Seconds that Jenkins waits between SIGTERM and SIGKILL."""
FROZEN = 20.0
GONE = 6.0
STALL = 25.0
ATTEMPTS = 5
"""Tries of the AWS plugin at one call."""
_DISK = 96 << 20
_TARGET_WAIT = 3.0


class NothingToStrikeError(Exception):
    """The moment had passed: what was to be struck is not there."""


@dataclass
class Attack:
    """What a fault may lay its hands on. `command` is there once it runs; `seed` decides what is left to chance."""

    project: Project
    moment: Moment
    seed: int
    command: Command | None = None
    others: tuple[Command, ...] = ()
    meant: str = ""
    """The stack that what the user types is about."""

    @property
    def running(self) -> Command:
        assert self.command
        return self.command

    @property
    def stack(self) -> str:
        """The stack that is meant."""
        return self.moment.stack or STACKS[0]

    @property
    def account(self) -> str:
        return self.project.sandbox.accounts[self.stack]


Strike = Callable[[Attack], Iterator[None]]


def _find(attack: Attack, name: str) -> list[int]:
    end = time.monotonic() + _TARGET_WAIT
    while time.monotonic() < end:
        if found := attack.running.below(name):
            return found
        if attack.running.child.poll() is not None:
            break
        time.sleep(0.01)
    raise NothingToStrikeError(name)


def kill(*whom: str) -> Strike:
    """SIGKILL; `driver` is the command itself."""

    def strike(attack: Attack) -> Iterator[None]:
        run = attack.running
        pids = [pid for name in whom for pid in ([run.child.pid] if name == "driver" else _find(attack, name))]
        run.below()
        run.signal(pids, signal.SIGKILL)
        yield

    return strike


def send(number: Signals, times: int = 1) -> Strike:
    """A signal to the command, as a terminal or Jenkins sends it, again after half a second."""

    def strike(attack: Attack) -> Iterator[None]:
        for turn in range(times):
            time.sleep(0.5 if turn else 0)
            attack.running.signal([attack.running.child.pid], number)
        yield

    return strike


def term_then_kill(attack: Attack) -> Iterator[None]:
    run = attack.running
    os.killpg(run.child.pid, signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while run.child.poll() is None and time.monotonic() < end:
        run.below()
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.killpg(run.child.pid, signal.SIGKILL)
    yield


def freeze(*, engine: bool) -> Strike:
    def strike(attack: Attack) -> Iterator[None]:
        run = attack.running
        pids = [run.child.pid, *(_find(attack, ENGINE) if engine else [])]
        run.signal(pids, signal.SIGSTOP)
        time.sleep(FROZEN)
        run.signal(pids, signal.SIGCONT)
        yield

    return strike


def cloud_gone(attack: Attack) -> Iterator[None]:
    home = attack.project.root / SANDBOX
    lifecycle.down(home)
    time.sleep(GONE)
    lifecycle.up(home, powers=True)
    yield


def spoil(action: str, does: str, **more: object) -> Strike:
    """A fault of the sandbox, until the run has ended. `{stack}` in a key is the stack's name."""

    def strike(attack: Attack) -> Iterator[None]:
        facts = {
            name: value.replace("{stack}", attack.stack) if isinstance(value, str) else value
            for name, value in more.items()
        }
        if facts.pop("there", False):
            facts["account"] = attack.account
        kind = "delays" if does == "delay" else "faults"
        asked = {
            "action": action,
            "times": None,
            "seed": attack.seed,
            **({"does": does} if kind == "faults" else {}),
            **facts,
        }
        attack.project.power("POST", kind, asked)
        yield

    return strike


def lose_answers(times: int) -> Strike:
    """So many of the next calls that this moment leads to are made, and nobody hears of them."""

    def strike(attack: Attack) -> Iterator[None]:
        if not attack.moment.calls:
            raise NothingToStrikeError(str(attack.moment))
        for action in attack.moment.calls:
            lost = {"action": action, "does": "lose", "times": times, "account": attack.account}
            attack.project.power("POST", "faults", lost)
        yield

    return strike


def disk_full(attack: Attack) -> Iterator[None]:
    """The disk that the run's folder is on is full: a small one where mounting is allowed, otherwise a limit on the command's files."""
    run = attack.running
    if not _mounted(attack):
        size = max(path.stat().st_size for path in (attack.project.root / ".deploy" / "runs").glob("*/events.jsonl"))
        resource.prlimit(run.child.pid, resource.RLIMIT_FSIZE, (size, size))
        yield
        return
    filler = _runs(attack) / "filler"
    with suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    yield
    filler.unlink(missing_ok=True)


def small_disk(attack: Attack) -> Iterator[None]:
    """Before the run: a disk on which a run may just begin for the folder of runs, where mounting is allowed."""
    runs = _runs(attack)
    runs.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(runs)], capture_output=True, check=False
        )
    yield
    if _mounted(attack):
        kept = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file() and path.name != "filler"}
        subprocess.run(["umount", "-l", str(runs)], check=True)
        for path, content in kept.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _runs(attack: Attack) -> Path:
    return attack.project.root / ".deploy" / "runs"


def _mounted(attack: Attack) -> bool:
    return os.path.ismount(_runs(attack))


def expire(role: str) -> Strike:
    """Every session of a role ends now. `{stack}` is the stack's name."""

    def strike(attack: Attack) -> Iterator[None]:
        attack.project.power("POST", "expire", {"roleName": role.format(stack=attack.stack)})
        yield

    return strike


def trust_revoked(attack: Attack) -> Iterator[None]:
    iam, name = attack.project.client(attack.stack, "iam"), f"items-{attack.stack}-deployment"
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    nobody = {**before, "Statement": [{**one, "Effect": "Deny"} for one in before["Statement"]]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(nobody))
    attack.project.power("POST", "expire", {"roleName": name, "account": attack.account})
    yield
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))


def program(first: str, last: str = "") -> Strike:
    """Lines at the program's beginning and end."""

    def strike(attack: Attack) -> Iterator[None]:
        main, toml = attack.project.root / "infra" / "__main__.py", attack.project.root / "deploy.toml"
        before, settings = main.read_text("utf-8"), toml.read_text("utf-8")
        main.write_text(f"{first}\n{before}\n{last}\n", "utf-8")
        toml.write_text(settings.replace("[smoke]", "[program]\ntimeout = 8\n\n[smoke]", 1), "utf-8")
        yield
        main.write_text(before, "utf-8")
        toml.write_text(settings, "utf-8")

    return strike


def damage(how: Callable[[bytes, Callable[[], bytes]], bytes | None], *, put_back: bool = False) -> Strike:
    """The file of a stack's state is what `how` makes of it and of another stack's; None removes it. Put back when the run is over."""

    def strike(attack: Attack) -> Iterator[None]:
        s3, attack.meant = attack.project.client("tools", "s3"), _next(attack)
        own = _state(attack, attack.meant)
        spoiled = how(own, lambda: _state(attack, STACKS[STACKS.index(attack.meant) - 1]))
        if spoiled is None:
            s3.delete_object(Bucket=BUCKET, Key=state_key(attack.meant))
        else:
            s3.put_object(Bucket=BUCKET, Key=state_key(attack.meant), Body=spoiled)
        yield
        if put_back:
            s3.put_object(Bucket=BUCKET, Key=state_key(attack.meant), Body=own)

    return strike


def _state(attack: Attack, stack: str) -> bytes:
    s3 = attack.project.client("tools", "s3")
    try:
        return bytes(s3.get_object(Bucket=BUCKET, Key=state_key(stack))["Body"].read())
    except s3.exceptions.NoSuchKey as error:
        raise NothingToStrikeError(f"a state of {stack}") from error


def _next(attack: Attack) -> str:
    """The stack whose state is read next."""
    if attack.moment.kind != "step-finished":
        return attack.stack
    order = STACKS if attack.running.arguments[0] == "up" else tuple(reversed(STACKS))
    after = order[order.index(attack.stack) + 1 :]
    if not after:
        raise NothingToStrikeError("a stack after this one")
    return after[0]


def newer(own: bytes, _other: Callable[[], bytes]) -> bytes:
    return json.dumps({**json.loads(own), "version": 99}).encode()


def others(count: int) -> Strike:
    """So many more of the same command at once."""

    def strike(attack: Attack) -> Iterator[None]:
        run = attack.running
        attack.others = tuple(
            Command(attack.project, run.arguments, run.folder.with_name(f"writer{number}"))
            for number in range(1, count + 1)
        )
        yield

    return strike
