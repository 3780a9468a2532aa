"""A waiver counts while it is valid, for what it names, and only as long as there is something to waive."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.configuration.standard import Failure
from tests.configuration.waivers import Waiver, problems, read

TODAY = date(2026, 11, 23)
FAILURE = Failure("S3.9", "aws:s3/bucket:Bucket items", "dev")
WAIVER = Waiver("S3.9", "aws:s3/bucket:Bucket *", "a good one", TODAY + timedelta(days=30))


def test_a_valid_waiver_lets_its_failure_pass() -> None:
    assert problems([FAILURE], [WAIVER], TODAY) == []
    assert problems([FAILURE], [replace(WAIVER, expires=TODAY)], TODAY) == []


@pytest.mark.parametrize(
    ("waiver", "says"),
    [
        (replace(WAIVER, expires=TODAY - timedelta(days=1)), "expired on 2026-11-22"),
        (replace(WAIVER, expires=TODAY + timedelta(days=400)), "more than 366 days"),
        (replace(WAIVER, reason=" "), "has no reason"),
        (replace(WAIVER, control="S3.13"), "waives nothing"),
        (replace(WAIVER, resources="aws:s3/bucket:Bucket trail"), "waives nothing"),
    ],
)
def test_any_other_waiver_is_a_problem(waiver: Waiver, says: str) -> None:
    assert any(says in problem for problem in problems([FAILURE], [waiver], TODAY))


@pytest.mark.parametrize(
    "waiver", [replace(WAIVER, expires=TODAY - timedelta(days=1)), replace(WAIVER, control="S3.13")]
)
def test_a_failure_that_no_valid_waiver_names_is_a_problem(waiver: Waiver) -> None:
    assert "dev: aws:s3/bucket:Bucket items: S3.9 does not hold" in problems([FAILURE], [waiver], TODAY)


@pytest.mark.parametrize("line", ["", 'more = "x"'])
def test_a_waiver_says_everything_and_nothing_else(tmp_path: Path, line: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(f'[[waiver]]\ncontrol = "S3.9"\nresources = "*"\nreason = "x"\n{line}\n', "utf-8")
    with pytest.raises(TypeError):
        read(path)
    path.write_text('[[waiver]]\ncontrol = "S3.9"\nresources = "*"\nreason = "x"\nexpires = 2027-01-01\n', "utf-8")
    assert read(path)[0].expires == date(2027, 1, 1)
