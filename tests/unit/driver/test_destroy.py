"""Access layers are destroyed by whoever says their names: at the terminal, or beforehand. Services ask as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.app.console import Console
from deploy_driver.app.deploy import Options
from deploy_driver.app.destroy import destroy
from deploy_driver.app.session import LocalProject
from deploy_driver.config.environment import Machine
from deploy_driver.config.load import load
from deploy_driver.errors import NotReadyError, RefusedError, UsageError
from deploy_driver.values import Operation
from tests.fakes.prompt import FakeInterview
from tests.samples import project


class Asked:
    """One `deploy destroy` in a project whose sandbox does not run: what comes after the question is not ready."""

    def __init__(self, root: Path) -> None:
        self._project = LocalProject(Machine(), load(project(root), {}))
        self.notices: list[str] = []

    def __call__(self, stacks: str, *said: str, present: bool = True, confirmed: str | None = None) -> FakeInterview:
        person = FakeInterview(present=present, said=list(said))
        options = Options(Operation.DESTROY, stacks, yes=True)
        destroy(self._project, options, Console(notice=self.notices.append), person, confirmed)
        return person

    def goes_on(self, stacks: str, *said: str, present: bool = True, confirmed: str | None = None) -> None:
        with pytest.raises(NotReadyError):
            self(stacks, *said, present=present, confirmed=confirmed)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


@pytest.mark.parametrize("said", ["dev-access,tools", " tools , dev-access"])
def test_names_that_are_typed_at_the_terminal_let_it_go_on(asked: Asked, said: str) -> None:
    asked.goes_on("dev-access,tools", said)
    told = "\n".join(asked.notices)
    assert "dev-access (222222222222): nothing is deployed from here on, or looked at, in this account" in told
    assert "tools (111111111111): nothing is deployed from here on, or looked at, in any account" in told
    assert "What goes: the roles jenkins-deploy, jenkins-preview, and the permissions boundary" in told
    assert "What stays: the buckets and keys of the states" in told


@pytest.mark.parametrize("said", ["", "y", "yes", "dev-access", "dev-access,dev-access,tools", "tools,dev-access,dev"])
def test_anything_else_that_is_typed_is_a_no(asked: Asked, said: str) -> None:
    with pytest.raises(RefusedError, match="dev-access,tools was not typed; nothing was touched"):
        asked("dev-access,tools", said)


def test_the_end_of_input_is_a_no(asked: Asked) -> None:
    with pytest.raises(RefusedError, match="tools was not typed"):
        asked("tools")


def test_without_a_terminal_the_names_are_given_with_confirm(asked: Asked) -> None:
    with pytest.raises(RefusedError) as caught:
        asked("dev-access,tools", present=False)
    assert caught.value.remedy == "if that is meant, add --confirm dev-access,tools"
    assert any("What goes: the roles jenkins-deploy" in line for line in caught.value.detail)
    asked.goes_on("dev-access,tools", present=False, confirmed="tools,dev-access")
    assert asked.notices == []


@pytest.mark.parametrize(
    ("stacks", "confirmed", "expected"),
    [
        ("dev-access,tools", "tools", "expected dev-access,tools"),
        ("tools", "dev-access", "expected tools"),
        ("tools", "", "expected tools"),
        ("dev", "dev", "expected nothing: only access layers are confirmed by name"),
    ],
)
def test_other_names_than_those_that_are_destroyed_are_refused(
    asked: Asked, stacks: str, confirmed: str, expected: str
) -> None:
    with pytest.raises(UsageError, match=expected):
        asked(stacks, confirmed=confirmed)


@pytest.mark.parametrize("present", [True, False])
def test_services_are_destroyed_without_their_names(asked: Asked, present: bool) -> None:
    asked.goes_on("dev,prod", present=present)
    assert asked.notices == []
