"""Rings as deploy.toml says them: an order of stacks, and for how long each is watched before the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import UsageError
from deploy_driver.plan.selection import waves
from deploy_driver.values import Layer, Soak
from tests.samples import project

STACKS = 'cloud = "sandbox"\n[stacks.dev]\n[stacks.staging]\n[stacks.prod]\n'
CANARY = '[[rings]]\nstacks = ["prod"]\nsoak = "2h"\nalarms = ["{service}-{stack}-errors", "billing of {account}"]\n'
REST = '[[rings]]\nstacks = ["dev", "staging"]\n'


def read(tmp_path: Path, text: str) -> DeployConfig:
    return load(project(tmp_path, {"deploy.toml": text}), {})


def problems(tmp_path: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    return "\n".join(caught.value.detail)


def test_the_stacks_of_a_ring_go_together_after_all_of_the_ring_before(tmp_path: Path) -> None:
    config = read(tmp_path, STACKS + CANARY + REST)
    assert [[stack.name for stack in wave] for wave in waves(config.layer(Layer.SERVICE))] == [
        ["prod"],
        ["dev", "staging"],
    ]
    assert config.stack("dev").needs == ("dev-access", "prod")
    assert config.stack("dev-access").needs == ("tools",)


def test_each_stack_of_a_ring_soaks_with_alarms_of_its_own(tmp_path: Path) -> None:
    config = read(tmp_path, STACKS + CANARY + REST)
    assert config.stack("prod").soak == Soak(7200, ("items-prod-errors", "billing of 444444444444"))
    assert {config.stack(name).soak for name in ("dev", "prod-access", "tools")} == {None}


def test_without_rings_nothing_is_ordered_and_nothing_soaks(tmp_path: Path) -> None:
    config = read(tmp_path, STACKS)
    assert len(waves(config.layer(Layer.SERVICE))) == 1
    assert {stack.soak for stack in config.stacks} == {None}


def test_what_a_ring_needs_twice_is_needed_once(tmp_path: Path) -> None:
    text = STACKS.replace("[stacks.dev]", '[stacks.dev]\nneeds = ["prod"]')
    assert read(tmp_path, text + CANARY + REST).stack("dev").needs == ("dev-access", "prod")


@pytest.mark.parametrize(
    ("rings", "said"),
    [
        ('[[rings]]\nstacks = ["qa"]\n', "rings.0.stacks: got 'qa', expected one of dev, staging, prod"),
        ('[[rings]]\nstacks = ["prod-access"]\n', "rings.0.stacks: got 'prod-access', expected one of dev, "),
        (
            CANARY + REST + CANARY,
            "rings.2.stacks: got 'prod', which is in rings.0 already: expected each stack in one ring",
        ),
        ("[[rings]]\nstacks = []\n", "rings.0.stacks: got [], expected a list of stacks"),
        ('[[rings]]\nsoak = "5m"\n', 'rings.0.stacks: missing, expected a list of stacks, such as ["dev"]'),
        (REST + "soak = 5\n", "rings.0.soak: got 5, expected a valid string"),
        (REST + 'soak = "5"\n', "rings.0.soak: got '5', expected a number and s, m, h or d, such as 10m"),
        (REST + 'soak = "0m"\n', "rings.0.soak: got '0m', expected a number and s, m, h or d, such as 10m"),
        (
            REST + 'alarms = ["a"]\n',
            "rings.0: got {'stacks': ['dev', 'staging'], 'alarms': ['a']}, expected `soak` beside",
        ),
        (REST + 'soka = "5m"\n', "rings.0.soka: unknown key; did you mean soak?"),
        *(
            (f"{REST}soak = '5m'\nalarms = ['{name}']\n", f"rings.0.alarms.0: got '{name}', expected an alarm's name")
            for name in ("", "errors-*", "a?", "${aws:username}", "{region}-errors", "a" * 256, "{service}" * 7, "ä")
        ),
    ],
)
def test_what_rings_may_not_say(tmp_path: Path, rings: str, said: str) -> None:
    assert f"deploy.toml: {said}" in problems(tmp_path, STACKS + rings)


@pytest.mark.parametrize("needs", ["dev", "staging"])
def test_a_ring_that_needs_a_later_one_is_refused_with_the_path(tmp_path: Path, needs: str) -> None:
    text = STACKS.replace("[stacks.prod]", f'[stacks.prod]\nneeds = ["{needs}"]')
    told = problems(tmp_path, text + CANARY + REST)
    assert told.startswith("deploy.toml: rings: by their order and by `needs`, stacks need each other in a circle: ")
    assert {"prod", needs} == set(told.rpartition(": ")[2].split(" → "))
