from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.cli.main import app
from generate.command_reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "commands.md"


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == reference() + "\n", "run `make docs`"


@pytest.mark.parametrize("line", ["## `deploy state restore`", "| `--stacks A,B,…` |", "`-y, --yes`", "DEPLOY_MASK"])
def test_commands_arguments_and_options_are_on_the_page(line: str) -> None:
    assert line in reference()


def test_every_verb_has_its_section() -> None:
    named = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    page = reference()
    assert [name for name in named if f"\n## `deploy {name}`\n" not in page] == []
