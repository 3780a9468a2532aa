"""The reference of the record names every kind of event there is, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from deploy_driver.record import catalogue
from deploy_driver.values import Operation, SmokeKind

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "record.md"


CODES = {
    "`operation` of `run-started`": catalogue.Verb,
    "`operation` of `step-started`": Operation,
    "`result`": catalogue.Result,
    "`reason` of `step-finished`": catalogue.Reason,
    "`check` of `smoke-test-started` and `smoke-tested`": SmokeKind,
    "`asked`": catalogue.GateName,
    "`moved`": catalogue.Moved,
    "`fact` of `drifted`": catalogue.DriftFact,
}
"""The fields whose codes are promised; that of `answer` is said in words, since it is the reason of a refusal."""


def test_the_reference_names_every_kind() -> None:
    table = PAGE.read_text("utf-8").split("## Events")[1].split("### Codes")[0]
    named = {kind for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for kind in re.findall(r"`(.+?)`", row)}
    kinds = {kind.kind for kind in catalogue.Event.__subclasses__()}
    assert named == kinds


def test_the_reference_names_every_code_there_ever_was() -> None:
    table = PAGE.read_text("utf-8").split("### Codes")[1]
    rows = dict(re.findall(r"^\| (`.+?) \| (`.+`) \|$", table, re.MULTILINE))
    assert {field: re.findall(r"`(.+?)`", rows[field]) for field in CODES} == {
        field: [code.value for code in codes] for field, codes in CODES.items()
    }
