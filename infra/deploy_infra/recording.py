"""Runs a service's program without engine, plugin or credentials, and keeps what it registers: the source of its roles.

The program runs as in a preview of a stack that does not exist yet: what AWS would answer is unknown, but for names and the
ARNs that follow from them. It runs in a thread with a context of its own, so that it may be recorded while Pulumi runs another.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import runpy
import threading
from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi import RunError
from pulumi.runtime import mocks, rpc, set_all_config, set_mocks, settings
from pulumi.runtime.stack import run_in_stack

from deploy_infra.policies.place import Place, made
from deploy_infra.policies.recorded import Recorded, Recording
from deploy_project.project_file import ProjectFile, read_project
from deploy_project.source_lines import frames_of, own_line
from deploy_project.stackfile import Setting, StackFile, read
from deploy_project.stacks import env_in, env_of, file_name
from deploy_project.written import ValueKind

RECORDING: ContextVar[bool] = ContextVar("recording", default=False)
"""Whether the program that asks is being recorded: then everything that it asks for is said at once, afterwards."""

_ONE_AT_A_TIME = threading.Lock()
"""What a program prints while it is recorded is dropped, and the process has one standard output."""

_STACK = "pulumi:pulumi:Stack"
_SECRET = "the secret is not known here"  # noqa: S105 -- what stands in a secret's place


_NO_PROVIDER = "no provider says in which account; pass opts=pulumi.InvokeOptions(provider=here.provider)"

_HINT = re.compile(r"`pulumi config set( --secret)? (\S+) <value>`")
"""What Pulumi's SDK says to do about a setting that is missing."""


class RecordingError(ValueError):
    """The program did not run to its end. It says where in the program, and what happened."""


def record(root: Path, stack: str) -> Recording:
    """Run the program of the project folder `root` for the service stack `stack`. Its folders must be importable.

    Raises RecordingError where the program fails, ValueError where the project's files are not what they must be.
    """
    project = read_project(root)
    file = read(root / file_name(env_of(stack)))
    if file.problems:
        raise ValueError("\n".join(map(str, file.problems)))
    if not project.entry.is_file():
        raise ValueError(f"{project.entry}: there is no program; `main` in Pulumi.yaml names it")
    config, secret = _config(project, file)
    account = config.get("deploy:account", "")
    place = Place(project.name, stack, account, config.get("deploy:region", ""), beside=_beside(root, stack, account))
    run = _Run(root, project.entry, place, config, secret)
    return Recording(place, run.resources())


def _beside(root: Path, stack: str, account: str) -> tuple[str, ...]:
    """The stacks of the same account whose names begin as this one's does, such as `dev-eu` beside `dev`."""
    files = {env_in(path.name): path for path in root.glob(f"Pulumi.{stack}-*.yaml")}
    known = {env: read(path).settings.get("deploy:account") for env, path in files.items()}
    return tuple(sorted(env for env, setting in known.items() if setting and setting.text == account))


def _config(project: ProjectFile, file: StackFile) -> tuple[dict[str, str], set[str]]:
    """The settings as the engine hands them over, and which of them are secrets, whose values nobody asks for here."""
    own = {key: setting for key, setting in file.settings.items() if not key.startswith("pulumi:")}
    secret = {key for key, setting in own.items() if setting.secret}
    said = {key: _SECRET if setting.kind is ValueKind.SECRET else _said(setting) for key, setting in own.items()}
    return {**project.config, **said}, secret


def _said(setting: Setting) -> str:
    """A list or a mapping in JSON, without the secrets in it."""
    return json.dumps(_without_secrets(json.loads(setting.text))) if setting.structured else setting.text


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return _SECRET if value.keys() == {"secure"} else {key: _without_secrets(part) for key, part in value.items()}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class _Run:
    """One run of a program, and where in it something went wrong."""

    root: Path
    entry: Path
    place: Place
    config: Mapping[str, str]
    secret: set[str]

    def resources(self) -> tuple[Recorded, ...]:
        """Everything that it registers."""
        seen: list[Recorded] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                Context().run(self._go, seen)
            except BaseException as error:  # noqa: BLE001 -- it crosses a thread
                failed.append(error)

        with _ONE_AT_A_TIME:
            self._run(work)
        if failed:
            raise RecordingError(self._told(failed[0])) from None
        own = [resource for resource in seen if resource.type != _STACK]
        return tuple(sorted(own, key=lambda resource: (resource.type, resource.name)))

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"recording-{self.place.stack}", daemon=True)
        thread.start()
        thread.join()

    def _go(self, seen: list[Recorded]) -> None:
        RECORDING.set(True)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        answers = _Answers(self.place)
        try:
            # Everything anew in this context: mocks leave some of another run's.
            settings.Settings(self.place.project, self.place.stack)
            set_mocks(answers, self.place.project, self.place.stack, preview=True, monitor=_Monitor(answers, seen))
            set_all_config(dict(self.config), list(self.secret))
            settings.ROOT.set(None)  # set_mocks makes a stack of its own; run_in_stack makes the one that counts
            with contextlib.redirect_stdout(io.StringIO()):
                loop.run_until_complete(run_in_stack(self._execute))
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    def _execute(self) -> None:
        runpy.run_path(str(self.entry), run_name="__main__")

    def _told(self, error: BaseException) -> str:
        where = own_line(frames_of(error), self.root)
        what = str(error) if isinstance(error, RunError) else f"{type(error).__name__}: {error}"
        what = _HINT.sub(rf"`deploy config set \2\1 --stack {self.place.stack}`", what)
        return f"{where}: {what}" if where else what


class _Answers(mocks.Mocks):
    """What AWS would answer as far as it follows from the request: names, and the ARNs that hold them."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """A resource with its inputs as asked for; its id only where that is its name, its ARN or its address."""
        return made(args.typ, args.name, args.inputs, self._place)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Facts of the account and the region; what else a program may ask AWS for is not known here."""
        place = self._place
        known = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": place.account, "id": place.account},
            "aws:index/getRegion:getRegion": {"name": place.region, "region": place.region, "id": place.region},
            "aws:index/getPartition:getPartition": {"partition": place.partition, "id": place.partition},
        }
        return known.get(args.token, {}), [] if args.provider or not args.token.startswith("aws:") else [
            ("", _NO_PROVIDER)
        ]


class _Monitor(mocks.MockMonitor):
    """Keeps what is registered, in the words of the program."""

    def __init__(self, answers: _Answers, seen: list[Recorded]) -> None:
        super().__init__(answers)
        self._seen = seen

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 -- the protocol's own name
        """Keep it, and answer as the engine would."""
        inputs = _known(json_format.MessageToDict(request.object))
        self._seen.append(Recorded(request.type, request.name, request.custom, inputs, _provider(request)))
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def _provider(request: Any) -> str:
    """The name in `URN::ID`, where the URN ends with `::NAME`."""
    return str(request.provider.rpartition("::")[0].rpartition("::")[2])


def _known(value: Any) -> Any:
    """Plain data without what is not known yet; a secret's value is what it stands for."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:  # noqa: SLF001 -- the wire format's own keys
            return _known(value.get("value"))
        return {key: _known(part) for key, part in value.items() if part != rpc.UNKNOWN}
    return [_known(part) for part in value if part != rpc.UNKNOWN] if isinstance(value, list) else value
