"""The engine is asked whether it finds the plugin: nobody else decides that."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import FoundTool, Search, Toolchain, ToolchainError, find, remedies
from deploy_toolchain.engine import find_engine
from deploy_toolchain.plugin import ask_engine, home_of
from deploy_toolchain.search import PLUGIN_FILE, PLUGIN_FOLDER
from tests.carried import gone, printed

pytestmark = pytest.mark.engine


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """A cache and a home of one's own; the engine is the machine's."""
    engine = find_engine(Search.of(os.environ))
    return Search(cache=tmp_path / "cache", user_home=tmp_path / "home", explicit_engine=str(engine.path))


def install(search: Search) -> Path:
    assert search.user_home
    path = search.user_home / ".pulumi" / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("real", [False, True])
def test_the_engine_finds_exactly_this_plugin_in_a_home_of_ours(search: Search, real: bool) -> None:
    installed = install(search)
    found = find(None if real else write_launcher, asking_engine=True, search=search)
    assert (found.plugin.path == installed) is real
    assert found.pulumi_home.is_relative_to(search.cache)


def test_what_lies_there_and_the_engine_passes_over_is_an_error(search: Search) -> None:
    plugin = FoundTool(PLUGIN_FILE, "7.51.1", install(search), "installed")
    found = Toolchain(find_engine(search), plugin, home_of(search, plugin))
    ask_engine(found)
    folder = found.pulumi_home / "plugins" / PLUGIN_FOLDER
    (folder / PLUGIN_FILE).unlink()
    folder.rmdir()
    folder.symlink_to(plugin.path.parent, target_is_directory=True)
    assert (folder / PLUGIN_FILE).samefile(plugin.path)
    with pytest.raises(ToolchainError, match="does not find the AWS plugin"):
        ask_engine(found)


def said(search: Search) -> str:
    """What is said to do where the tools do not go together; nothing where they do."""
    try:
        find(write_launcher, asking_engine=True, search=search)
    except ToolchainError as error:
        return error.remedy
    return ""


def test_a_home_that_the_engine_does_not_take_is_removed(search: Search) -> None:
    home = find(write_launcher, search=search).pulumi_home
    broken_off = home / "plugins" / f"{PLUGIN_FOLDER}.partial"  # how an engine marks a plugin that it was obtaining
    broken_off.touch()
    shutil.rmtree(printed(remedies.REMOVE_HOME, said(search))["home"])
    gone(remedies.REMOVE_HOME, said(search))


def test_an_engine_that_cannot_be_asked_is_not_the_one_to_name(search: Search, tmp_path: Path) -> None:
    mute = tmp_path / "pulumi"
    mute.write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.240.0\n', "utf-8")
    mute.chmod(0o755)
    printed(remedies.OTHER_ENGINE, said(replace(search, explicit_engine=str(mute))))
    gone(remedies.OTHER_ENGINE, said(search))


def test_a_home_of_an_earlier_version_is_put_right(search: Search) -> None:
    plugin = FoundTool(PLUGIN_FILE, "7.51.1", install(search), "installed")
    folder = home_of(search, plugin) / "plugins" / PLUGIN_FOLDER
    (folder / PLUGIN_FILE).unlink()
    folder.rmdir()
    folder.symlink_to(plugin.path.parent, target_is_directory=True)
    ask_engine(Toolchain(find_engine(search), plugin, home_of(search, plugin)))
    assert plugin.path.read_text("utf-8") == "#!/bin/sh\n"
