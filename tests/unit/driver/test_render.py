"""What a run says while it goes on and at its end, as people read it; the golden files are the promised pictures."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from deploy_driver.cli.options import RunOutput
from deploy_driver.errors import ExitCode
from deploy_driver.record import catalogue as said
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.record.stream import Envelope
from deploy_driver.render.lines import LineRenderer
from deploy_driver.render.live import LiveRenderer
from deploy_driver.render.result import FORMS, as_json, as_text
from deploy_driver.render.text import did, doing, duration, table
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, ChosenSmokeTest, Granted, Operation, ResourceChange, SessionLength, SmokeKind
from tests.samples import ACCOUNTS, RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = Path(__file__).parents[2] / "golden"
BUCKET = "urn:pulumi:dev::items::deploy:service:Items$aws:s3/bucket:Bucket::data"
HEALTH = "https://abc.example/health"
ROLE = "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"


def change(op: str, urn: str = BUCKET) -> ResourceChange:
    return ResourceChange(urn, op)


EVENTS: Sequence[said.Event] = (
    said.RunStarted(
        RUN, "up", "sandbox", ("dev", "prod"), "3.250.0 (built)", "7.51.1 (stand-in)", "http://127.0.0.1:4566"
    ),
    said.CheckStarted("identity"),
    said.CheckPassed("identity", "arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-1"),
    said.CheckFailed("lock", "the stack is locked by jenkins@agent-3 (pid 77)", "wait for it", "prod"),
    said.SessionNegotiated("dev", 3600, 3600, Granted.AS_ASKED),
    said.SessionNegotiated("prod", 43_200, 3600, Granted.CHAINED),
    said.StepStarted("dev", ACCOUNTS["dev"], "up", ROLE),
    said.Progress("previewing first: an approval asks for it", "dev"),
    said.ResourceStarted("dev", change("create"), preview=True),
    said.ResourceDone("dev", change("create"), preview=True),
    said.Previewed("dev", Changes(create=1, same=2), (change("create"), change("same"))),
    said.ResourceStarted("dev", change("create")),
    said.ResourceDone("dev", change("create"), seconds=2.4),
    said.ResourceStarted("dev", change("same")),
    said.ResourceStarted("dev", change("update")),
    said.ResourceDone("dev", change("update"), failed=True),
    said.Diagnostic("dev", "error", "AccessDenied: not allowed\nto do that", BUCKET),
    said.SmokeTestStarted("dev", "https://abc.example", SmokeKind.COMMAND, "pytest -q smoke/"),
    said.SmokeTested(
        "dev", "https://abc.example", "7", ACCOUNTS["dev"], SmokeKind.HEALTH, HEALTH, "answers 200: version 7"
    ),
    said.NotSmokeTested("dev", "none is configured, and the stack has no output `url` to ask"),
    said.StepFinished("dev", "failed", "engine failed", "AccessDenied: not allowed", Changes(create=1), 65.2),
    said.RunFinished(RUN, 1, 65.3),
)

OUTCOME = RunOutcome(
    RUN,
    Operation.UP,
    (
        StepOutcome(
            "dev",
            ACCOUNTS["dev"],
            Result.SUCCEEDED,
            Reason.CHANGED,
            changes=Changes(create=11, same=1),
            resources=(change("create"),),
            outputs={"url": "https://abc.example", "token": "[secret]", "limit": 3},
            smoke_test=ChosenSmokeTest(SmokeKind.HEALTH, HEALTH),
            session=SessionLength(43_200, 3600, Granted.CHAINED),
            seconds=42.04,
        ),
        StepOutcome(
            "staging",
            ACCOUNTS["staging"],
            Result.FAILED,
            Reason.SMOKE_TEST_FAILED,
            cause="https://def.example/health does not answer after 60 s: connection refused",
            remedy="look at the function's log group in 333333333333",
            changes=Changes(update=1),
            outputs={"url": "https://def.example"},
            smoke_test=ChosenSmokeTest(SmokeKind.HEALTH, "https://def.example/health"),
            seconds=185.0,
        ),
        StepOutcome(
            "prod", ACCOUNTS["prod"], Result.NOT_RUN, Reason.EARLIER_STACK, cause="staging failed: smoke test failed"
        ),
    ),
    seconds=227.1234,
)


def lines(*events: said.Event) -> list[str]:
    stream = io.StringIO()
    render = LineRenderer(stream)
    for number, event in enumerate(events, 1):
        render(Envelope(RUN, number, 1795395720.0, event))
    return stream.getvalue().splitlines()


def golden(name: str, text: str) -> None:
    """Compare with the kept picture. After a change that is meant: remove the file, run again, look at it, commit it."""
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text, "utf-8")
        pytest.fail(f"{path} was not there and has been written: look at it and run again")
    assert text == path.read_text("utf-8")


def test_a_run_as_lines() -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(1795395720.0))
    golden("run.lines.txt", "\n".join(lines(*EVENTS)).replace(clock, "HH:MM:SS") + "\n")


def test_the_result_as_a_table() -> None:
    golden("result.txt", as_text(OUTCOME) + "\n")


def test_the_table_says_how_each_stack_is_tested_and_has_no_column_where_none_was_deployed() -> None:
    first, *_ = OUTCOME.steps
    tests = [replace(first, smoke_test=ChosenSmokeTest(kind, "")) for kind in SmokeKind]
    head, *rows = as_text(replace(OUTCOME, steps=(*tests, replace(first, smoke_test=None)))).splitlines()
    place = head.index("SMOKE TEST")
    assert [row[place:].strip() for row in rows[: rows.index("")]] == ["health", "command", "none", ""]
    assert rows[rows.index("") + 1 :] == ["dev: https://abc.example"] * 4
    assert "SMOKE TEST" not in as_text(replace(OUTCOME, steps=(replace(first, smoke_test=None),)))


def test_the_result_as_json() -> None:
    golden("result.json", json.dumps(as_json(OUTCOME, exit_code=ExitCode.FAILED), indent=2) + "\n")


def test_every_line_has_its_time_and_stack() -> None:
    for line in lines(said.Diagnostic("dev", "error", "one\r\ntwo\n\nthree")):
        assert line[2:3] == line[5:6] == ":"
        assert line[9:13] == "dev "


def test_what_only_machines_want_to_know_is_no_line() -> None:
    assert lines(said.CheckStarted("role", "dev"), said.ResourceStarted("dev", change("same")), said.Event()) == []


def test_nothing_secret_is_in_a_line() -> None:
    assert "[redacted]" in lines(said.Progress("AKIAIOSFODNN7EXAMPLE"))[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (0.84, "0.8 s"), (9.94, "9.9 s"), (42.4, "42 s"), (60, "1 min 00 s"), (185, "3 min 05 s")],
)
def test_durations_are_short_where_it_does_not_matter(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_operation_that_nobody_has_a_word_for_is_said_as_it_is() -> None:
    assert (doing("create"), did("create")) == ("creating", "created")
    assert (doing("discard"), did("discard")) == ("discard", "discard")


def test_a_table_without_rows_is_its_header() -> None:
    assert table(["A", "LONG"], []) == "A  LONG"


def test_the_result_shows_no_secret_and_no_control_character() -> None:
    bad = "AKIAIOSFODNN7EXAMPLE\x1b[31m\n\x07"
    outcome = RunOutcome(
        RUN,
        Operation.UP,
        (
            StepOutcome(
                "dev", "222222222222", Result.FAILED, Reason.ENGINE_FAILED, cause=bad, outputs={"url": bad, "x": [bad]}
            ),
        ),
    )
    text, shown = as_text(outcome), json.dumps(as_json(outcome, exit_code=1))
    for picture in (text, shown):
        assert "AKIA" not in picture
        assert "\x1b" not in picture
    assert text.splitlines()[3].endswith("[redacted]")


def drawn(*events: said.Event, width: int = 100) -> str:
    """What a person has on the screen after these events."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    live = LiveRenderer(console)
    for number, event in enumerate(events, 1):
        live(Envelope(RUN, number, 0.0, event))
    console.print(live.picture())
    live.close()
    return console.export_text()


