"""The reference of the record names every kind of event there is, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from deploy_driver.record import catalogue

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "record.md"


def test_the_reference_names_every_kind() -> None:
    table = PAGE.read_text("utf-8").split("## Events")[1]
    named = {kind for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for kind in re.findall(r"`(.+?)`", row)}
    kinds = {kind.kind for kind in catalogue.Event.__subclasses__()}
    assert named == kinds
