"""Finds or obtains the Pulumi CLI and the AWS plugin."""

from __future__ import annotations

from deploy_toolchain.engine import find_engine, obtain_engine
from deploy_toolchain.plugin import WriteStandIn, ask_engine, find_plugin, home_of, obtain_plugin
from deploy_toolchain.search import FoundTool, Search, Toolchain, ToolchainError

__all__ = ["FoundTool", "Search", "Toolchain", "ToolchainError", "WriteStandIn", "find", "obtain"]


def find(stand_in: WriteStandIn | None, *, search: Search, asking_engine: bool = False) -> Toolchain:
    """What is on this machine, in a moment and without the network: for runs. Raises ToolchainError.

    `stand_in` writes the AWS plugin's stand-in; None asks for the real plugin.
    `asking_engine`: the engine must say that it finds the plugin (0.2 s).
    """
    engine = find_engine(search)
    plugin = find_plugin(search, stand_in)
    found = Toolchain(engine, plugin, home_of(search, plugin))
    if asking_engine:
        ask_engine(found)
    return found


def obtain(stand_in: WriteStandIn | None, *, search: Search) -> Toolchain:
    """The same, got from elsewhere where it is missing: for set-up. Takes up to minutes. Raises ToolchainError."""
    engine = obtain_engine(search)
    plugin = obtain_plugin(search, stand_in)
    found = Toolchain(engine, plugin, home_of(search, plugin))
    ask_engine(found)
    return found
