"""Which properties the engine says differ, and what becomes of secrets, of what is not known yet, and of files."""

from __future__ import annotations

from typing import Any

import pytest

from deploy_driver.record.catalogue import ResourceDone, ResourceStarted
from deploy_driver.values import EngineReport, PropertyDiff
from tests.contract.engine.conftest import Bench

pytestmark = pytest.mark.engine

THING = """
one = Thing(
    "one",
    label=config.get("label") or "first",
    detailed=True,
    nested={"deep": {"value": config.get("value") or "a", "a.b": "kept"}, "list": [1, 2], "none": {}},
    secret=pulumi.Output.secret(config.get("secret") or "hush hush"),
    inside={"token": pulumi.Output.secret(config.get("secret") or "hush hush"), "plain": config.get("value") or "a"},
    code=pulumi.AssetArchive({"a.py": pulumi.StringAsset(config.get("value") or "a")}),
)
"""


def diffs(report: EngineReport, name: str = "one") -> dict[str, tuple[str, Any, Any]]:
    found = [change for change in report.resources if change.name == name]
    assert len(found) == 1, report
    return {diff.path: (diff.kind, diff.old, diff.new) for diff in found[0].diffs}


def test_what_is_made_adds_its_inputs_each_where_it_stands(bench: Bench) -> None:
    bench.program(THING)
    said = diffs(bench.call("preview"))
    assert said["label"] == ("add", None, "first")
    assert said["nested.deep.value"] == ("add", None, "a")
    assert said['nested.deep["a.b"]'] == ("add", None, "kept")
    assert said["nested.list"] == ("add", None, [1, 2])
    assert said["nested.none"] == ("add", None, {})
    assert said["secret"] == said["inside.token"] == ("add", None, "[secret]")
    assert said["code"][2].startswith("[archive sha256:")


def test_what_is_deleted_takes_its_inputs_away(bench: Bench) -> None:
    bench.program(THING)
    bench.made()
    said = diffs(bench.call("preview_destroy"))
    assert said["nested.deep.value"] == ("delete", "a", None)
    assert said["secret"] == ("delete", "[secret]", None)


def test_what_is_updated_says_which_property_differs_from_what_to_what(bench: Bench) -> None:
    bench.program(THING)
    bench.made()
    said = diffs(bench.call("preview", facts={"probe:value": "b", "probe:secret": "new hush"}))
    assert said["nested.deep.value"] == ("update", "a", "b")
    assert said["inside.plain"] == ("update", "a", "b")
    assert said["inside.token"] == said["secret"] == ("update", "[secret]", "[secret]")
    assert set(said) == {"nested.deep.value", "inside.plain", "inside.token", "secret", "code"}
    kind, old, new = said["code"]
    assert (kind, old[:16], new[:16]) == ("update", "[archive sha256:", "[archive sha256:")
    assert old != new


def test_what_forces_a_replacement_says_so(bench: Bench) -> None:
    bench.program(THING)
    bench.made()
    report = bench.call("preview", facts={"probe:label": "second"})
    assert diffs(report) == {"label": ("update-replace", "first", "second")}
    assert report.resources[0].op == "replace"


def test_without_the_plugin_s_own_account_the_inputs_are_compared(bench: Bench) -> None:
    bench.program(THING.replace("detailed=True", "detailed=False"))
    bench.made()
    facts = {"probe:value": "b", "probe:label": "second", "probe:secret": "new hush"}
    said = diffs(bench.call("preview", facts=facts))
    assert said["nested.deep.value"] == ("update", "a", "b")
    assert said["label"] == ("update-replace", "first", "second")
    assert said["secret"] == ("update", "[secret]", "[secret]")


def test_what_is_known_only_afterwards_is_unknown(bench: Bench) -> None:
    after = """
Thing("two", label="two", detailed=True, ref=one.made, text=pulumi.Output.concat("to ", one.made))
"""
    bench.program(THING.replace("detailed=True", "detailed=True, made=None") + after)
    made = diffs(bench.call("preview"), "two")
    assert made["ref"] == made["text"] == ("add", None, "[unknown]")
    assert diffs(bench.call("up"), "two")["text"] == ("add", None, "to at last")


def test_what_becomes_a_secret_was_one_before(bench: Bench) -> None:
    bench.program('Thing("one", label="one", detailed=True, value={"key": "hush hush"})')
    bench.made()
    bench.program('Thing("one", label="one", detailed=True, value={"key": pulumi.Output.secret("louder")})')
    report = bench.call("preview")
    assert "hush" not in str(report)
    assert diffs(report)["value.key"] == ("update", "[secret]", "[secret]")


def test_a_secret_is_nowhere_in_what_is_said(bench: Bench) -> None:
    bench.program(THING)
    reports = [bench.call("preview"), bench.call("up"), bench.call("up", facts={"probe:secret": "hush again"})]
    assert all(report.resources for report in reports)
    assert "hush" not in str([*reports, *bench.events])


def test_an_up_says_what_was_changed_as_each_resource_is_done_and_a_preview_at_its_end(bench: Bench) -> None:
    bench.program(THING)
    bench.call("preview")
    said = [event for event in bench.events if isinstance(event, ResourceStarted | ResourceDone)]
    assert all(event.change.diffs == () for event in said)
    bench.events.clear()
    bench.made()
    (done,) = [event for event in bench.events if isinstance(event, ResourceDone)]
    assert PropertyDiff("label", "add", new="first") in done.change.diffs


def test_a_big_value_is_whole(bench: Bench) -> None:
    bench.program('Thing("one", label="one", big="x" * 3_000_000)')
    assert diffs(bench.call("preview"))["big"] == ("add", None, "x" * 3_000_000)
