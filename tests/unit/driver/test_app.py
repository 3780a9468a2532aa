"""The application layer, called from Python: no terminal, no stream, no exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.app.affected import since
from deploy_driver.app.console import Console, unstoppable
from deploy_driver.app.deploy import choose
from deploy_driver.app.drift import DriftOptions, detect_drift
from deploy_driver.app.list_ import list_
from deploy_driver.app.session import open_project
from deploy_driver.config.environment import Machine
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.record.redaction import redact
from deploy_driver.values import Cloud
from tests.samples import project


def test_the_stacks_of_a_project_are_listed_in_order_and_in_waves(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    listed = list_(open_project(Machine(), project(tmp_path), None))
    assert [stack.name for stack in listed.stacks][:1] == ["tools"]
    assert {stack.name for wave in listed.waves for stack in wave} == {"dev", "staging", "prod"}
    assert listed.reasons is None
    assert capfd.readouterr() == ("", "")


def test_the_environment_is_the_machine_s_and_not_the_process_s(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert open_project(Machine({"DEPLOY_CLOUD": "aws"}), root, None).config.cloud is Cloud.AWS
    assert open_project(Machine({"DEPLOY_CLOUD": "aws"}), root, "sandbox").config.cloud is Cloud.SANDBOX
    with pytest.raises(UsageError):
        open_project(Machine({"DEPLOY_CLOUD": "moon"}), root, None)


def test_a_captured_machine_is_a_copy_whose_secrets_are_known() -> None:
    environment = {"BUILD_NUMBER": "7", "THEIR_PASSWORD": "correct-horse-battery"}
    machine = Machine.capture(environment)
    environment["BUILD_NUMBER"] = "8"
    assert machine.environment["BUILD_NUMBER"] == "7"
    assert "correct-horse" not in repr(machine)
    assert redact("correct-horse-battery") == "[redacted]"


def test_a_run_without_its_sandbox_is_an_error_with_a_way_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened = open_project(Machine(), project(tmp_path), "sandbox")
    with pytest.raises(NotReadyError) as caught:
        detect_drift(opened, DriftOptions(stacks="dev"), Console())
    assert caught.value.remedy.startswith("start it with `deploy sandbox up`")
    assert capfd.readouterr() == ("", "")


def test_what_contradicts_itself_is_an_error_and_no_exit(tmp_path: Path) -> None:
    config = open_project(Machine(), project(tmp_path), None).config
    with pytest.raises(UsageError, match="contradict each other"):
        choose(config, "dev", all_stacks=True)
    with pytest.raises(UsageError, match="since when"):
        since(None, affected=True, named=False)


def test_nobody_at_a_terminal_confirms_nothing_and_is_never_interrupted() -> None:
    console = Console()
    assert not console.prompt.present
    assert not console.prompt.confirm("Delete everything?")
    with unstoppable(lambda: pytest.fail("nobody asked for it"), waiting="", leaving="") as signals:
        assert signals.exit_code(5) == 5
