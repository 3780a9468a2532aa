"""What the program answers is typed, or the error names the function of deploy.toml and the key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deploy_driver.app import program
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import UsageError
from tests.samples import project

MADE: dict[str, Any] = {
    "roles": {"deployment": {"name": "deployer", "maxSession": 3600}},
    "boundary": "boundary",
    "trail": "trail",
    "buckets": {"trail": "records"},
    "functions": {},
    "logGroups": {},
    "runsAs": {},
    "things": [],
}


@pytest.fixture
def answers() -> Iterator[ModuleType]:
    """A program of one module, whose functions a test chooses."""
    module = ModuleType("program_that_answers")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


@pytest.fixture
def config(tmp_path: Path) -> DeployConfig:
    name = "program_that_answers"
    return replace(
        load(project(tmp_path), {}),
        settings_check=f"{name}:problems",
        documents=f"{name}:documents",
        needs=f"{name}:needs",
        deletions=f"{name}:deletions",
        inventory=f"{name}:inventory",
    )


def _answering(module: ModuleType, function: str, said: object) -> None:
    setattr(module, function, lambda _root, _about: said)


def test_an_inventory_is_typed(answers: ModuleType, config: DeployConfig) -> None:
    _answering(answers, "inventory", MADE)
    made = program.inventory(config, config.tools, "roles.deployment", "buckets.trail")
    assert (made.roles["deployment"].name, made.buckets["trail"]) == ("deployer", "records")


def test_the_program_is_told_what_a_state_has_and_answers_with_needs(answers: ModuleType, config: DeployConfig) -> None:
    asked: list[object] = []

    def nothing(_root: Path, about: object) -> list[object]:
        asked.append(about)
        return []

    vars(answers)["deletions"] = nothing
    urn = "urn:pulumi:dev::items::aws:s3/bucket:Bucket::old"
    of_state = {"urn": urn, "type": "aws:s3/bucket:Bucket", "inputs": {"bucket": "items-dev-old"}, "outputs": {}}
    assert program.deletions(config, config.stack("dev-access"), [of_state]) == ()
    given = {"type": "aws:s3/bucket:Bucket", "name": "old", "inputs": {"bucket": "items-dev-old"}}
    assert asked == [{"stack": "dev-access", "resources": [given]}]
    _answering(answers, "deletions", [{"role": "x"}])
    with pytest.raises(UsageError, match="what program_that_answers:deletions returns for dev-access is not"):
        program.deletions(config, config.stack("dev-access"), [of_state])


def test_an_inventory_without_a_key_names_the_key_and_who_returned_it(
    answers: ModuleType, config: DeployConfig
) -> None:
    _answering(answers, "inventory", {key: value for key, value in MADE.items() if key != "logGroups"})
    with pytest.raises(UsageError) as caught:
        program.inventory(config, config.stack("dev"))
    assert str(caught.value) == (
        "deploy.toml: program.inventory: what program_that_answers:inventory returns for dev "
        "is not what is asked for: logGroups: missing"
    )


def test_a_thing_that_is_asked_for_by_name_must_be_there(answers: ModuleType, config: DeployConfig) -> None:
    _answering(answers, "inventory", MADE)
    _answering(answers, "documents", {"trail": {}})
    with pytest.raises(UsageError, match=r"roles\.execution; buckets\.items: missing"):
        program.inventory(config, config.tools, "roles.execution", "buckets.items")
    with pytest.raises(UsageError, match=r"deploy\.toml: program\.documents: .*: boundary: missing"):
        program.documents(config, config.tools, "boundary", "trail")


def test_needs_without_a_key_name_it(answers: ModuleType, config: DeployConfig) -> None:
    _answering(answers, "needs", [{"role": "deployment"}])
    with pytest.raises(UsageError, match=r"deploy\.toml: program\.needs: .*0\.arn: missing"):
        program.needs(config, config.tools)


def test_a_program_that_refuses_its_settings_is_heard(answers: ModuleType, config: DeployConfig) -> None:
    def refused(_root: Path, _stack: str) -> object:
        raise ValueError("Pulumi.dev.yaml:11: items:memory: got 7\nPulumi.dev.yaml:12: other")

    answers.inventory = refused  # type: ignore[attr-defined]
    with pytest.raises(UsageError) as caught:
        program.inventory(config, config.tools)
    assert caught.value.detail == ("Pulumi.dev.yaml:11: items:memory: got 7", "Pulumi.dev.yaml:12: other")


def test_the_settings_of_all_stacks_are_asked_for_in_one_call(answers: ModuleType, config: DeployConfig) -> None:
    asked: list[object] = []

    def problems(root: Path, stacks: list[str]) -> object:
        asked.append((root, stacks))
        return [
            {"file": "Pulumi.dev.yaml", "line": line, "column": 3, "key": f"items:{line}", "what": "wrong"}
            for line in (9, 4)
        ]

    answers.problems = problems  # type: ignore[attr-defined]
    with pytest.raises(UsageError) as caught:
        program.check_settings(config, config.stacks)
    assert asked == [(config.root, [stack.name for stack in config.stacks])]
    assert caught.value.detail == ("Pulumi.dev.yaml:4:3: items:4: wrong", "Pulumi.dev.yaml:9:3: items:9: wrong")


def test_a_program_that_breaks_is_no_bug_of_the_driver(answers: ModuleType, config: DeployConfig) -> None:
    def broken(_root: Path, _about: str) -> object:
        return dict[str, str]()["region"]

    def leaves(_root: Path, _about: str) -> object:
        raise SystemExit(3)

    for function, said in ((broken, "KeyError: 'region'"), (leaves, "SystemExit: 3")):
        answers.__dict__["inventory"] = function
        with pytest.raises(UsageError) as caught:
            program.inventory(config, config.tools)
        assert "deploy.toml: program.inventory: program_that_answers:inventory cannot answer" in str(caught.value)
        assert said in str(caught.value.detail)


def test_a_program_that_is_no_python_names_the_line(tmp_path: Path, config: DeployConfig) -> None:
    (tmp_path / "no_python.py").write_text("x =\n", "utf-8")
    sys.path.append(str(tmp_path))
    try:
        with pytest.raises(UsageError) as caught:
            program.inventory(replace(config, inventory="no_python:inventory"), config.tools)
    finally:
        sys.path.remove(str(tmp_path))
    assert str(caught.value).startswith("deploy.toml: program.inventory: no_python cannot be imported")
    assert "(no_python.py, line 1)" in str(caught.value.detail)
