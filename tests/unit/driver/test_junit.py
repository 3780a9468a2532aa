"""A run as JUnit XML: what every reader of it relies on, whatever became of the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.cli.output import reported
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.record import catalogue as said
from deploy_driver.record.stream import Envelope
from deploy_driver.render.junit import as_xml
from deploy_driver.values import Changes, ResourceChange
from deploy_project.remedy import Remedy
from tests.samples import ACCOUNTS, RUN
from tests.unit.driver.test_render import BUCKET, golden

ROLE = "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"
STARTED = said.RunStarted(RUN, "up", "sandbox", ("dev", "staging", "prod"), "3.250.0", "7.51.1")
CHECKS = (
    said.CheckStarted("identity"),
    said.CheckStarted("role", "dev"),
    said.CheckPassed("identity", "arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-1"),
    said.CheckPassed("role", f"{ROLE} in 222222222222", "dev"),
)
DEV = (
    said.StepStarted("dev", ACCOUNTS["dev"], "up", ROLE),
    said.ResourceStarted("dev", ResourceChange(BUCKET, "create"), preview=True),
    said.Previewed("dev", Changes(create=1)),
    said.ResourceStarted("dev", ResourceChange(BUCKET, "create")),
    said.ResourceDone("dev", ResourceChange(BUCKET, "create"), seconds=1),
    said.SmokeTested("dev", "https://abc.example", "7", ACCOUNTS["dev"]),
    said.StepFinished("dev", "succeeded", "changed", changes=Changes(create=1), seconds=5),
)
STAGING = said.StepStarted("staging", ACCOUNTS["staging"], "up", "")


def heard(*events: said.Event) -> Sequence[Envelope]:
    """The events, one second apart."""
    return [Envelope(RUN, number, 1795395720.0 + number, event) for number, event in enumerate(events, 1)]


def cases(*events: said.Event, problem: BaseException | None = None) -> dict[str, str]:
    """What a reader sees: `suite/case` and how it ended."""
    root = ET.fromstring(as_xml(heard(*events), problem))  # noqa: S314 -- our own document
    found = {}
    for suite in root:
        kinds = [
            case[0].tag if len(case) and case[0].tag != "system-out" else "passed" for case in suite.iter("testcase")
        ]
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(kinds.count(kind))
        assert suite.get("tests") == str(len(kinds))
        for case, kind in zip(suite.iter("testcase"), kinds, strict=True):
            found[f"{suite.get('name')}/{case.get('name')}"] = kind
    assert root.get("tests") == str(len(found))
    return found


def test_the_smoke_test_is_a_case_and_where_there_is_none_it_is_skipped_and_says_why() -> None:
    step, made = said.StepStarted("dev", ACCOUNTS["dev"], "up", ""), said.StepFinished("dev", "succeeded", "changed")
    started = said.RunStarted(RUN, "up", "aws", ("dev",), "engine", "plugin")
    tested = said.SmokeTested("dev", "", "", "", "command", "pytest -q smoke/", "ended with exit code 0: 3 passed")
    with_one = as_xml(heard(started, step, tested, made))
    assert '<testcase classname="deploy.dev" name="smoke test"' in with_one
    assert "<system-out>pytest -q smoke/ ended with exit code 0: 3 passed</system-out>" in with_one
    without = as_xml(heard(started, step, said.NotSmokeTested("dev", "none is configured"), made))
    assert '<skipped message="none is configured" />' in without


def test_a_run_in_which_a_smoke_test_fails() -> None:
    failed = said.StepFinished(
        "staging", "failed", "smoke test failed", "no answer after 60 s", Changes(), 61, "look at the log group"
    )
    golden("junit.xml", as_xml(heard(STARTED, *CHECKS, *DEV, STAGING, failed, said.RunFinished(RUN, 1, 70))))


def test_a_stack_that_succeeded_has_only_passed_cases() -> None:
    found = cases(STARTED, *CHECKS, *DEV)
    dev = {name: kind for name, kind in found.items() if name.startswith("dev/")}
    assert dev == dict.fromkeys(("dev/check: role", "dev/preview", "dev/gates", "dev/up", "dev/smoke test"), "passed")


def test_a_failed_engine_fails_the_operation_and_skips_what_follows() -> None:
    end = said.StepFinished("staging", "failed", "engine failed", "AccessDenied", remedy="grant it")
    found = cases(STARTED, *DEV, STAGING, said.Diagnostic("staging", "error", "AccessDenied: s3"), end)
    assert found["staging/up"] == "failure"
    assert found["prod/up"] == "skipped"
    text = as_xml(heard(STARTED, STAGING, said.Diagnostic("staging", "error", "AccessDenied: s3"), end))
    assert "AccessDenied: s3" in text
    assert "what to do: grant it" in text
    assert "not run, because staging failed: engine failed" in text


@pytest.mark.parametrize(
    ("result", "reason", "case", "kind"),
    [
        ("refused", "over a limit", "gates", "failure"),
        ("refused", "declined", "gates", "failure"),
        ("interrupted", "stopped on request", "up", "error"),
    ],
)
def test_a_refusal_is_a_gate_s_and_an_interruption_an_error(result: str, reason: str, case: str, kind: str) -> None:
    found = cases(STARTED, STAGING, said.Previewed("staging", Changes()), said.StepFinished("staging", result, reason))
    assert found[f"staging/{case}"] == kind


def test_a_preview_that_fails_before_an_up_is_not_the_up_s_failure() -> None:
    look = said.ResourceStarted("staging", ResourceChange(BUCKET, "create"), preview=True)
    found = cases(STARTED, STAGING, look, said.StepFinished("staging", "failed", "engine failed", "x"))
    assert found["staging/preview"] == "failure"
    assert "staging/up" not in found


def test_a_preview_is_one_case() -> None:
    started = said.RunStarted(RUN, "preview", "sandbox", ("dev",), "3", "7")
    step = said.StepStarted("dev", ACCOUNTS["dev"], "preview", ROLE)
    found = cases(started, step, DEV[1], DEV[2], said.StepFinished("dev", "succeeded", "previewed"))
    assert found == {"dev/preview": "passed"}


def test_a_failed_check_skips_every_stack() -> None:
    found = cases(STARTED, said.CheckFailed("lock", "locked\n  by jenkins", "wait", "prod"), problem=NotReadyError("x"))
    assert found == {"dev/up": "skipped", "staging/up": "skipped", "prod/check: lock": "failure", "prod/up": "skipped"}


def test_a_run_that_was_killed_says_where() -> None:
    assert cases(STARTED, STAGING)["staging/up"] == "error"


def test_a_run_that_did_not_begin_is_an_error_with_its_way_out() -> None:
    problem = UsageError("no stack is named", remedy=Remedy("pass --all"))
    assert cases(problem=problem) == {"deploy/run": "error"}
    assert "what to do: pass --all" in as_xml([], problem)


@given(st.text().filter(lambda text: text != said.Reason.SMOKE_TEST_FAILED))
def test_whatever_is_said_the_document_can_be_read(text: str) -> None:
    events = (
        STARTED,
        said.CheckFailed(text, text, text, "dev"),
        said.StepStarted("dev", text, "up", text),
        said.Diagnostic("dev", "error", text),
        said.StepFinished("dev", "failed", text, text, remedy=text),
    )
    assert cases(*events, problem=NotReadyError(text))["dev/up"] == "failure"


def test_nothing_secret_and_no_markup_is_in_it() -> None:
    end = said.StepFinished("staging", "failed", "]]><a b='", "AKIAIOSFODNN7EXAMPLE & <x> \x1b[31mred")
    text = as_xml(heard(STARTED, STAGING, end))
    assert "AKIA" not in text
    assert "<x>" not in text
    assert "\x1b" not in text


def test_the_file_is_written_whatever_ends_the_run(tmp_path: Path) -> None:
    for number, error in enumerate((UsageError("no"), KeyboardInterrupt(), RuntimeError("bug"))):
        file = tmp_path / "new" / f"{number}.xml"
        with pytest.raises(type(error)), reported(file):
            raise error
        assert ET.parse(file).getroot().get("errors") == "1"  # noqa: S314 -- our own document


def test_an_exit_on_purpose_is_no_error(tmp_path: Path) -> None:
    def run() -> None:
        with reported(tmp_path / "a.xml") as (listener,):
            for envelope in heard(STARTED, *DEV):
                listener(envelope)
            raise typer.Exit(1)

    with pytest.raises(typer.Exit):
        run()
    assert ET.parse(tmp_path / "a.xml").getroot().get("errors") == "0"  # noqa: S314 -- our own document


def test_a_file_that_cannot_be_is_said_before_anything_begins(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"), reported(tmp_path / "file" / "a.xml"):
        pytest.fail("the run began")


def test_nothing_is_heard_and_written_where_no_file_is_asked_for(tmp_path: Path) -> None:
    with reported(None) as listeners:
        assert listeners == ()
    assert list(tmp_path.iterdir()) == []
