"""Whatever somebody changes by hand, the engine reports the same of it with the stand-in and with the real AWS plugin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.plugin.hand_changes import ACCESS, SERVICE, Round
from tests.e2e.conftest import opened
from tests.e2e.project import Project
from tests.real_plugin import real_plugin

pytestmark = [pytest.mark.real_plugin, pytest.mark.timeout(900)]

Report = Mapping[str, Any]

OF_AWS = r"\b[0-9a-f]{8}\b"
"""The ids of HTTP APIs and their parts, which AWS chooses."""


@pytest.mark.parametrize(("stack", "rounds"), [("dev", SERVICE), ("dev-access", ACCESS)])
def test_the_engine_reports_the_same(
    templates: Callable[[Path | None], Path], tmp_path: Path, stack: str, rounds: Mapping[str, tuple[Round, ...]]
) -> None:
    seen: dict[str, dict[str, Report]] = {}
    for name, home in (("stand-in", None), ("real", real_plugin())):
        with opened(templates(home), tmp_path / name, home) as project:
            if stack == "dev":
                done = project.deploy("up", "--stacks", stack)
                assert done.code == 0, done
            seen[name] = {said: reported(project, stack, changes) for said, changes in rounds.items()}
    assert seen["stand-in"] == seen["real"]
    for said, found in seen["real"].items():
        assert bool(found["drift"]) == bool(found["planned"]) == (said != "nothing"), said


def reported(project: Project, stack: str, changes: tuple[Round, ...]) -> Report:
    """What the engine says after these changes: of each resource what a refresh finds, and what an `up` would do."""
    for change in changes:
        change(project)
    looks = {
        "drift": ("drift", "--stacks", stack, "--output", "json"),
        "planned": ("preview", "--stacks", stack, "--refresh", "--output", "json"),
    }
    found = {}
    for look, command in looks.items():
        done = project.deploy(*command)
        assert done.code == 0, done
        found[look] = json.loads(re.sub(OF_AWS, "ID", done.out))["stacks"][0]
    return {"drift": _drift(found["drift"]), "planned": _planned(found["planned"])}


def _drift(stack: Mapping[str, Any]) -> Report:
    """By resource: what would be done to it, and each property that differs, with what was deployed and what is there."""
    return {
        one["urn"]: {
            "op": one["op"],
            **{
                finding["property"]: (finding["fact"], finding["moved"], *_meant(finding["expected"], finding["found"]))
                for finding in one["findings"]
                if _is_compared(finding["property"])
            },
        }
        for one in stack["drifted"]
    }


def _planned(stack: Mapping[str, Any]) -> Report:
    """By resource: what an `up` would do, and from what to what. Which property forces a replacement only pulumi-aws's own schema says."""
    return {
        one["urn"]: {
            "op": one["op"],
            **{
                diff["path"]: (diff["kind"].removesuffix("-replace"), *_meant(diff["old"], diff["new"]))
                for diff in one["diffs"]
                if _is_compared(diff["path"])
            },
        }
        for one in stack["resources"]
        if one["op"] != "same"
    }


def _is_compared(path: str) -> bool:
    """All but `tagsAll`, which pulumi-aws fills in where it checks inputs, and the plugin beside the project does not."""
    return not path.startswith("tagsAll")


def _meant(*values: Any) -> Iterator[Any]:
    """Policy documents by what they say: the provider writes them anew."""
    for value in values:
        yield json.loads(value) if isinstance(value, str) and value.startswith("{") else value
