"""Settings that are given to one run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_driver.app.config import for_one_run
from deploy_driver.errors import UsageError
from deploy_driver.plan.plan import make_plan
from deploy_driver.render.report.text import as_json, as_text
from deploy_driver.values import Operation
from tests import records
from tests.samples import facts, stack


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ((), {}),
        (("note=1", "other:b.c=x"), {"items:note": "1", "other:b.c": "x"}),
        (("note=a=b",), {"items:note": "a=b"}),
        (("note=",), {"items:note": ""}),
        (("deployment:x=1",), {"deployment:x": "1"}),
    ],
)
def test_keys_get_the_project_s_namespace(given: tuple[str, ...], settings: dict[str, str]) -> None:
    assert for_one_run(given, "items") == settings


@pytest.mark.parametrize("given", ["note", "=1", "a b=1", "a:b:c=1", "deploy:account=1", "pulumi:x=1", "note=\udcff"])
def test_what_is_no_setting_of_the_program_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        for_one_run([given], "items")


def test_they_go_before_the_file_and_never_before_the_facts_of_the_run() -> None:
    (step,) = make_plan(Operation.UP, [stack("dev")]).steps
    given = replace(facts(), settings={"items:note": "1", "deploy:enterAs": "preview"})
    assert given.request(step).facts == {**facts().request(step).facts, "items:note": "1"}


def test_the_report_says_which_keys() -> None:
    with_keys = records.story(records.record(*records.begun("dev", config=("items:note", "items:b"))))
    assert as_json(with_keys)["config"] == ["items:note", "items:b"]
    assert "items:note, items:b (for this run only)" in as_text(with_keys)
    without = records.story(records.record(*records.begun("dev")))
    assert as_json(without)["config"] == []
    assert "for this run only" not in as_text(without)
