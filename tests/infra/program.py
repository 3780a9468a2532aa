"""Runs the program for one stack under Pulumi mocks, and keeps everything that it registered."""

from __future__ import annotations

import asyncio
import functools
import runpy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import mocks, set_all_config, set_mocks, settings
from pulumi.runtime.stack import run_in_stack

from deploy_driver.adapters.sources import make_importable
from deploy_infra.access import build
from deploy_project.stackfile import read
from deploy_project.stacks import env_of, file_name, is_access

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("tools", "dev", "dev-access", "staging", "staging-access", "prod", "prod-access")


@dataclass(frozen=True)
class Registered:
    """One resource as the program asked for it."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any]
    parent: str
    provider: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass
class Registrations:
    """All that one run of the program registered, in order, and its stack outputs."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Registered]:
        return [resource for resource in self.resources if resource.type == kind]

    @property
    def stack_outputs(self) -> dict[str, Any]:
        return next(said for urn, said in self.outputs.items() if "pulumi:pulumi:Stack" in urn)

    @property
    def provider(self) -> Registered:
        (only,) = self.of("pulumi:providers:aws")
        return only


class _Answers(mocks.Mocks):
    """Every resource is made as asked for; AWS's own attributes are invented from its name."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        name = args.inputs.get("name", args.name)
        made = {
            "arn": f"arn:aws:made:::{name}",
            "version": "7",
            "codeSha256": "c2hh",
            "invokeArn": f"arn:aws:invoke:::{name}",
            "apiEndpoint": "https://api.example",
            "executionArn": "arn:aws:execute-api:::api",
            "uniqueId": f"id of {name}",
        }
        return f"{args.name}-id", {**made, **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program invokes nothing, but called {args.token}")


class _Monitor(mocks.MockMonitor):
    def __init__(self, seen: Registrations) -> None:
        super().__init__(_Answers())
        self._seen = seen

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 -- the protocol's own name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        self._seen.resources.append(
            Registered(
                urn=answer.urn,
                type=request.type,
                name=request.name,
                custom=request.custom,
                inputs=json_format.MessageToDict(request.object),
                parent=request.parent,
                provider=request.provider,
            )
        )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 -- the protocol's own name
        self._seen.outputs[request.urn] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def run(stack: str, facts: Mapping[str, str] | None = None, config: Mapping[str, str] | None = None) -> Registrations:
    """Run the program as the driver and the CLI do; `facts` are the run's own, `config` replaces the stack file's."""
    seen = Registrations()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(_Answers(), project="items", stack=stack, preview=False, monitor=_Monitor(seen))
    set_all_config({**(config_of(stack) if config is None else config), **(facts or {})})

    settings.ROOT.set(None)  # set_mocks makes a stack of its own; run_in_stack makes the one that registers outputs

    def program() -> None:
        make_importable(ROOT, ROOT / "infra")
        if is_access(stack):
            build(ROOT)
        else:
            runpy.run_path(str(ROOT / "infra" / "__main__.py"), run_name="__main__")

    try:
        loop.run_until_complete(run_in_stack(program))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return seen


@functools.cache
def registered(stack: str) -> Registrations:
    """What the stack registers with its own file and no facts of a run; run once, looked at often."""
    return run(stack)


def config_of(stack: str) -> dict[str, str]:
    """The stack file's settings as the engine hands them over: strings, without what is the engine's own."""
    file = read(ROOT / file_name(env_of(stack)))
    assert not file.problems
    return {key: setting.text for key, setting in file.settings.items() if not key.startswith("pulumi:")}
