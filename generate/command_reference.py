"""The commands as a page to read: `python -m generate.command_reference > docs/reference/commands.md`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import typer

from deploy_driver.cli.main import app

_HEAD = """\
# Commands

What `deploy` can be told, as `--help` says it. `deploy COMMAND --help` says it in the terminal. Exit codes are in the
[README](../../README.md#what-a-run-does).

This page is made from the commands: `python -m generate.command_reference > docs/reference/commands.md`.
"""

_EVERYWHERE = {"install_completion", "show_completion", "help"}


def reference() -> str:
    """The whole page."""
    group: Any = typer.main.get_command(app)
    everywhere = ["## `deploy`, before a command", "", *_parameters(group)]
    return "\n".join([_HEAD, *everywhere, *_commands(group, "deploy")]).rstrip()


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield from _command(command, f"{path} {name}")


def _command(command: Any, path: str) -> Iterator[str]:
    yield from (f"## `{path}`", "")
    for paragraph in inspect.cleandoc(command.help).split("\n\n"):
        yield from ("```console", paragraph, "```", "") if paragraph.startswith(path) else (_plain(paragraph), "")
    yield from _parameters(command)


def _parameters(command: Any) -> Iterator[str]:
    """A table of the arguments and options of a command; without what every command has, and what a shell's completion brings."""
    context = typer.Context(command)
    shown = [each for each in command.params if each.name not in _EVERYWHERE]
    if shown:
        yield from ("| option | means |", "| --- | --- |")
        yield from (f"| `{_plain(name)}` | {_plain(means)} |" for name, means in map(partial(_record, context), shown))
        yield ""


def _record(context: typer.Context, parameter: Any) -> tuple[str, str]:
    name, means = parameter.get_help_record(context)
    return name, means


def _plain(text: str) -> str:
    """One line, in which nothing is taken for the end of a cell."""
    return re.sub(r"\s+", " ", text).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
