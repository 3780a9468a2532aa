"""A workspace that was copied does not run the code of the one that it was copied from."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.config.root import RUNNING, require_own_driver
from deploy_driver.errors import UsageError


def driver_in(root: Path) -> Path:
    folder = root / "driver" / RUNNING.name
    folder.mkdir(parents=True)
    return folder


def test_the_driver_of_another_folder_is_refused_and_the_project_s_own_and_an_installed_one_are_not(
    tmp_path: Path,
) -> None:
    own, other = driver_in(tmp_path / "copy"), driver_in(tmp_path / "old")
    with pytest.raises(UsageError, match="runs the code in") as caught:
        require_own_driver(tmp_path / "copy", other)
    assert "remove `.venv`" in caught.value.remedy
    installed = tmp_path / "venv" / "lib" / "site-packages" / RUNNING.name
    for running in (own, installed):
        require_own_driver(tmp_path / "copy", running)


def test_a_project_that_brings_no_driver_along_takes_any(tmp_path: Path) -> None:
    require_own_driver(tmp_path, driver_in(tmp_path / "old"))
