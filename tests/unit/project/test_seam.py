"""What a program answers is what was asked for, or the key is named that is missing or wrong."""

from __future__ import annotations

from typing import Any

import pytest

from deploy_project.seam import DOCUMENTS, INVENTORY, NEEDS, PROBLEMS, AnswerError, answer
from deploy_project.written import Problem

MADE: dict[str, Any] = {
    "roles": {"deployment": {"name": "items-dev-deployment", "maxSession": 3600}},
    "boundary": "b",
    "trail": "t",
    "buckets": {"trail": "deploy-trail"},
    "functions": {},
    "logGroups": {"api": "/aws/lambda/x"},
    "runsAs": {},
    "things": [],
}


def test_plain_data_becomes_what_was_asked_for() -> None:
    made = answer(MADE, INVENTORY)
    assert (made.roles["deployment"].max_session, made.buckets["trail"], made.log_groups["api"]) == (
        3600,
        "deploy-trail",
        "/aws/lambda/x",
    )
    place = {"file": "Pulumi.dev.yaml", "line": 3, "column": 1, "key": "items:memory", "what": "wrong"}
    assert answer([place], PROBLEMS) == (Problem("Pulumi.dev.yaml", 3, 1, "items:memory", "wrong"),)
    assert answer({"boundary": {"Version": "2012-10-17"}}, DOCUMENTS) == {"boundary": {"Version": "2012-10-17"}}


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({key: value for key, value in MADE.items() if key != "logGroups"}, "logGroups: missing"),
        (MADE | {"roles": {"deployment": {"name": "x"}}}, "roles.deployment.maxSession: missing"),
        (MADE | {"roles": {"a": {"name": "x", "maxSession": "3600"}}}, "roles.a.maxSession: input should be a valid"),
        (MADE | {"buckets": None}, "buckets: input should be a"),
        (None, "the answer: input should be a dictionary"),
    ],
)
def test_what_is_missing_or_wrong_is_named(said: object, what: str) -> None:
    with pytest.raises(AnswerError) as caught:
        answer(said, INVENTORY)
    assert str(caught.value).startswith(what)


def test_a_need_without_its_action_is_named_by_its_place() -> None:
    with pytest.raises(AnswerError, match=r"0\.action: missing"):
        answer([{"role": "deployment"}], NEEDS)
