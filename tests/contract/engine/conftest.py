"""A Pulumi project of one's own per test, on a state folder instead of a bucket."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from deploy_driver.adapters.engine import AutomationEngine
from deploy_driver.record.catalogue import Event
from deploy_driver.values import Backend, EngineReport, EngineRequest, EngineStatus, Tool
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import Search, find

E = TypeVar("E", bound=Event)

PROBE = Path(__file__).with_name("probe.py")
BACKEND = Backend("111111111111", "eu-central-1", "unused", "alias/unused")
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "for tests"}

PROGRAM_HEAD = """
import pulumi

config = pulumi.Config("probe")

class Thing(pulumi.CustomResource):
    def __init__(self, name, **props):
        super().__init__("probe:index:Thing", name, props, pulumi.ResourceOptions(version="1.0.0"))
"""


@dataclass
class Bench:
    """A project, an engine for it, and everything that the engine said."""

    root: Path
    home: Path
    cli: Tool
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state.mkdir()
        (self.root / "Pulumi.yaml").write_text("name: probe\nruntime: python\nmain: program\n", encoding="utf-8")
        (self.root / "Pulumi.dev.yaml").write_text('config:\n  probe:count: "1"\n', encoding="utf-8")
        self.engine = self.engine_of(self.cli)

    def engine_of(self, cli: Tool, *, program_timeout: float = 600) -> AutomationEngine:
        return AutomationEngine(
            project_root=self.root,
            engine=cli,
            pulumi_home=self.home,
            run_folder=self.root / ".deploy",
            stack_exists=lambda stack: self.checkpoint(stack).exists(),
            last_state=lambda stack: self.checkpoint(stack).read_bytes(),
            state_url=lambda *_: self.state.as_uri(),
            secrets_provider=lambda _: "passphrase",
            program_timeout=program_timeout,
        )

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def locks(self) -> list[Path]:
        return list((self.state / ".pulumi" / "locks").rglob("*.json"))

    def checkpoint(self, stack: str) -> Path:
        return self.state / ".pulumi" / "stacks" / "probe" / f"{stack}.json"

    def program(self, body: str) -> None:
        folder = self.root / "program"
        folder.mkdir(exist_ok=True)
        (folder / "__main__.py").write_text(PROGRAM_HEAD + textwrap.dedent(body), encoding="utf-8")

    def request(self, stack: str = "dev", *, facts: Mapping[str, str] | None = None, **more: Any) -> EngineRequest:
        return EngineRequest(
            stack=stack,
            config_file=self.root / "Pulumi.dev.yaml",
            facts=facts or {},
            environment=more.pop("environment", PASSPHRASE),
            backend=BACKEND,
            **more,
        )

    def call(self, operation: str, stack: str = "dev", **more: Any) -> EngineReport:
        report: EngineReport = getattr(self.engine, operation)(self.request(stack, **more), self.events.append)
        return report

    def made(self, stack: str = "dev", **more: Any) -> None:
        """Make the stack as the first step of a test. Where that fails, the test says what the engine said."""
        report = self.call("up", stack, **more)
        assert report.status is EngineStatus.SUCCEEDED, (report, self.logs())

    def logs(self) -> dict[str, str]:
        """What the engine's processes said, by file."""
        files = sorted((self.root / ".deploy").rglob("*.std*"))
        return {file.name: file.read_text("utf-8") for file in files}

    def said(self, *kinds: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kinds)]


@pytest.fixture(scope="session")
def cli() -> Tool:
    found = find(write_launcher, search=Search.of(os.environ)).engine
    return Tool(found.name, found.version, found.path, found.source)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pulumi-home")
    launcher = folder / "plugins" / "resource-probe-v1.0.0" / "pulumi-resource-probe"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(PROBE))}\n", encoding="utf-8")
    launcher.chmod(0o755)
    return folder


@pytest.fixture
def bench(tmp_path: Path, home: Path, cli: Tool) -> Bench:
    return Bench(tmp_path, home, cli)
