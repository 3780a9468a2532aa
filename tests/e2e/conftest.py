"""Projects with a sandbox each. Bootstrapping is done once per plugin and its state copied, so that every story starts alike."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filelock import FileLock

from deploy_sandbox import lifecycle
from tests.e2e.project import SANDBOX, Project, copy_project, copy_sandbox
from tests.real_plugin import environment


@pytest.fixture
def fresh(plugin_home: Path | None, tmp_path: Path) -> Iterator[Project]:
    """Four accounts as an organisation hands them out: nothing in them but the administrators' roles."""
    with _running(copy_project(tmp_path / "project"), plugin_home) as project:
        yield project


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[Path | None], Path]:
    """By plugin, a project that has been bootstrapped and whose sandbox is down: neither opens a state that the other made."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def bootstrapped(plugin_home: Path | None) -> Path:
        root = shared / ("template-real" if plugin_home else "template")
        with FileLock(root.with_suffix(".lock")):
            if not (root / "ready").exists():
                shutil.rmtree(root, ignore_errors=True)
                with _running(copy_project(root), plugin_home) as project:
                    done = project.deploy("bootstrap", "--yes", "--parallel", "3")
                    assert done.code == 0, done
                (root / "ready").touch()
        return root

    return bootstrapped


@pytest.fixture(scope="session")
def template(plugin_home: Path | None, templates: Callable[[Path | None], Path]) -> Path:
    """The one of the plugin that a story runs with."""
    return templates(plugin_home)


@pytest.fixture
def project(plugin_home: Path | None, template: Path, tmp_path: Path) -> Iterator[Project]:
    """A project whose access layers stand and whose service layers do not."""
    with opened(template, tmp_path / "project", plugin_home) as project:
        yield project


@contextmanager
def opened(template: Path, root: Path, plugin_home: Path | None) -> Iterator[Project]:
    """A copy of a template at `root`, with its sandbox running."""
    copy_project(root)
    copy_sandbox(template, root)
    with _running(root, plugin_home) as project:
        yield project


@contextmanager
def _running(root: Path, plugin_home: Path | None) -> Iterator[Project]:
    sandbox = lifecycle.up(root / SANDBOX, powers=True)
    # Not below the test's own folder: the provider makes a socket there, whose path may have 107 characters (unix(7)).
    with TemporaryDirectory(prefix="plugin-", ignore_cleanup_errors=True) as scratch:
        try:
            yield Project(root, sandbox, environment(plugin_home, Path(scratch)) if plugin_home else {})
        finally:
            lifecycle.down(root / SANDBOX)
            print((root / SANDBOX / "server.log").read_text("utf-8"))  # noqa: T201 -- pytest shows it where a story fails
