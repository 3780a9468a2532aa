"""The result as JSON is what the published schema says: no more, no less, and in the words that it lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy_driver.plan.affected import Change, Selection, TouchedFile, affected
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.render.result import as_json
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.values import Layer, Operation
from tests import previews
from tests.samples import stack, tools_stack
from tests.schemas import problems, validator
from tests.unit.driver.test_render import OUTCOME, golden


def shown(outcome: RunOutcome) -> Any:
    return json.loads(json.dumps(as_json(outcome, exit_code=0)))


@pytest.mark.parametrize(
    "outcome", [OUTCOME, previews.SMALL, previews.DANGEROUS, previews.huge(40), previews.preview()]
)
def test_a_result_is_what_the_schema_says(outcome: RunOutcome) -> None:
    assert problems("run-result", shown(outcome)) == []


def test_how_the_stacks_were_chosen_is_what_the_schema_says() -> None:
    change = Change("origin/main", ("1a2b3c",), (TouchedFile("Pulumi.dev.yaml"),))
    selection = Selection(change, Layer.SERVICE, affected(change, (tools_stack(), stack()), "infra"))
    result = json.loads(json.dumps(as_json(previews.SMALL, exit_code=0, selection=selection)))
    assert problems("run-result", result) == []
    assert [(one["stack"], one["selected"]) for one in result["selection"]["affected"]] == [
        ("tools", False),
        ("dev", True),
    ]


def test_the_schema_lists_every_word_there_is() -> None:
    stack = validator("run-result").schema["$defs"]["stack"]["properties"]  # type: ignore[index]
    assert stack["result"]["enum"] == [word.value for word in Result]
    assert stack["reason"]["enum"] == [word.value for word in Reason]
    assert validator("run-result").schema["properties"]["operation"]["enum"] == [word.value for word in Operation]  # type: ignore[index]


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda result: result["stacks"][0].pop("account"), "$.stacks[0]"),
        (lambda result: result["stacks"][0].update(more=1), "$.stacks[0]"),
        (lambda result: result["stacks"][0].update(result="fine"), "$.stacks[0].result"),
        (lambda result: result["stacks"][0]["changes"].update(create=-1), "$.stacks[0].changes.create"),
        (
            lambda result: result["stacks"][0]["resources"][0]["diffs"][0].update(kind="?"),
            "$.stacks[0].resources[0].diffs[0].kind",
        ),
        (
            lambda result: result["stacks"][0]["resources"][0]["diffs"][0].pop("old"),
            "$.stacks[0].resources[0].diffs[0]",
        ),
    ],
)
def test_anything_else_is_not(spoil: Any, where: str) -> None:
    result = shown(previews.DANGEROUS)
    spoil(result)
    assert [problem.split(": ")[0] for problem in problems("run-result", result)] == [where]


def test_a_preview_as_json() -> None:
    golden("preview.json", json.dumps(as_json(previews.DANGEROUS, exit_code=1), indent=2, ensure_ascii=False) + "\n")


def test_a_preview_as_json_shows_nothing_secret() -> None:
    text = json.dumps(as_json(previews.SMALL, exit_code=0))
    assert '"abc"' not in text
    assert "[redacted]" in text
    assert "[secret]" in text
    assert "[unknown]" in text
