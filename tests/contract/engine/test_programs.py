"""What becomes of a program that fails, prints or uses what it should not."""

from __future__ import annotations

import os
import threading

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.engine.program import MOST_LINES, NOTHING_DECLARED
from deploy_driver.errors import UsageError
from deploy_driver.record.catalogue import Diagnostic, ResourceDone, ResourceStarted
from deploy_driver.values import EngineStatus
from tests.contract.engine.conftest import Bench

pytestmark = pytest.mark.engine

HEAD = 8
"""Lines before the body of a program."""


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ('raise ValueError("too {small}")', f"program/__main__.py:{HEAD + 2}: ValueError: too {{small}}"),
        ('import sys; sys.exit("no way")', f"program/__main__.py:{HEAD + 2}: the program ended itself: no way"),
        ("import no_such_module", f"program/__main__.py:{HEAD + 2}: ModuleNotFoundError: No module named 'no_such_module'"),
        ("pulumi.Output.from_input(1).apply(lambda one: 1 / 0)", f"program/__main__.py:{HEAD + 2}: ZeroDivisionError: division by zero"),
        ('raise pulumi.RunError("Pulumi.dev.yaml: items:memory: too small")', "Pulumi.dev.yaml: items:memory: too small"),
        ('config.require("nothing")', "Missing required configuration variable 'probe:nothing'"),
    ],
)  # fmt: skip
def test_a_failing_program_is_a_report_with_its_message_and_line(bench: Bench, body: str, failure: str) -> None:
    bench.program("\n" + body)
    report = bench.call("up")
    assert report.status is EngineStatus.FAILED
    assert report.failure == failure
    (error,) = (diagnostic for diagnostic in bench.said(Diagnostic) if diagnostic.severity == "error")
    assert "Traceback" not in error.message


def test_a_setting_that_is_missing_can_be_set_as_is_said(bench: Bench) -> None:
    bench.program('config.require("size")')
    unset = bench.call("preview")
    assert unset.failure == "Missing required configuration variable 'probe:size'"
    assert unset.remedy == remedies.SET_SETTING.of(key="probe:size", stack="dev")
    bench.program('config.require_secret("token")')
    assert bench.call("preview").remedy == remedies.SET_SECRET_SETTING.of(key="probe:token", stack="dev")


ENDED_ITSELF = f"program/__main__.py:{HEAD + 2}: the program ended itself with exit code 0"
TWO = 'Thing("one", label="one"); Thing("two", label="two")'


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("import sys; sys.exit(0)", ENDED_ITSELF),
        ("import sys; sys.exit()", ENDED_ITSELF),
        ('import sys; Thing("one", label="one"); sys.exit(0)', ENDED_ITSELF),
        ("raise SystemExit", ENDED_ITSELF),
        ("pulumi.Output.from_input(1).apply(lambda _: exit(0))", f"program/__main__.py:{HEAD + 2}: SystemExit: 0"),
        ("", NOTHING_DECLARED),
        ('pulumi.export("only", "an output")', NOTHING_DECLARED),
        ('pulumi.ComponentResource("probe:index:Empty", "one")', NOTHING_DECLARED),
    ],
)  # fmt: skip
def test_a_program_that_did_not_say_everything_deletes_nothing(bench: Bench, body: str, failure: str) -> None:
    bench.program(TWO)
    assert bench.call("up").changes.create == 2
    bench.program("\n" + body)
    report = bench.call("up")
    assert (report.status, report.failure) == (EngineStatus.FAILED, failure)
    bench.program(TWO)
    again = bench.call("up")
    assert (again.status, again.changes.same, again.changes.total) == (EngineStatus.SUCCEEDED, 2, 0)


def test_a_preview_of_a_program_that_declares_nothing_fails_too(bench: Bench) -> None:
    bench.program(TWO)
    bench.made()
    bench.program("")
    report = bench.call("preview")
    assert (report.status, report.failure) == (EngineStatus.FAILED, NOTHING_DECLARED)


def test_a_program_that_declares_less_deletes_what_it_no_longer_declares(bench: Bench) -> None:
    bench.program(TWO)
    bench.made()
    bench.program('Thing("one", label="one")')
    assert bench.call("up").changes.delete == 1


@pytest.mark.parametrize(
    "body",
    [
        'pulumi.Output.from_input("late").apply(lambda name: Thing(name, label="late") and None)',
        'async def main(): Thing("late", label="late")\npulumi.run(main)',
    ],
    ids=["in a callback", "in an asynchronous program"],
)
def test_a_program_may_declare_late(bench: Bench, body: str) -> None:
    bench.program(TWO)
    bench.made()
    bench.program(body)
    report = bench.call("up")
    assert (report.status, report.changes.create, report.changes.delete) == (EngineStatus.SUCCEEDED, 1, 2)


def test_a_new_stack_may_be_without_resources(bench: Bench) -> None:
    bench.program('pulumi.export("only", "an output")')
    report = bench.call("up")
    assert (report.status, report.outputs) == (EngineStatus.SUCCEEDED, {"only": "an output"})


