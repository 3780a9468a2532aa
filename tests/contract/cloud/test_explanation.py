"""The explanation of the sandbox names every correction, every instance and every account, and none that there is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_sandbox.accounts import ACCOUNTS, ADMINISTRATOR_ROLE, INSTANCES, ORGANIZATION_ROLE
from deploy_sandbox.cloud import powers, snapshots, transport
from deploy_sandbox.cloud.server import CORRECTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "sandbox.md").read_text(encoding="utf-8")
TEST_ONLY = {"faults"}
"""Installed like a correction, but told among the test-only powers."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:]]


def test_every_correction_has_its_row_in_the_order_of_installation() -> None:
    modules = [name.removeprefix("deploy_sandbox.cloud.") for name in CORRECTIONS]
    assert [row[0].strip("`") for row in rows("What is corrected")] == [
        name for name in modules if name not in TEST_ONLY
    ]


@pytest.mark.parametrize("row", rows("What is corrected"), ids=lambda row: row[0])
def test_every_row_says_what_aws_does_and_what_the_emulator_did(row: list[str]) -> None:
    assert len(row) == 3
    assert all(row)


def test_every_instance_is_told() -> None:
    assert [row[0].strip("`") for row in rows("Who is who")] == list(INSTANCES)
    assert f"`{ADMINISTRATOR_ROLE}`" in PAGE
    assert f"`{ORGANIZATION_ROLE}`" in PAGE


def test_every_account_is_told() -> None:
    assert all(f"`{name}`" in PAGE and f"({number})" in PAGE for name, number in ACCOUNTS.items())


def test_every_power_is_told() -> None:
    paths = {word for word in (powers.__doc__ or "").replace(",", " ").split() if word.startswith("/_sandbox/")}
    assert paths
    assert all(f"`{path}`" in PAGE for path in paths)
    assert f"`{transport.MARKER.decode()}: 1`" in PAGE


def test_the_times_of_a_snapshot_are_as_told() -> None:
    assert (snapshots.QUIET_SECONDS, snapshots.LATEST_SECONDS) == (2.0, 30.0)
    assert "two seconds after the last request, and every thirty" in " ".join(PAGE.split())
