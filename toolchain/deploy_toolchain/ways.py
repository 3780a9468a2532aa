"""Trying one way after another until one leads to a tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploy_toolchain.search import Search
from deploy_toolchain.tool import Tool, ToolchainError

Way = Callable[[Search], Tool]


class ClosedError(Exception):
    """One way to a tool is closed; the message says which way and why."""


def first(search: Search, ways: Sequence[Way], *, what: str, remedy: str) -> Tool:
    """The tool at the end of the first open way. Raises ToolchainError with every way that was tried."""
    tried: list[str] = []
    for way in ways:
        try:
            return way(search)
        except ClosedError as closed:
            tried.append(str(closed))
    raise ToolchainError(what, tried, remedy)
