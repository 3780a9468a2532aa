"""The AWS plugin is the real one wherever there is one, and never the stand-in on real AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.plugin.launcher import write_launcher
from sandbox.toolchain.plugin import find_plugin, home_of, obtain_plugin
from sandbox.toolchain.tool import PLUGIN_FILE, PLUGIN_FOLDER, Tool, ToolchainError
from tests.unit.sandbox.toolchain.conftest import Machine

INSTALLS = (
    f"mkdir -p $PULUMI_HOME/plugins/{PLUGIN_FOLDER}; echo real > $PULUMI_HOME/plugins/{PLUGIN_FOLDER}/{PLUGIN_FILE}"
)


def installed(machine: Machine) -> Path:
    return machine.script(PLUGIN_FILE, "echo real", machine.home / ".pulumi" / "plugins" / PLUGIN_FOLDER)


def find(machine: Machine, *, allow_stand_in: bool = True) -> Tool:
    return find_plugin(machine.search(), allow_stand_in=allow_stand_in, write_stand_in=write_launcher)


def obtain(machine: Machine, vendor: str, *, allow_stand_in: bool = True) -> Tool:
    cli = Tool("pulumi", "3.250.0", machine.script("pulumi", INSTALLS), "PATH")
    search = machine.search(vendor=vendor)
    return obtain_plugin(search, cli, allow_stand_in=allow_stand_in, write_stand_in=write_launcher)


def offer(folder: Path) -> None:
    """The vendor's site has the plugin's archive, whatever the machine."""
    from sandbox.toolchain.plugin import archive_name

    releases = folder / "releases" / "plugins"
    releases.mkdir(parents=True)
    (releases / archive_name()).touch()


@pytest.mark.parametrize("allow_stand_in", [True, False])
def test_the_installed_plugin_comes_first(machine: Machine, allow_stand_in: bool) -> None:
    path = installed(machine)
    plugin = find(machine, allow_stand_in=allow_stand_in)
    assert (plugin.path, plugin.source) == (path, "installed")


def test_without_a_real_plugin_the_stand_in_stands_in(machine: Machine) -> None:
    plugin = find(machine)
    assert plugin.source == "stand-in (offline)"
    assert "sandbox.plugin" in plugin.path.read_text(encoding="utf-8")


def test_the_stand_in_is_refused_where_the_cloud_is_real(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match="pulumi plugin install resource aws") as refused:
        find(machine, allow_stand_in=False)
    assert [line.split(":")[0] for line in refused.value.tried] == ["installed", "cache", "stand-in"]


def test_the_real_plugin_is_fetched_where_the_vendor_answers(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    offer(folder)
    assert obtain(machine, address).source == "fetched from the vendor"
    assert find(machine, allow_stand_in=False).source == "cache"
    assert not (machine.home / ".pulumi").exists()


def test_where_the_vendor_does_not_have_it_the_stand_in_is_taken(machine: Machine, site: tuple[str, Path]) -> None:
    assert obtain(machine, site[0]).source == "stand-in (offline)"


def test_the_engine_finds_exactly_this_plugin_in_a_home_of_ours(machine: Machine) -> None:
    path = installed(machine)
    home = home_of(machine.search(), find(machine))
    assert (home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE).samefile(path)
    assert home.is_relative_to(machine.cache)
    assert home_of(machine.search(), find(machine)) == home


def test_the_stand_in_and_the_real_plugin_have_different_homes(machine: Machine) -> None:
    stand_in = home_of(machine.search(), find(machine))
    installed(machine)
    assert home_of(machine.search(), find(machine)) != stand_in
    assert (stand_in / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE).is_file()


def test_the_command_prints_what_it_has_and_says_the_rest_on_stderr(machine: Machine) -> None:
    machine.script("pulumi", "echo v3.250.0")
    environment = {"PATH": f"{machine.bin}:{os.defpath}", "HOME": str(machine.home), "DEPLOY_CACHE": str(machine.cache)}
    installed(machine)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.toolchain"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(done.stdout)
    assert (told["engine"]["source"], told["plugin"]["source"]) == ("PATH", "installed")
    assert "pulumi 3.250.0: PATH" in done.stderr
