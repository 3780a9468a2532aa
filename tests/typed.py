"""Commands of `deploy` as they stand in a text: found, and held against the command line that there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from deploy_driver.cli.main import app

_IN_BACKQUOTES = re.compile(r"`((?:[A-Z_]+=\S+ )*deploy(?: [^`]*)?)`")
_NAMING = frozenset({"--stacks", "--all", "--plan", "--affected"})
"""Of these `up`, `preview` and `destroy` want one."""


def typed(text: str) -> Iterator[tuple[str, ...]]:
    """Every command of `deploy` that stands in backquotes, without what is set before it or goes to a file after it."""
    for found in _IN_BACKQUOTES.findall(text):
        words = shlex.split(found)
        while "=" in words[0]:
            words.pop(0)
        yield tuple(words[: words.index("<")] if "<" in words else words)


def wrong(words: Sequence[str]) -> str:
    """Why `deploy` would not understand the command; empty where it does. Nothing is called."""
    command: Any = typer.main.get_command(app)
    context: Any = typer.Context(command, info_name=words[0])
    rest = list(words[1:])
    while getattr(command, "commands", None) and rest:
        name = rest.pop(0)
        if name not in command.commands:
            return f"there is no {name}"
        command = command.commands[name]
        context = typer.Context(command, info_name=name, parent=context)
    try:
        values, _, _ = command.make_parser(context).parse_args(rest)
    except Exception as error:  # noqa: BLE001 -- the parser is of a package that typer keeps to itself
        return str(error)
    absent = [each.name for each in command.params if each.required and not values.get(each.name)]
    if absent and "--help" not in words:
        return f"it lacks {', '.join(absent)}"
    if command.name in {"up", "preview", "destroy"} and context.parent.parent is None and not _NAMING & set(words):
        return "it says of no stack what is meant"
    return ""
