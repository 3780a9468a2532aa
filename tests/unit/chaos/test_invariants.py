"""What the sweep looks for it also sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.invariants import of_secrets, of_the_answer
from tests.chaos.stage import BUCKET
from tests.e2e.project import SANDBOX, Ended

GOLDEN = Path(__file__).parents[2] / "golden" / "result.json"


def said(code: int, *results: str) -> str:
    result: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
    stack = result["stacks"][0]
    return json.dumps({**result, "exitCode": code, "stacks": [{**stack, "result": one} for one in results]})


@pytest.mark.parametrize(
    ("ended", "may"),
    [
        (Ended(0, said(0, "succeeded", "succeeded"), ""), ()),
        (Ended(1, said(1, "failed", "not run"), ""), (1,)),
        (Ended(3, "", "lock FAILED"), (1, 3)),
        (Ended(-9, "", ""), (None,)),
    ],
)
def test_an_answer_that_is_right_breaks_nothing(ended: Ended, may: tuple[int | None, ...]) -> None:
    assert list(of_the_answer(ended, may)) == []


@pytest.mark.parametrize(
    ("ended", "invariant", "seen"),
    [
        (Ended(70, said(70, "failed"), ""), "exit code", "70 instead of one of 0, 1"),
        (Ended(-9, "", ""), "exit code", "-9 instead of"),
        (Ended(1, "", "error"), "JSON", "nothing on stdout"),
        (Ended(0, "{", ""), "JSON", "not JSON"),
        (Ended(1, said(0, "failed"), ""), "JSON", "exitCode 0, and the process ended with 1"),
        (Ended(0, said(0, "succeeded", "failed"), ""), "JSON", "exit code 0 with the results"),
        (Ended(1, said(1, "succeeded"), ""), "JSON", "exit code 1 with the results"),
        (Ended(1, said(1, "exploded"), ""), "JSON", "not as its schema says"),
        (Ended(1, said(1, "failed"), "Traceback (most recent call last)"), "no bug", "Traceback"),
    ],
)
def test_an_answer_that_is_wrong_is_seen(ended: Ended, invariant: str, seen: str) -> None:
    assert any(one.invariant == invariant and seen in one.seen for one in of_the_answer(ended, (1,)))


def test_a_credential_is_found_wherever_it_got(tmp_path: Path) -> None:
    root, outputs = tmp_path / "project", tmp_path / "run"
    cloud = root / SANDBOX / "state"
    bucket = cloud / "s3" / "111111111111" / BUCKET
    files = (root / ".deploy" / "runs" / "log", outputs / "stderr", bucket / "stacks" / "dev.json", bucket / "old")
    for path in (cloud / "services" / "sts.json", *files):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("nothing", "utf-8")
    session = {"AccessKeyId": "ASIA1", "SecretAccessKey": "a-secret", "SessionToken": "a-token"}
    (cloud / "services" / "sts.json").write_text(json.dumps({"payload": {"sessions": {"ASIA1": session}}}), "utf-8")
    assert list(of_secrets(root, outputs)) == []
    for path, secret in zip(files, ("a-token", "a-secret", "a-token", "a-secret"), strict=True):
        path.write_text(f"it is {secret}", "utf-8")
        assert [one.seen for one in of_secrets(root, outputs)] == [str(path)]
        path.write_text("ASIA1 may be seen", "utf-8")