def picture(*events: said.Event, width: int = 100, height: int = 25) -> list[str]:
    """The last picture alone."""
    console = Console(record=True, width=width, file=io.StringIO(), color_system=None)
    live = LiveRenderer(Console(file=io.StringIO(), width=width, height=height))
    for number, event in enumerate(events, 1):
        live(Envelope(RUN, number, 0.0, event))
    live.close()
    console.print(live.picture())
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_before_the_first_step_the_checks_are_counted() -> None:
    assert picture(*EVENTS[:3]) == [
        "·  dev     waiting",
        "·  prod    waiting",
        "checking everything first: 1 passed",
    ]


def test_a_running_stack_says_what_it_does_now_and_the_others_wait() -> None:
    dev, prod, sum_of_it = picture(*EVENTS[:12])
    assert sum_of_it.startswith("0 of 2 stacks done, 0.")
    assert "dev" in dev
    assert "222222222222" in dev
    assert dev.endswith("creating data")
    assert prod.endswith("waiting")


def test_a_preview_is_not_said_as_done() -> None:
    assert picture(*EVENTS[:10])[0].endswith("would create data")


def test_a_resource_that_failed_is_not_said_as_done() -> None:
    assert picture(*EVENTS[:16])[0].endswith("FAILED updating data")


def test_a_finished_stack_says_how_it_ended() -> None:
    first = picture(*EVENTS)[0]
    assert first.startswith("✗  dev")
    assert first.endswith("engine failed: AccessDenied: not allowed")