def test_a_program_need_not_declare_what_is_destroyed(bench: Bench) -> None:
    bench.program(TWO)
    bench.made()
    bench.program("")
    report = bench.call("destroy")
    assert (report.status, report.changes.delete) == (EngineStatus.SUCCEEDED, 2)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("import time\ntime.sleep(20)", f"; it stands at program/__main__.py:{HEAD + 2}"),
        ("import asyncio\nasync def main(): await asyncio.sleep(20)\npulumi.run(main)", ""),
    ],
    ids=["waits", "awaits"],
)
def test_a_program_that_hangs_ends_with_its_run(bench: Bench, body: str, place: str) -> None:
    engine = bench.engine_of(bench.cli, program_timeout=3)
    bench.program(body)
    report = engine.up(bench.request(), bench.events.append)
    assert report.status is EngineStatus.FAILED
    assert report.failure == f"the program said nothing to the engine for 3 seconds{place}"
    assert "`timeout` under [program]" in report.remedy
    assert bench.locks == []


def test_a_resource_that_takes_long_is_no_program_that_hangs(bench: Bench) -> None:
    engine = bench.engine_of(bench.cli, program_timeout=5)
    bench.program('Thing("slow", label="slow", seconds=8)')
    assert engine.up(bench.request(), bench.events.append).status is EngineStatus.SUCCEEDED


def test_what_is_printed_beyond_the_bounds_is_counted(bench: Bench) -> None:
    bench.program(f'for number in range({MOST_LINES + 7}): print(number)\nThing("one", label="one")')
    assert bench.call("up").status is EngineStatus.SUCCEEDED
    said = [event.message for event in bench.said(Diagnostic)]
    assert len(said) == MOST_LINES + 1
    assert said[-1] == "… and 7 more lines, which are not kept"


def test_a_failing_resource_is_named_and_the_others_are_kept(bench: Bench) -> None:
    bench.program('good = Thing("good", label="good"); Thing("bad", label=good.id, fail="the bucket is taken")')
    report = bench.call("up")
    assert report.status is EngineStatus.FAILED
    assert report.failure == "the bucket is taken"
    assert [(event.change.name, event.failed) for event in bench.said(ResourceDone) if event.failed] == [("bad", True)]
    assert report.changes.create == 1


def test_a_missing_plugin_says_what_to_do(bench: Bench) -> None:
    bench.program('pulumi.CustomResource("nowhere:index:Thing", "one", {})')
    report = bench.call("up")
    assert report.failure == "the plugin pulumi-resource-nowhere is not installed"
    assert "deploy setup" in report.remedy


def test_what_a_program_prints_is_an_event_and_not_our_stdout(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    bench.program('print("for the log")\nimport sys\nprint("a warning", file=sys.stderr)')
    bench.made()
    printed = capfd.readouterr()
    assert "for the log" not in printed.out + printed.err
    assert "a warning" not in printed.out + printed.err
    assert {event.message for event in bench.said(Diagnostic)} >= {"for the log", "a warning"}


def test_events_are_said_on_the_callers_own_thread(bench: Bench) -> None:
    bench.program('Thing("one", label="one")')
    threads: set[threading.Thread] = set()
    bench.engine.up(bench.request(), lambda _: threads.add(threading.current_thread()))
    assert threads == {threading.current_thread()}


def test_a_resource_is_told_from_its_beginning_to_its_end(bench: Bench) -> None:
    bench.program('Thing("one", label="one")')
    bench.made()
    assert [event.change.op for event in bench.said(ResourceStarted)] == ["create"]
    assert [(event.change.op, event.failed) for event in bench.said(ResourceDone)] == [("create", False)]


def test_the_process_keeps_its_environment_and_folder(bench: Bench) -> None:
    bench.program('Thing("one", label="one")')
    before = dict(os.environ), os.getcwd()  # noqa: PTH109 -- exactly this must not change
    bench.made()
    assert (dict(os.environ), os.getcwd()) == before  # noqa: PTH109


def test_a_broken_project_file_is_told_before_the_engine_starts(bench: Bench) -> None:
    with pytest.raises(UsageError, match="there is no program"):
        bench.call("up")
    assert not bench.checkpoint("dev").exists()


def test_two_stacks_at_once_do_not_meet(bench: Bench) -> None:
    bench.program('print(config.get("who")); Thing("one", label="one"); pulumi.export("who", config.get("who"))')
    reports = {}

    def up(stack: str) -> None:
        reports[stack] = bench.engine.up(bench.request(stack, facts={"probe:who": stack}), bench.events.append)

    threads = [threading.Thread(target=up, args=(stack,)) for stack in ("dev", "staging")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {stack: report.outputs for stack, report in reports.items()} == {
        "dev": {"who": "dev"},
        "staging": {"who": "staging"},
    }
    assert {(event.stack, event.message) for event in bench.said(Diagnostic)} == {
        ("dev", "dev"),
        ("staging", "staging"),
    }
