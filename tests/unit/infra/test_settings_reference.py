"""The reference says every key as the program checks it."""

from __future__ import annotations

import pytest

from deploy_project.keys import RUN_KEYS, TARGET_KEYS, TOOLS_KEYS, Key
from tests.unit.infra.facts import ROOT

KEYS = (*TOOLS_KEYS, *TARGET_KEYS, *RUN_KEYS)
REFERENCE = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", dict.fromkeys(KEYS), ids=lambda key: key.name)
def test_the_reference_says_what_a_key_may_be_and_what_happens_without_it(key: Key) -> None:
    without = "" if key in RUN_KEYS else f" {'refused' if key.default is None else key.default} |"
    assert f"| `{key.name}` | {key.expected} |{without}\n" in REFERENCE


def test_the_reference_says_no_key_that_there_is_not() -> None:
    said = {line.split("`")[1] for line in REFERENCE.splitlines() if line.startswith("| `deploy:")}
    assert said == {key.name for key in KEYS}
