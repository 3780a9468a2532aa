"""Projects with a sandbox each. Bootstrapping is done once and its state copied, so that every story starts alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox import lifecycle
from tests.e2e.project import Project, copy_project

SANDBOX = Path(".deploy") / "sandbox"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Project]:
    """Four accounts as an organisation hands them out: nothing in them but the administrators' roles."""
    root = copy_project(tmp_path / "project")
    yield from _running(root)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A project that has been bootstrapped and whose sandbox is down."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    root = shared / "template"
    with FileLock(shared / "template.lock"):
        if not (root / "ready").exists():
            shutil.rmtree(root, ignore_errors=True)
            copy_project(root)
            for project in _running(root):
                done = project.deploy("bootstrap", "--yes")
                assert done.code == 0, done
            (root / "ready").touch()
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Iterator[Project]:
    """A project whose access layers stand and whose service layers do not."""
    root = copy_project(tmp_path / "project")
    shutil.copytree(template / SANDBOX, root / SANDBOX, ignore=shutil.ignore_patterns("sandbox.json", "alive.lock"))
    yield from _running(root)


def _running(root: Path) -> Iterator[Project]:
    sandbox = lifecycle.up(root / SANDBOX, powers=True)
    try:
        yield Project(root, sandbox)
    finally:
        lifecycle.down(root / SANDBOX)
