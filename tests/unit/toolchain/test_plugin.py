"""The AWS plugin is the one that was asked for: the stand-in, or the real one, and never one in place of the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain import remedies
from deploy_toolchain.plugin import find_plugin, home_of, obtain_plugin
from deploy_toolchain.search import (
    PLUGIN_FILE,
    PLUGIN_FOLDER,
    PLUGIN_VERSION,
    VENDOR,
    FoundTool,
    Search,
    ToolchainError,
)
from tests.carried import gone, printed
from tests.unit.toolchain.conftest import NOWHERE, Machine
from tests.vendor import REDIRECTS, publish_plugin, serving


def installed(machine: Machine) -> Path:
    return machine.script(PLUGIN_FILE, "echo real", machine.home / ".pulumi" / "plugins" / PLUGIN_FOLDER)


def find(machine: Machine, *, real: bool) -> FoundTool:
    return find_plugin(machine.search(), None if real else write_launcher)


def obtain(machine: Machine, vendor: str, *, real: bool = True) -> FoundTool:
    return obtain_plugin(machine.search(vendor=vendor), None if real else write_launcher)


def test_the_installed_real_plugin_is_used_where_it_is_asked_for_and_only_there(machine: Machine) -> None:
    path = installed(machine)
    assert (find(machine, real=True).path, find(machine, real=True).source) == (path, "installed")
    stand_in = find(machine, real=False)
    assert stand_in.source == "stand-in (offline)"
    assert "deploy_sandbox.plugin" in stand_in.path.read_text(encoding="utf-8")


def test_a_real_plugin_that_is_not_there_is_an_error_with_ways_out_and_never_the_stand_in(machine: Machine) -> None:
    with pytest.raises(ToolchainError, match="cannot be had") as refused:
        find(machine, real=True)
    assert [line.split(":")[0] for line in refused.value.tried] == ["installed", "cache"]
    assert "DEPLOY_PLUGIN=real deploy setup" in refused.value.remedy
    assert "DEPLOY_PLUGIN=stand-in" in refused.value.remedy
    assert find(machine, real=False).source == "stand-in (offline)"


def test_the_real_plugin_is_fetched_where_the_vendor_answers(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_plugin(folder, b"real")
    assert obtain(machine, address).source == "fetched from the vendor"
    found = find(machine, real=True)
    assert (found.source, found.path.read_bytes()) == ("cache", b"real")
    assert found.path.stat().st_mode & 0o111
    assert not (machine.home / ".pulumi").exists()


def test_a_redirect_is_followed_where_the_mirror_itself_could_be(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_plugin(folder, b"real")
    moved = machine.root / "moved"
    with serving(moved) as old:
        (moved / REDIRECTS).write_text("http://mirror.example", "utf-8")
        with pytest.raises(ToolchainError, match="cannot be had"):
            obtain(machine, old)
        assert any("mirror.example" in line and "not over TLS" in line for line in machine.said)
        (moved / REDIRECTS).write_text(address, "utf-8")
        assert obtain(machine, old).source == "fetched from the vendor"


def test_the_vendor_is_not_asked_for_a_plugin_that_nobody_wants(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_plugin(folder, b"real")
    assert obtain(machine, address, real=False).source == "stand-in (offline)"
    assert not (machine.cache / "plugin").exists()


@pytest.mark.parametrize("member", [None, "another-file"])
def test_where_the_vendor_does_not_have_it_nothing_is_kept(
    machine: Machine, site: tuple[str, Path], member: str | None
) -> None:
    address, folder = site
    if member:
        publish_plugin(folder, b"real", name=member)
    with pytest.raises(ToolchainError, match="vendor: "):
        obtain(machine, address)
    assert [path.name for path in machine.cache.rglob("pulumi*")] == []


def test_a_replaced_plugin_is_refused_and_obtained_again(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_plugin(folder, b"real")
    plugin = machine.kept(PLUGIN_FILE, "echo real", machine.cache / "plugin" / PLUGIN_VERSION)
    assert find(machine, real=True).path == plugin
    plugin.write_text("poison", encoding="utf-8")
    with pytest.raises(ToolchainError, match="not the one that was obtained") as refused:
        find(machine, real=True)
    shutil.rmtree(printed(remedies.OBTAIN_PLUGIN_AGAIN, refused.value.remedy)["folder"])
    obtain(machine, address)  # what `DEPLOY_PLUGIN=real deploy setup` does
    found = find(machine, real=True)
    assert found.path == plugin
    gone(remedies.OBTAIN_PLUGIN_AGAIN, str(found))


def test_a_home_keeps_pointing_at_the_plugin_that_it_is_for(machine: Machine) -> None:
    path = installed(machine)
    home = home_of(machine.search(), find(machine, real=True))
    link = home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE
    link.unlink()
    link.write_text("poison", encoding="utf-8")
    assert home_of(machine.search(), find(machine, real=True)) == home
    assert link.readlink() == path


@pytest.mark.parametrize("said", ["http://mirror.example", "ftp://mirror.example", "file:///tmp", "mirror.example"])
def test_a_mirror_is_reached_over_tls_or_is_on_this_machine(said: str) -> None:
    with pytest.raises(ToolchainError, match=r"expected https://"):
        Search.of({"DEPLOY_VENDOR": said})


def test_the_vendor_is_pulumi_where_no_mirror_is_named() -> None:
    assert Search.of({}).vendor == Search.of({"DEPLOY_VENDOR": ""}).vendor == VENDOR
    assert Search.of({"DEPLOY_VENDOR": NOWHERE}).vendor == NOWHERE
    assert Search.of({"DEPLOY_VENDOR": "https://mirror.example/pulumi/"}).vendor == "https://mirror.example/pulumi"
