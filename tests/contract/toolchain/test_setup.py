"""`deploy setup` from the vendor's site on, and what is said when the cache is no longer as it left it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy_toolchain import Search
from deploy_toolchain import remedies as of_tools
from deploy_toolchain.engine import find_engine
from deploy_toolchain.search import ENGINE_VERSION
from tests.carried import gone, printed
from tests.samples import project
from tests.vendor import publish_engine, serving

DEPLOY = Path(sys.executable).with_name("deploy")
NOWHERE = "http://127.0.0.1:9"

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Machine:
    """A project on a machine that has nothing yet: no engine, no plugin, no Go."""

    root: Path
    vendor: str

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def deploy(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.root / "home"),
            "DEPLOY_CACHE": str(self.cache),
            "DEPLOY_VENDOR": self.vendor,
            **(env or {}),
        }
        return subprocess.run(
            [str(DEPLOY), *arguments],
            cwd=project(self.root / "project"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def doctor_on_tools(self, env: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
        found = json.loads(self.deploy("doctor", "--output", "json", env=env).stdout)
        return [each for each in found if each["rule"] == "tools"]


def test_the_engine_is_fetched_checked_each_time_and_refused_once_it_was_replaced(tmp_path: Path) -> None:
    publish_engine(tmp_path / "site", find_engine(Search.of(os.environ)).path.read_bytes())
    with serving(tmp_path / "site") as vendor:
        machine = Machine(tmp_path, vendor)
        before = machine.deploy("preview", "--stacks", "dev")
        assert before.returncode == 3, before
        [command] = printed(of_tools.OBTAIN_ENGINE, before.stderr).commands

        obtained = machine.deploy(*command[1:])
        assert obtained.returncode == 0, obtained
        gone(of_tools.OBTAIN_ENGINE, machine.deploy("preview", "--stacks", "dev").stderr)
        assert f"pulumi {ENGINE_VERSION}: fetched from the vendor" in obtained.stdout
        assert {each["result"] for each in machine.doctor_on_tools()} == {"ok"}

        engine = machine.cache / "engine" / ENGINE_VERSION / "pulumi"
        engine.write_text("#!/bin/sh\necho poison >&2\n", encoding="utf-8")
        for arguments in (["preview", "--stacks", "dev"], ["setup"]):
            refused = machine.deploy(*arguments)
            assert refused.returncode == 3, refused
            assert "not the one that was obtained" in refused.stderr
            assert "poison" not in refused.stderr
        (said,) = machine.doctor_on_tools()
        assert "not the one that was obtained" in said["fact"]
        replaced = printed(of_tools.OBTAIN_ENGINE_AGAIN, said["remedy"])

        shutil.rmtree(replaced["folder"])
        assert machine.deploy(*replaced.commands[0][1:]).returncode == 0
        after = machine.doctor_on_tools()
        assert {each["result"] for each in after} == {"ok"}
        gone(of_tools.OBTAIN_ENGINE_AGAIN, str(after))


def test_a_real_plugin_that_was_asked_for_and_is_not_there_is_said_and_the_way_out_works(tmp_path: Path) -> None:
    machine = Machine(tmp_path, NOWHERE)
    env = {"DEPLOY_PULUMI": str(find_engine(Search.of(os.environ)).path), "DEPLOY_PLUGIN": "real"}
    for arguments in (["preview", "--stacks", "dev"], ["setup"], ["preview", "--stacks", "dev", "--cloud", "aws"]):
        refused = machine.deploy(*arguments, env=env)
        assert refused.returncode == 3, refused
        assert "The real AWS plugin (pulumi-resource-aws 7.51.1) cannot be had" in refused.stderr
        assert "DEPLOY_PLUGIN=stand-in" in printed(of_tools.OBTAIN_PLUGIN, refused.stderr).text
    (said,) = machine.doctor_on_tools(env)
    assert "cannot be had" in said["fact"]

    without = {**env, "DEPLOY_PLUGIN": "stand-in"}
    obtained = machine.deploy("setup", env=without)
    assert "stand-in" in obtained.stdout
    gone(of_tools.OBTAIN_PLUGIN, obtained.stderr)
    assert {each["result"] for each in machine.doctor_on_tools(without)} == {"ok"}
    on_aws = machine.deploy("setup", "--cloud", "aws", env=without)
    assert on_aws.returncode == 3, on_aws
    assert f"vendor: {NOWHERE} did not answer" in on_aws.stderr
