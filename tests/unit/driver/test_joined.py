"""A run over several agents: the records of its parts, as one entry, one report and one audit."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.app.history import Records, meant, newest, parts, story
from deploy_driver.app.resume import left_run
from deploy_driver.assurance.audit.run_record import record_of
from deploy_driver.errors import ExitCode, NotReadyError, UsageError
from deploy_driver.record import catalogue as said
from deploy_driver.record.joined import joined_story
from deploy_driver.render.history import as_json as history_as_json
from deploy_driver.render.history import as_text as history_as_text
from deploy_driver.render.report.html import as_html
from deploy_driver.render.report.text import as_json, as_text
from deploy_driver.run.build_info import new_run_id, read_build_info
from deploy_driver.values import Cloud
from tests import records
from tests.carried import gone, printed
from tests.carried import said as refusal
from tests.samples import RUN
from tests.schemas import problems
from tests.unit.driver.test_recalling import FakeArchive, RefusingArchive, known
from tests.unit.driver.test_render import golden
from tests.unit.driver.test_resuming import HERE

WHOLE, OTHER = "20261123-0101-ffffff", "20261122-1200-0a11c2"
DEV, STAGING, PROD = "20261123-0102-aaaaaa", "20261123-0102-bbbbbb", "20261123-0103-cccccc"


def later(seconds: float, *told: records.Told) -> list[records.Told]:
    return [(after + seconds, event) for after, event in told]


def part(stack: str, after: float, *done: records.Told, **more: Any) -> records.Record:
    begun = records.begun(stack, operation="up", part_of=WHOLE, **more)
    return records.record(*later(after, *begun, *done))


WELL = part("dev", 0, *records.step("dev", 2, *records.CALM), (13, said.RunFinished(RUN, 0, 13)))
FAILED = part(
    "staging",
    1,
    (3, said.StepStarted("staging", records.account("staging"), "up", records.role("staging"))),
    (9, said.Diagnostic("staging", "error", records.DENIED)),
    (10, said.StepFinished("staging", "failed", "engine failed", records.DENIED, seconds=7, remedy=records.REMEDY)),
    (10, said.RunFinished(RUN, 1, 10)),
)
NOT_READY = part(
    "prod",
    30,
    (
        1,
        said.CheckFailed("lock", "the stack is locked by jenkins@agent-3 (pid 77)", "wait for that run to end", "prod"),
    ),
    (1, said.RunFinished(RUN, 3, 1, "1 check failed; nothing was touched", "wait for that run to end")),
)
KILLED = part("prod", 30, (3, said.StepStarted("prod", records.account("prod"), "up", records.role("prod"))))
GOOD = part("prod", 30, *records.step("prod", 2), (13, said.RunFinished(RUN, 0, 13)))
Kept = Mapping[str, Sequence[Mapping[str, Any]]]


def there(folder: Path, **kept: records.Record) -> Records:
    """What a fourth place knows: nothing but the state bucket."""
    names = {"dev": DEV, "staging": STAGING, "prod": PROD}
    return known(folder, FakeArchive({OTHER: records.UNCHANGED, **{names[name]: kept[name] for name in kept}}))


def test_several_agents_leave_one_entry(tmp_path: Path) -> None:
    whole, other = newest(there(tmp_path, dev=WELL, staging=FAILED, prod=NOT_READY), Cloud.SANDBOX, 5)
    assert (whole.run, other.run, other.parts) == (WHOLE, OTHER, ())
    assert [(one.run, one.stacks, one.exit_code) for one in whole.parts] == [
        (DEV, ("dev",), 0),
        (STAGING, ("staging",), 1),
        (PROD, ("prod",), 3),
    ]
    assert (whole.exit_code, whole.seconds, whole.began) == (1, 31, "2026-11-23T01:02:00.000+00:00")
    golden("history.joined.txt", history_as_text([whole]) + "\n")
    assert problems("history", json.loads(json.dumps(history_as_json([whole, other])))) == []


def test_an_entry_has_all_its_parts_however_few_runs_are_asked_for(tmp_path: Path) -> None:
    all_of_them = there(tmp_path, dev=WELL, staging=FAILED, prod=GOOD)
    (one,) = newest(all_of_them, Cloud.SANDBOX, 1)
    assert [part.run for part in one.parts] == [DEV, STAGING, PROD]
    assert story(all_of_them, Cloud.SANDBOX, "latest").summary.run == WHOLE


@pytest.mark.parametrize(
    ("prod", "code", "second"),
    [
        (GOOD, 1, f"staging (run {STAGING}): staging failed."),
        (NOT_READY, 1, f"staging (run {STAGING}): staging failed. prod (run {PROD}): It was not ready to begin"),
        (KILLED, None, f"prod (run {PROD}): The record has no end: the run still goes on, or it was"),
    ],
)
def test_a_report_says_of_each_part_how_it_ended(
    tmp_path: Path, prod: records.Record, code: int | None, second: str
) -> None:
    found = story(there(tmp_path, dev=WELL, staging=FAILED, prod=prod), Cloud.SANDBOX, WHOLE)
    assert found.summary.exit_code == code
    text = " ".join(as_text(found).split())
    assert f"up of dev, staging and prod on sandbox, run {WHOLE} " in text
    assert second in text
    assert f"next: deploy audit {WHOLE}" in text
    assert (
        f"{DEV} of dev, exit 0; {STAGING} of staging, exit 1; {PROD} of prod, {'no end' if code is None else 'exit'}"
        in text
    )
    body = json.loads(json.dumps(as_json(found)))
    assert problems("run-report", body) == []
    assert [one["run"] for one in body["parts"]] == [DEV, STAGING, PROD]
    assert all(name in as_html(found) for name in (WHOLE, DEV, STAGING, PROD))
    record = record_of(WHOLE, found)
    assert (record.ended is None, record.ids, len(record.identities)) == (code is None, (DEV, STAGING, PROD), 3)


def test_the_report_of_a_run_over_several_agents(tmp_path: Path) -> None:
    found = story(there(tmp_path, dev=WELL, staging=FAILED, prod=NOT_READY), Cloud.SANDBOX, WHOLE)
    golden("report.joined.txt", as_text(found) + "\n")


def test_all_went_well_when_every_part_did(tmp_path: Path) -> None:
    found = story(there(tmp_path, dev=WELL, prod=GOOD), Cloud.SANDBOX, WHOLE)
    assert "All went well: 1 created, 1 updated." in as_text(found)


def test_a_part_has_a_report_of_its_own_too(tmp_path: Path) -> None:
    found = story(there(tmp_path, dev=WELL, staging=FAILED), Cloud.SANDBOX, DEV)
    assert (found.summary.part_of, found.parts) == (WHOLE, ())
    assert f"part of    run {WHOLE}" in as_text(found)


def test_what_stopped_one_part_stopped_no_other(tmp_path: Path) -> None:
    found = story(there(tmp_path, staging=FAILED, prod=NOT_READY), Cloud.SANDBOX, WHOLE)
    stacks = {one["stack"]: one["cause"] for one in as_json(found)["stacks"]}
    assert stacks == {"staging": records.DENIED, "prod": ""}


@pytest.mark.parametrize("whole", ["../../etc/passwd", "20261121-0101-ffffff", OTHER])
def test_a_record_that_says_it_is_part_of_what_it_cannot_be_stands_alone(tmp_path: Path, whole: str) -> None:
    lying: records.Record = [{**event, **({"part_of": whole} if "part_of" in event else {})} for event in WELL]
    found = newest(there(tmp_path, dev=lying), Cloud.SANDBOX, 5)
    assert [(run.run, run.parts) for run in found] == [(DEV, ()), (OTHER, ())]
    assert parts(there(tmp_path, dev=lying), whole) == []


def test_what_may_lack_a_part_is_not_shown(tmp_path: Path) -> None:
    refused = known(tmp_path, RefusingArchive({DEV: WELL, STAGING: FAILED}))
    with pytest.raises(NotReadyError, match="AccessDenied"):
        story(refused, Cloud.SANDBOX, WHOLE)


def test_where_one_record_is_needed_its_run_is_to_be_named(tmp_path: Path) -> None:
    both = there(tmp_path, dev=WELL, staging=FAILED)
    with pytest.raises(UsageError) as caught:
        left_run(both, HERE, WHOLE)
    named = printed(remedies.NAME_PART, str(caught.value.remedy))["parts"]
    assert named == f"{DEV} (dev), {STAGING} (staging)"
    assert meant(both, named.split()[0]) == DEV
    left = left_run(both, HERE, named.split()[2])
    assert left
    gone(remedies.NAME_PART, "\n".join(one.stack for one in left.left))


@pytest.mark.parametrize("said_to_be", ["x", "$(id)", "20261121-0101-ffffff", "20261124-0301-ffffff", f"{WHOLE}\n"])
def test_a_run_is_part_of_nothing_that_is_no_run_of_this_day(said_to_be: str) -> None:
    """An id that a job always has would make one run of all its builds."""
    with pytest.raises(UsageError) as caught:
        read_build_info({"DEPLOY_PART_OF": said_to_be}, "", RUN)
    remedy = printed(remedies.NEW_WHOLE, str(caught.value.remedy)).text
    made = subprocess.run(
        ["bash", "-c", f"{remedy.split('`')[1]}; echo $DEPLOY_PART_OF"], capture_output=True, check=True
    )
    new = made.stdout.decode().strip()
    assert read_build_info({"DEPLOY_PART_OF": new}, "", new_run_id(time.time())).part_of == new
    gone(remedies.NEW_WHOLE, refusal(lambda: read_build_info({"DEPLOY_PART_OF": new}, "", new_run_id(time.time()))))


@pytest.mark.parametrize(("codes", "worst"), [((0, 4, 1), 1), ((3, 0), 3), ((0, 5), 5), ((0, 77), 77), ((1, 130), 130)])
def test_the_whole_ends_as_the_worst_of_its_parts(codes: Sequence[int], worst: int) -> None:
    ended = [part("dev", 0, (1, said.RunFinished(RUN, code, 1))) for code in codes]
    assert joined_story(WHOLE, [records.story(one) for one in ended]).summary.exit_code == worst


def test_every_exit_code_has_a_place() -> None:
    for code in ExitCode:
        ended = [part("dev", 0, (1, said.RunFinished(RUN, each, 1))) for each in (code, ExitCode.DONE)]
        assert joined_story(WHOLE, [records.story(one) for one in ended]).summary.exit_code == code
