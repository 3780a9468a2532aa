"""What each operation does to a stack, with the real engine and a plugin of our own."""

from __future__ import annotations

import json

import pytest

from deploy_driver.record.catalogue import Diagnostic
from deploy_driver.values import Changes, EngineStatus
from tests.contract.engine.conftest import Bench

pytestmark = pytest.mark.engine

TWO_THINGS = """
Thing("one", label="one", value=config.get("value") or "a")
Thing("two", label=config.get("label") or "two")
pulumi.export("count", config.get_int("count"))
pulumi.export("run", pulumi.Config("deploy").get("sessionName"))
pulumi.export("token", pulumi.Output.secret("a secret of the stack"))
"""


def test_up_makes_the_stack_and_reports_changes_and_outputs(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    report = bench.call("up", facts={"deploy:sessionName": "items-dev-1"})
    assert report.status is EngineStatus.SUCCEEDED
    assert report.changes == Changes(create=2)
    assert sorted(change.name for change in report.resources) == ["one", "two"]
    assert report.outputs == {"count": 1, "run": "items-dev-1", "token": "[secret]"}
    assert report.failure == ""


def test_up_again_changes_nothing_and_still_knows_the_outputs(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    bench.made()
    report = bench.call("up")
    assert report.changes == Changes(same=2)
    assert report.resources == ()
    assert report.outputs["count"] == 1


def test_a_changed_value_updates_and_a_changed_name_replaces(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    bench.made()
    report = bench.call("up", facts={"probe:value": "b", "probe:label": "second"})
    assert report.changes == Changes(update=1, replace=1)
    assert {(change.name, change.op, change.keys) for change in report.resources} == {
        ("one", "update", ("value",)),
        ("two", "replace", ("label",)),
    }


def test_a_preview_says_what_up_would_do_and_writes_nothing(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    bench.made()
    before = bench.checkpoint("dev").read_text(encoding="utf-8")
    report = bench.call("preview", facts={"probe:value": "b"}, refresh=True)
    assert report.changes == Changes(update=1, same=1)
    assert report.outputs == {}
    assert bench.checkpoint("dev").read_text(encoding="utf-8") == before


def test_a_preview_of_a_new_stack_does_not_make_it(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    report = bench.call("preview")
    assert report.changes == Changes(create=2)
    assert not (bench.state / ".pulumi").exists()


def test_destroy_deletes_everything_and_the_stack(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    bench.made()
    assert bench.call("preview_destroy").changes == Changes(delete=2)
    assert bench.checkpoint("dev").exists()
    report = bench.call("destroy")
    assert report.changes == Changes(delete=2)
    assert report.outputs == {}
    assert not bench.checkpoint("dev").exists()


@pytest.mark.parametrize("operation", ["destroy", "preview_destroy"])
def test_a_stack_that_does_not_exist_is_destroyed_already(bench: Bench, operation: str) -> None:
    bench.program(TWO_THINGS)
    report = bench.call(operation)
    assert (report.status, report.changes) == (EngineStatus.SUCCEEDED, Changes())


def test_destroy_ends_one_that_ended_before_it_removed_the_stack(bench: Bench) -> None:
    bench.program('pulumi.ComponentResource("probe:index:Group", "group"); Thing("one", label="one")')
    bench.made()
    state = json.loads(bench.checkpoint("dev").read_text(encoding="utf-8"))
    state["checkpoint"]["latest"]["resources"] = []
    bench.checkpoint("dev").write_text(json.dumps(state), encoding="utf-8")
    report = bench.call("destroy")
    assert (report.status, report.failure) == (EngineStatus.SUCCEEDED, "")
    assert not bench.checkpoint("dev").exists()


def test_destroy_runs_the_program_so_that_providers_are_of_today(bench: Bench) -> None:
    bench.program('Thing("one", label="one")')
    bench.made()
    bench.program('print("the program runs"); Thing("one", label="one")')
    bench.call("destroy")
    assert "the program runs" in [event.message for event in bench.said(Diagnostic)]


def test_outputs_are_those_of_the_last_up_with_secrets_masked(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    assert bench.engine.outputs(bench.request()) == {}
    bench.made()
    assert bench.engine.outputs(bench.request()) == {"count": 1, "token": "[secret]"}


def test_a_secret_of_the_state_is_readable_in_a_later_run_without_a_key_in_any_file(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    bench.made()
    first = bench.checkpoint("dev").read_text(encoding="utf-8")
    assert "a secret of the stack" not in first
    bench.made(facts={"probe:value": "b"})
    second = bench.checkpoint("dev").read_text(encoding="utf-8")
    providers = [json.loads(text)["checkpoint"]["latest"]["secrets_providers"] for text in (first, second)]
    assert providers[0] == providers[1]
    assert bench.call("up").outputs["token"] == "[secret]"


def test_each_stack_has_its_own_facts_and_state(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    first = bench.call("up", "dev", facts={"deploy:sessionName": "first"})
    second = bench.call("up", "dev-access", facts={"deploy:sessionName": "second"})
    assert (first.outputs["run"], second.outputs["run"]) == ("first", "second")
    assert bench.checkpoint("dev").exists()
    assert bench.checkpoint("dev-access").exists()


def test_the_users_files_stay_as_they_are(bench: Bench) -> None:
    bench.program(TWO_THINGS)
    before = {path: path.read_bytes() for path in bench.root.glob("Pulumi*.yaml")}
    bench.made()
    bench.call("destroy")
    assert {path: path.read_bytes() for path in bench.root.glob("Pulumi*.yaml")} == before
    assert sorted(path.name for path in (bench.root / "program").iterdir()) == ["__main__.py"]
