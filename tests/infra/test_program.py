"""How the program starts, what it says when it cannot, and that it leaves nothing behind in the interpreter."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pulumi
import pytest

from tests.infra.program import ROOT, config_of, run


def test_the_program_is_short_enough_to_be_read_at_a_glance() -> None:
    assert len((ROOT / "infra" / "__main__.py").read_text().splitlines()) <= 50


def test_the_working_directory_does_not_matter(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        outputs = run("dev").stack_outputs
    assert outputs["bucket"] == "items-dev-222222222222"


def test_stacks_run_one_after_the_other_in_one_interpreter_without_mixing() -> None:
    first, other, again = run("dev"), run("prod-access"), run("dev")
    assert [resource.urn for resource in first.resources] != [resource.urn for resource in other.resources]
    assert {resource.urn for resource in first.resources} == {resource.urn for resource in again.resources}


def test_a_longer_session_is_a_longer_maximum() -> None:
    roles = run("dev-access", config={**config_of("dev"), "deploy:sessionDuration": "43200"}).of("aws:iam/role:Role")
    assert {role.name: role.inputs["maxSessionDuration"] for role in roles} == {
        "deployment": 43200,
        "preview": 43200,
        "items-execution": 3600,
    }


def test_a_stack_without_its_settings_says_which_file_to_give() -> None:
    with pytest.raises(pulumi.RunError, match=r"--config-file Pulumi\.dev\.yaml") as caught:
        run("dev-access", config={})
    assert "deploy:account: missing, expected 12 digits in quotes" in str(caught.value)


def test_every_wrong_setting_is_said_at_once() -> None:
    config = {**config_of("dev"), "deploy:sessionDuration": "1", "deploy:externalId": "*"}
    with pytest.raises(pulumi.RunError) as caught:
        run("dev", config=config)
    assert "deploy:sessionDuration: got 1, expected 900 to 43200 (seconds)" in str(caught.value)
    assert "deploy:externalId: got *, expected 2 to 1224 of" in str(caught.value)


def test_an_unknown_stack_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"Pulumi\.qa\.yaml:1:1: no such file"):
        run("qa", config={})
