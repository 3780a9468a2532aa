"""Projects with a sandbox each. Bootstrapping is done once per plugin and its state copied, so that every story starts alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox import lifecycle
from tests.e2e.project import Project, copy_project
from tests.real_plugin import environment

SANDBOX = Path(".deploy") / "sandbox"
SCRATCH = Path(".deploy") / "tmp"


@pytest.fixture
def fresh(plugin_home: Path | None, tmp_path: Path) -> Iterator[Project]:
    """Four accounts as an organisation hands them out: nothing in them but the administrators' roles."""
    root = copy_project(tmp_path / "project")
    yield from _running(root, plugin_home)


@pytest.fixture(scope="session")
def template(plugin_home: Path | None, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A project that has been bootstrapped and whose sandbox is down; one per plugin, for neither opens the other's state."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    root = shared / ("template-real" if plugin_home else "template")
    with FileLock(root.with_suffix(".lock")):
        if not (root / "ready").exists():
            shutil.rmtree(root, ignore_errors=True)
            copy_project(root)
            for project in _running(root, plugin_home):
                done = project.deploy("bootstrap", "--yes")
                assert done.code == 0, done
            (root / "ready").touch()
    return root


@pytest.fixture
def project(plugin_home: Path | None, template: Path, tmp_path: Path) -> Iterator[Project]:
    """A project whose access layers stand and whose service layers do not."""
    root = copy_project(tmp_path / "project")
    shutil.copytree(template / SANDBOX, root / SANDBOX, ignore=shutil.ignore_patterns("sandbox.json", "alive.lock"))
    yield from _running(root, plugin_home)


def _running(root: Path, plugin_home: Path | None) -> Iterator[Project]:
    sandbox = lifecycle.up(root / SANDBOX, powers=True)
    try:
        yield Project(root, sandbox, environment(plugin_home, root / SCRATCH) if plugin_home else {})
    finally:
        lifecycle.down(root / SANDBOX)
