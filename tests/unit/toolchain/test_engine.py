"""The engine is taken from the first place that has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy_toolchain.engine import find_engine, obtain_engine
from deploy_toolchain.search import ENGINE_VERSION, FoundTool, Search, ToolchainError
from tests.unit.toolchain.conftest import Machine
from tests.vendor import publish_engine

Get = Callable[[Search], FoundTool]

GO = 'if [ "$1" = env ]; then echo go1.26.6; exit; fi\n'
FETCHED = b"#!/bin/sh\necho fetched\n"
BUILT = 'while [ "$1" != -o ]; do shift; done; printf "#!/bin/sh\\necho built\\n" > "$2"'


def cached(machine: Machine) -> Path:
    return machine.kept("pulumi", "echo cached", machine.cache / "engine" / ENGINE_VERSION)


def test_a_setting_comes_first(machine: Machine) -> None:
    named = machine.script("my-pulumi", "echo v3.240.0")
    machine.script("pulumi", "echo v3.230.0")
    cached(machine)
    engine = find_engine(machine.search(explicit=str(named)))
    assert (engine.path, engine.version, engine.source) == (named, "3.240.0", "DEPLOY_PULUMI")


def test_a_setting_that_cannot_be_followed_is_an_error_and_nothing_else_is_tried(machine: Machine) -> None:
    cached(machine)
    with pytest.raises(ToolchainError, match="correct DEPLOY_PULUMI") as refused:
        find_engine(machine.search(explicit=str(machine.root / "nothing")))
    assert len(refused.value.tried) == 1


@pytest.mark.parametrize("version", ["v3.206.0", f"v{ENGINE_VERSION}", "3.300.1"])
def test_a_supported_engine_on_path_is_used(machine: Machine, version: str) -> None:
    machine.script("pulumi", f"echo {version}")
    cached(machine)
    engine = find_engine(machine.search())
    assert (engine.source, engine.version) == ("PATH", version.removeprefix("v"))


@pytest.mark.parametrize("says", ["echo v3.205.9", "echo v4.0.0", "echo hello", "exit 1"])
def test_any_other_engine_on_path_is_passed_over(machine: Machine, says: str) -> None:
    machine.script("pulumi", says)
    path = cached(machine)
    engine = find_engine(machine.search())
    assert (engine.source, engine.version, engine.path) == ("cache", ENGINE_VERSION, path)


def test_the_vendors_archive_is_fetched_and_kept(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_engine(folder, FETCHED)
    engine = obtain_engine(machine.search(vendor=address))
    assert engine.source == "fetched from the vendor"
    assert "fetched" in engine.path.read_text(encoding="utf-8")
    assert find_engine(machine.search()).source == "cache"
    subprocess.run(["sha256sum", "--check", "pulumi.sha256"], cwd=engine.path.parent, capture_output=True, check=True)
    assert any("Fetching the Pulumi engine" in line for line in machine.said)


def test_an_archive_with_another_checksum_is_not_used(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_engine(folder, FETCHED, digest="0" * 64)
    with pytest.raises(ToolchainError) as refused:
        obtain_engine(machine.search(vendor=address))
    assert any("SHA-256" in line for line in refused.value.tried)
    assert list(machine.cache.rglob("pulumi*")) == []


def test_it_is_built_where_only_modules_can_be_had(machine: Machine) -> None:
    machine.script("go", GO + BUILT)
    engine = obtain_engine(machine.search())
    assert engine.source == "built from its Go modules"
    assert "built" in engine.path.read_text(encoding="utf-8")
    assert find_engine(machine.search()).source == "cache"
    assert engine.path.stat().st_mode & 0o111
    assert any("minutes" in line for line in machine.said)


def test_a_failing_build_tells_its_last_words_and_leaves_nothing(machine: Machine) -> None:
    machine.script("go", GO + "echo 'no required module' >&2; exit 1")
    with pytest.raises(ToolchainError) as refused:
        obtain_engine(machine.search())
    assert any("no required module" in line for line in refused.value.tried)
    assert [path for path in machine.cache.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_an_old_go_is_told_from_a_missing_one(machine: Machine) -> None:
    machine.script("go", "echo go1.22.1")
    with pytest.raises(ToolchainError, match=r"needed is go1\.26\.6 or newer"):
        obtain_engine(machine.search())


@pytest.mark.parametrize("get", [find_engine, obtain_engine])
def test_a_replaced_engine_is_refused_and_the_untouched_one_is_used(machine: Machine, get: Get) -> None:
    machine.script("go", GO + BUILT)
    engine = cached(machine)
    assert get(machine.search()).path == engine
    times, text = engine.stat(), engine.read_text("utf-8")
    engine.write_text(text.replace("cached", "poison"), "utf-8")
    os.utime(engine, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ToolchainError, match="not the one that was obtained") as refused:
        get(machine.search())
    assert f"remove {engine.parent} and run `deploy setup`" in refused.value.remedy
    engine.write_text(text, "utf-8")
    assert get(machine.search()).path == engine


def test_following_the_remedy_leads_to_an_engine(machine: Machine) -> None:
    machine.script("go", GO + BUILT)
    engine = cached(machine)
    engine.write_text("poison", "utf-8")
    shutil.rmtree(engine.parent)
    assert "built" in obtain_engine(machine.search()).path.read_text("utf-8")
    assert find_engine(machine.search()).path == engine


def test_an_engine_of_which_nobody_remembers_the_digest_is_made_anew(machine: Machine) -> None:
    machine.script("go", GO + BUILT)
    machine.script("pulumi", "echo whose", machine.cache / "engine" / ENGINE_VERSION)
    with pytest.raises(ToolchainError, match="no SHA-256 beside it"):
        find_engine(machine.search())
    assert "built" in obtain_engine(machine.search()).path.read_text("utf-8")


def test_two_builds_do_not_run_at_once(machine: Machine) -> None:
    log = machine.root / "log"
    machine.script("go", GO + f"echo build >> {log}; sleep 0.5\n" + BUILT)
    threads = [threading.Thread(target=obtain_engine, args=(machine.search(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text(encoding="utf-8").splitlines() == ["build"]


def test_when_every_way_is_closed_one_error_lists_them_all(machine: Machine) -> None:
    with pytest.raises(ToolchainError) as refused:
        obtain_engine(machine.search())
    ways = [line.split(":")[0] for line in refused.value.tried]
    assert ways == ["DEPLOY_PULUMI", "PATH", "cache", "vendor", "build"]
    assert "install Pulumi" in refused.value.remedy
    assert "Go 1.26.6" in str(refused.value)


def test_finding_never_fetches_or_builds(machine: Machine, site: tuple[str, Path]) -> None:
    address, folder = site
    publish_engine(folder, FETCHED)
    machine.script("go", GO + BUILT)
    with pytest.raises(ToolchainError) as refused:
        find_engine(machine.search(vendor=address))
    assert len(refused.value.tried) == 3


def test_a_silent_vendor_costs_only_seconds(machine: Machine) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        with pytest.raises(ToolchainError, match=r"did not answer within 0\.3 seconds"):
            obtain_engine(machine.search(vendor=f"http://127.0.0.1:{silent.getsockname()[1]}", patience=0.3))
    assert time.monotonic() - began < 5
