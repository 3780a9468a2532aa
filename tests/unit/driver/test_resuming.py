"""Which run is gone on with: the newest that has left something that no later run has gone over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver.adapters.processes import process
from deploy_driver.app.deploy import without_end
from deploy_driver.app.history import Records
from deploy_driver.app.resume import Whose, left_run, moved_facts, require_resumable
from deploy_driver.errors import DeployError, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import make_plan
from deploy_driver.record import catalogue as said
from deploy_driver.record.chain import line_of
from deploy_driver.record.standing import left_by
from deploy_driver.record.stream import Envelope
from deploy_driver.values import Cloud, Operation, Process
from tests.samples import chain

FIRST, SECOND, THIRD = "20261123-0102-aaaaaa", "20261123-0103-bbbbbb", "20261123-0104-cccccc"
HERE = Whose(Cloud.SANDBOX, "items")


@dataclass
class Archive:
    """Records that are kept."""

    kept: Mapping[str, bytes]
    going_on: frozenset[str] = frozenset()

    def runs(self) -> Mapping[str, bool]:
        return {run: run not in self.going_on for run in self.kept}

    def record(self, run: str) -> bytes:
        return self.kept[run]


def known(folder: Path, runs: Mapping[str, Sequence[said.Event]]) -> Records:
    kept = {run: _written(run, events) for run, events in runs.items()}
    archive = Archive(kept)
    return Records(folder, frozenset(), archive, archive.runs())


def _written(run: str, events: Sequence[said.Event], began: float = 0.0) -> bytes:
    lines = [line_of(Envelope(run, number, began, event).as_json(), "") for number, event in enumerate(events, 1)]
    return b"".join(line + b"\n" for line in lines)


def run(
    name: str, *done: str, stacks: tuple[str, ...] = ("dev", "staging"), code: int | None = None, **more: Any
) -> list[said.Event]:
    """A run that has begun `done` well, and the stack after them badly where it has an end."""
    operation = more.pop("operation", "up")
    events: list[said.Event] = [said.RunStarted(name, operation, "sandbox", stacks, "3.250.0", "7.51.1", **more)]
    for stack in done:
        events.append(said.EngineStarted(stack, Process("agent-3", "boot", 77, "12")))
        events.append(said.StepFinished(stack, "succeeded", "changed"))
    return [*events, *([said.RunFinished(name, code, 1.0)] if code is not None else [])]


def found(records: Records, wanted: str = "") -> tuple[str, list[str]] | None:
    left = left_run(records, HERE, wanted)
    return (left.started.run, [one.stack for one in left.left]) if left else None


def test_where_every_run_has_ended_well_there_is_none(tmp_path: Path) -> None:
    assert found(known(tmp_path, {FIRST: run(FIRST, "dev", "staging", code=0)})) is None
    assert found(known(tmp_path, {})) is None


@pytest.mark.parametrize("code", [None, 1, 3, 4, 130])
def test_a_run_that_came_to_no_good_end_is_gone_on_with(tmp_path: Path, code: int | None) -> None:
    both = {FIRST: run(FIRST, "dev", "staging", code=0), SECOND: run(SECOND, "dev", code=code)}
    assert found(known(tmp_path, both)) == (SECOND, ["staging"])


def test_one_that_began_nothing_stands_back_behind_the_one_that_kept_it_from_beginning(tmp_path: Path) -> None:
    killed, refused = run(FIRST, "dev"), run(SECOND, stacks=("staging",), code=3)
    assert found(known(tmp_path, {FIRST: killed, SECOND: refused})) == (FIRST, ["staging"])
    elsewhere = run(SECOND, stacks=("prod",), code=3)
    assert found(known(tmp_path, {FIRST: killed, SECOND: elsewhere})) == (SECOND, ["prod"])
    assert found(known(tmp_path, {SECOND: refused})) == (SECOND, ["staging"])


def test_what_a_later_run_has_gone_over_is_left_alone(tmp_path: Path) -> None:
    over = {FIRST: run(FIRST, "dev"), SECOND: run(SECOND, "staging", stacks=("staging",), code=0)}
    assert found(known(tmp_path, over)) is None
    with pytest.raises(RefusedError, match="another run has gone over") as caught:
        found(known(tmp_path, over), FIRST)
    assert list(caught.value.detail) == [f"staging: run {SECOND}"]


def test_a_later_run_of_other_stacks_or_one_that_touched_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    beside = {
        FIRST: run(FIRST, "dev"),
        SECOND: run(SECOND, "prod", stacks=("prod",), code=0),
        THIRD: run(THIRD, stacks=("dev", "staging"), code=0, operation="preview"),
    }
    assert found(known(tmp_path, beside)) == (FIRST, ["staging"])
    assert found(known(tmp_path, beside), FIRST[:-3]) == (FIRST, ["staging"])


def test_a_run_that_resumed_and_failed_is_itself_gone_on_with(tmp_path: Path) -> None:
    stacks = ("staging", "prod")
    again = {FIRST: run(FIRST, "dev"), SECOND: run(SECOND, "staging", stacks=stacks, code=1, resumes=FIRST)}
    assert found(known(tmp_path, again)) == (SECOND, ["prod"])


def test_of_one_minute_the_records_say_which_run_was_the_last(tmp_path: Path) -> None:
    killed, resumed = FIRST[:13] + "-ffffff", FIRST[:13] + "-000000"
    archive = Archive(
        {
            killed: _written(killed, run(killed, "dev"), 100.0),
            resumed: _written(resumed, run(resumed, "staging", stacks=("staging",), code=0, resumes=killed), 130.0),
        }
    )
    assert found(Records(tmp_path, frozenset(), archive, archive.runs())) is None


def test_a_run_on_another_cloud_is_another_affair(tmp_path: Path) -> None:
    assert left_run(known(tmp_path, {FIRST: run(FIRST, "dev")}), replace(HERE, cloud=Cloud.AWS), "") is None


def test_a_run_of_another_project_is_another_affair_though_its_stacks_are_called_the_same(tmp_path: Path) -> None:
    theirs = [*run(SECOND, "dev"), said.RunDependsOn("project", "shop")]
    ours = [*run(FIRST, "dev"), said.RunDependsOn("project", "items")]
    assert found(known(tmp_path, {FIRST: ours, SECOND: theirs})) == (FIRST, ["staging"])
    assert found(known(tmp_path / "theirs", {SECOND: theirs})) is None
    with pytest.raises(UsageError, match="of this project"):
        found(known(tmp_path, {FIRST: ours, SECOND: theirs}), SECOND)


def test_a_run_that_only_looked_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="was to change nothing"):
        found(known(tmp_path, {FIRST: run(FIRST, operation="preview", code=1)}), FIRST)


def test_a_record_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    records = known(tmp_path, {FIRST: run(FIRST, "dev"), SECOND: [said.Progress("no beginning")]})
    assert found(records) == (FIRST, ["staging"])


@pytest.mark.parametrize(
    ("code", "more", "error", "said"),
    [
        (None, {"process": process()}, NotReadyError, "goes on: it is process"),
        (None, {"plan": "20261123-0101-dddddd"}, RefusedError, "a plan works once"),
        (None, {"operation": "bootstrap"}, UsageError, "deploy bootstrap --stacks dev,staging"),
        (1, {"operation": "drift --fix"}, UsageError, "deploy drift --fix --stacks dev,staging"),
        (1, {"operation": "repair", "stacks": ("dev",)}, UsageError, "deploy repair --stack dev"),
    ],
)
def test_what_goes_on_or_is_begun_anew_is_not_resumed(
    tmp_path: Path, code: int | None, more: dict[str, Any], error: type[DeployError], said: str
) -> None:
    left = left_run(known(tmp_path, {FIRST: run(FIRST, code=code, **more)}), HERE, FIRST)
    assert left is not None
    with pytest.raises(error) as caught:
        require_resumable(left)
    assert said in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("more", [{}, {"process": Process("agent-3", "boot", 1, "1")}, {"operation": "destroy"}])
def test_what_was_killed_is_resumed(tmp_path: Path, more: dict[str, Any]) -> None:
    left = left_run(known(tmp_path, {FIRST: run(FIRST, **more)}), HERE, "")
    assert left is not None
    require_resumable(left)


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (run(FIRST, "dev"), None, [FIRST]),
        ([*run(FIRST), said.RunDependsOn("project", "shop")], None, []),
        (run(FIRST, stacks=("prod",)), None, []),
        ([said.Progress("no beginning")], None, []),
        (run(FIRST), run(SECOND, "dev", "staging", code=0), []),
    ],
    ids=["killed", "another project's", "other stacks", "unreadable", "gone over"],
)
def test_an_up_says_which_run_of_its_stacks_has_no_end(
    first: list[said.Event], second: list[said.Event] | None, names: list[str]
) -> None:
    kept = {FIRST: _written(FIRST, first), **({SECOND: _written(SECOND, second)} if second else {})}
    archive = Archive(kept, frozenset({FIRST}))
    found = list(without_end(archive, THIRD, make_plan(Operation.UP, chain()[:2]), "items"))
    assert [name for name in (FIRST, SECOND) if any(name in one.message for one in found)] == names
    assert not found or f"deploy resume {FIRST}" in found[0].message


@pytest.mark.parametrize(
    ("begun", "then", "moved"),
    [
        (True, {("", "commit"): "a1", ("dev", "settings"): "s1"}, []),
        (True, {("", "commit"): "a1"}, ["settings"]),
        (False, {("", "commit"): "a1"}, []),  # it died while it said what it depends on
        (False, {}, []),
        (False, {("", "commit"): "b2"}, ["commit"]),
        (False, {("", "commit"): "a1", ("dev", "role"): "r1"}, ["role"]),
        (False, {("", "commit"): "a1", ("prod", "role"): "r1"}, []),
    ],
)
def test_what_a_run_had_not_said_before_it_died_matters_where_it_had_begun_something(
    begun: bool, then: dict[tuple[str, str], str], moved: list[str]
) -> None:
    facts = [said.RunDependsOn(name, value, stack) for (stack, name), value in then.items()]
    started, *steps = run(FIRST, *(["dev"] if begun else []), stacks=("dev",))
    lines = [Envelope(FIRST, number, 0.0, event) for number, event in enumerate([started, *facts, *steps], 1)]
    found = moved_facts(left_by(lines), {("", "commit"): "a1", ("dev", "settings"): "s1"}, ["dev"])
    assert [fact.what.partition(":")[0] for fact in found] == moved