def test_a_long_cause_is_cut_so_that_every_stack_stays_a_row() -> None:
    end = said.StepFinished("dev", "failed", "engine failed", "x " * 200)
    rows = picture(*EVENTS[:7], end, width=60)
    assert len(rows) == 2
    assert rows[0].endswith("…")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_of_more_stacks_than_there_are_lines_those_that_run_or_failed_have_a_row_and_the_others_are_counted(
    width: int, height: int
) -> None:
    names = tuple(f"team-{number:03}" for number in range(100))
    events: list[said.Event] = [said.RunStarted(RUN, "up", "aws", names, "e", "p")]
    events += [said.StepStarted(name, "222222222222", "up", "") for name in names[:64]]
    results = dict.fromkeys(names[:60], "succeeded") | {"team-020": "failed", "team-040": "refused"}
    events += [said.StepFinished(name, result, "changed") for name, result in results.items()]
    rows = picture(*events, width=width, height=height)
    assert [row.split()[1:4:2] for row in rows[:-2]] == [
        ["team-020", "failed"],
        ["team-040", "refused"],
        *(["team-0" + number, "up"] for number in ("60", "61", "62", "63")),
    ]
    assert rows[-2] == "58 succeeded, 36 waiting"
    assert rows[-1].startswith("60 of 100 stacks done, ")


@pytest.mark.parametrize(("failed", "running"), [(100, 0), (0, 100), (50, 50), (95, 5), (5, 95)])
def test_a_picture_fits_the_terminal_whatever_becomes_of_many_stacks(failed: int, running: int) -> None:
    names = tuple(f"team-{number:03}" for number in range(failed + running))
    events: list[said.Event] = [said.RunStarted(RUN, "up", "aws", names, "e", "p")]
    events += [said.StepStarted(name, "222222222222", "up", "") for name in names]
    events += [said.StepFinished(name, "failed", "engine failed", "x" * 300) for name in names[:failed]]
    rows = picture(*events, width=80, height=24)
    assert len(rows) < 24
    assert sum("✗" in row for row in rows) >= min(failed, 10)
    assert sum(" up " in row for row in rows[:-2]) >= min(running, 5)


def test_what_a_person_must_not_miss_stays_above_the_picture() -> None:
    screen = drawn(*EVENTS)
    for text in (
        "up of dev, prod on sandbox at http://127.0.0.1:4566",
        "prod: lock FAILED: the stack is locked by jenkins@agent-3",
        "dev: preview: 1 to create",
        "error: AccessDenied: not allowed",
        "smoke test: https://abc.example/health answers 200: version 7",
        "no smoke test: none is configured",
    ):
        assert text in screen


def test_a_session_that_is_shorter_than_asked_stays_on_the_screen() -> None:
    screen = drawn(*EVENTS)
    assert "prod: session of 3600 s instead of 43200 s" in screen
    assert "dev: session" not in screen


def test_a_picture_shows_no_secret_and_runs_no_markup() -> None:
    screen = drawn(
        said.RunStarted(RUN, "up", "aws", ("dev",), "e", "p"),
        said.StepStarted("dev", "[bold]1[/bold]", "up", ""),
        said.StepFinished("dev", "failed", "x", "AKIAIOSFODNN7EXAMPLE [red]y[/red]"),
    )
    assert "AKIA" not in screen
    assert "[red]y[/red]" in screen
    assert "[bold]1[/bold]" in screen


def test_each_form_that_a_run_can_have_has_its_renderer() -> None:
    assert set(FORMS) == {form.value for form in RunOutput}
    assert FORMS["text"](OUTCOME, 1, None) == as_text(OUTCOME)
    assert json.loads(FORMS["json"](OUTCOME, 1, None)) == json.loads(json.dumps(as_json(OUTCOME, exit_code=1)))
