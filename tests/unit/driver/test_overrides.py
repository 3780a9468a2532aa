"""Who overrides a gate, or lets data go that a stack guards, says why; it is on record, and everybody is shown it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.app.deploy import Options, require_reason
from deploy_driver.app.session import LocalProject
from deploy_driver.choices import Overridable
from deploy_driver.config.environment import Machine
from deploy_driver.config.load import load
from deploy_driver.errors import ExitCode, UsageError
from deploy_driver.record.catalogue import GateOverridden, PlanApproved, Reason, Result
from deploy_driver.render import history, result
from deploy_driver.render.lines import words
from deploy_driver.render.report import text
from deploy_driver.render.report.html import as_html
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Operation, Stack
from tests import records
from tests.samples import RUN, access_stack, project, stack

WINDOW = (Overridable.WINDOW,)
LIMITED, APPROVED = stack("prod", max_deletes=1), stack("prod", approve=True)
UP = Options(Operation.UP)


def said(tmp_path: Path, options: Options, chosen: Stack, **environment: str) -> str:
    """What is said against it; empty where nothing is."""
    opened = LocalProject(Machine(environment), load(project(tmp_path), {}))
    with suppress(UsageError):
        require_reason(opened, options, [chosen])
        return ""
    with pytest.raises(UsageError) as caught:
        require_reason(opened, options, [chosen])
    assert caught.value.exit_code is ExitCode.USAGE
    assert '--reason "WHY IT CANNOT WAIT"' in caught.value.remedy
    return caught.value.what


@pytest.mark.parametrize(
    ("options", "chosen", "expected"),
    [
        (replace(UP, overrides=WINDOW), stack("dev"), "--override window needs a reason"),
        (replace(UP, overrides=WINDOW, reason="  "), stack("dev"), "--override window needs a reason"),
        (replace(UP, allowed=("all",)), LIMITED, "--allow-delete in prod, which deploy.toml guards, needs a reason"),
        (replace(UP, allowed=("all",)), APPROVED, "--allow-delete in prod, which deploy.toml guards, needs a reason"),
        (replace(UP, allowed=("urn:pulumi:prod::items::a:b/c:D::e",)), LIMITED, "--allow-delete in prod"),
        (replace(UP, allowed=("urn:pulumi:dev::items::a:b/c:D::e",)), LIMITED, ""),
        (replace(UP, allowed=("all",)), stack("dev"), ""),
        (replace(UP, allowed=("all",)), access_stack(), ""),
        (UP, LIMITED, ""),
        (replace(UP, overrides=WINDOW, reason="orders are lost"), stack("dev"), ""),
        (replace(UP, allowed=("all",), reason="moved"), LIMITED, ""),
    ],
)
def test_what_is_overridden_needs_a_reason(tmp_path: Path, options: Options, chosen: Stack, expected: str) -> None:
    assert expected in said(tmp_path, options, chosen)
    assert bool(said(tmp_path, options, chosen)) is bool(expected)


def test_the_build_s_reason_is_one(tmp_path: Path) -> None:
    assert said(tmp_path, replace(UP, overrides=WINDOW), stack("dev"), DEPLOY_REASON="hot fix") == ""


EVENT = GateOverridden("prod", Overridable.FREEZE, "orders are lost", "alice")
LINE = "overrode freeze: orders are lost (alice)"


def test_the_console_and_the_result_say_it() -> None:
    step = StepOutcome("prod", "444444444444", Result.SUCCEEDED, Reason.CHANGED, overridden=(EVENT,))
    outcome = RunOutcome(RUN, Operation.UP, (step,))
    assert words(EVENT) == LINE
    assert f"prod: {LINE}" in result.as_text(outcome)
    (shown,) = result.as_json(outcome, exit_code=0)["stacks"]
    assert shown["overridden"] == [{"gate": "freeze", "why": "orders are lost", "by": "alice"}]


def test_the_report_its_page_and_the_history_say_it() -> None:
    story = records.story(records.record(*records.begun("dev", "prod"), (1.0, EVENT)))
    assert LINE in text.as_text(story)
    assert text.as_json(story)["stacks"][1]["overridden"] == [
        {"gate": "freeze", "why": "orders are lost", "by": "alice"}
    ]
    assert "overrode freeze</span> orders are lost" in as_html(story)
    assert "overrode prod freeze" in " ".join(history.as_text([story.summary]).split())
    assert history.as_json([story.summary])["runs"][0]["overridden"] == ["prod freeze"]


def test_where_nothing_was_overridden_nothing_is_said() -> None:
    story = records.story(records.record(*records.begun("dev", "prod")))
    page = as_html(story)
    assert "overrode" not in text.as_text(story) + history.as_text([story.summary]) + page


def test_who_has_approved_a_plan_is_in_the_report_and_the_history() -> None:
    approved = PlanApproved(f"sha256:{'0' * 64}", "eve", "AROAROLE:eve", "approvers", "2026-11-23T01:02:00+00:00")
    story = records.story(records.record(*records.begun("prod"), (1.0, approved)))
    assert "eve approved the plan sha256:000000000000 as approvers, 2026-11-23T01:02:00+00:00" in text.as_text(story)
    assert [one["who"] for one in text.as_json(story)["approvals"]] == ["eve"]
    assert "approved by eve" in " ".join(history.as_text([story.summary]).split())
    assert "approved by eve (AROAROLE:eve) as approvers" in words(approved)
