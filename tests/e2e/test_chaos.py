"""A sample of the sweep of faults: whatever strikes, what the table says is what the user sees, and what it says to type ends the job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.chaos.case import play
from tests.chaos.stage import Bases
from tests.chaos.table import SAMPLE, Case


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory, worker_id: str, templates: Callable[[Path | None], Path]) -> Bases:
    """Those that the sample needs, made once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "chaos"
    found = Bases(root, templates(None))
    with FileLock(root.with_suffix(".lock")):
        for case in SAMPLE:
            found.base(case.scenario.stand)
    return found


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_what_a_fault_leaves_is_ended_by_what_the_table_says(case: Case, bases: Bases, tmp_path: Path) -> None:
    outcome = play(case, bases, tmp_path, seed=1)
    assert not outcome.missed
    assert outcome.broken == [], outcome.said
