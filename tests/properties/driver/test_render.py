"""Whatever happens, in whatever order, and whatever it is called: every renderer shows it, and nothing moves the screen."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from deploy_driver.choices import Overridable
from deploy_driver.record import catalogue as said
from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.record.stream import Envelope
from deploy_driver.render.lines import LineRenderer
from deploy_driver.render.live import LiveRenderer
from deploy_driver.render.result import as_json, as_text
from deploy_driver.render.text import duration, table
from deploy_driver.render.width import ROOM, WIDTH, fit_terminal, folded
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import (
    Changes,
    ChosenSmokeTest,
    MissingRight,
    Operation,
    Process,
    PropertyDiff,
    ResourceChange,
    SmokeKind,
)
from tests.schemas import problems

text = st.text(alphabet=st.characters(), max_size=30)
names = st.sampled_from(["dev", "staging", "prod", "\x1b[2J", ""]) | text
seconds = st.floats(min_value=0, max_value=1e6)
counts = st.integers(min_value=0, max_value=20)
changes = st.builds(Changes, counts, counts, counts, counts, counts)
ops = st.sampled_from(["create", "update", "same", "delete-replaced", "discard"]) | text
kinds = st.sampled_from(["add", "delete", "update", "update-replace"])
values = st.none() | st.integers() | text | st.lists(text, max_size=2) | st.dictionaries(text, text, max_size=2)
resources = st.builds(
    ResourceChange,
    text.map(lambda name: f"urn:pulumi:dev::items::aws:s3/bucket:Bucket::{name}"),
    ops,
    st.lists(text, max_size=2).map(tuple),
    st.lists(st.builds(PropertyDiff, text, kinds, values, values), max_size=2).map(tuple),
)
processes = st.builds(Process, text, text, counts, text)
results = st.sampled_from([result.value for result in Result])
events: st.SearchStrategy[said.Event] = st.one_of(
    st.builds(
        said.RunStarted, text, text, text, st.lists(names, max_size=3).map(tuple), text, text, text, process=processes
    ),
    st.builds(said.RunDependsOn, text, text, names),
    st.builds(said.StateSeen, names, text, text, st.booleans()),
    st.builds(said.EngineStarted, names, processes),
    st.builds(said.StackSelected, names, text, st.lists(text, max_size=2).map(tuple)),
    st.builds(said.StackLeftOut, names, text, st.lists(text, max_size=2).map(tuple), text),
    st.builds(said.CheckStarted, text, names),
    st.builds(said.CheckPassed, text, text, names),
    st.builds(said.CheckFailed, text, text, text, names),
    st.builds(said.StepStarted, names, text, text, text),
    st.builds(said.LockRemoved, names, text, text, text),
    st.builds(said.SessionNegotiated, names, counts, counts, text),
    st.builds(said.ResourceStarted, names, resources, st.booleans(), st.lists(text, max_size=2).map(tuple)),
    st.builds(said.ResourceDone, names, resources, st.booleans(), st.booleans(), seconds, text),
    st.builds(said.Diagnostic, names, text, text, text),
    st.builds(said.Progress, text, names),
    st.builds(said.Previewed, names, changes, st.lists(resources, max_size=2).map(tuple)),
    st.builds(said.Gated, names, st.lists(text, max_size=2).map(tuple), text, seconds),
    st.builds(said.PlanApproved, text, text, text, text, text),
    st.builds(said.GateOverridden, names, st.sampled_from(Overridable) | text, text, text),
    st.builds(said.Drifted, names, resources, text, text, text, text, text),
    st.builds(said.Proved, names, counts, counts),
    st.builds(said.Published, names, text, text, text, text, text),
    st.builds(said.Packaged, names, st.lists(text, max_size=2).map(tuple), st.lists(names, max_size=2).map(tuple)),
    st.builds(said.Settled, names, text, st.sampled_from(said.Fate) | text, text, text),
    st.builds(said.SmokeTestStarted, names, text, st.sampled_from(SmokeKind) | text, text),
    st.builds(said.SmokeTested, names, text, text, text, st.sampled_from(SmokeKind) | text, text, text),
    st.builds(said.NotSmokeTested, names, text),
    st.builds(said.SoakStarted, names, counts, st.lists(text, max_size=2).map(tuple)),
    st.builds(said.Soaked, names, counts),
    st.builds(said.StepFinished, names, results, text, text, changes, seconds),
    st.builds(said.RunFinished, text, counts, seconds),
)
stories = st.lists(events, max_size=12)
steps = st.builds(
    StepOutcome,
    names,
    text,
    st.sampled_from(Result),
    st.sampled_from(Reason),
    cause=text,
    remedy=text,
    changes=changes,
    resources=st.lists(resources, max_size=2).map(tuple),
    outputs=st.dictionaries(text, text | st.integers() | st.lists(text, max_size=2), max_size=3)
    | text.map(lambda url: {"url": url}),
    smoke_test=st.none() | st.builds(ChosenSmokeTest, st.sampled_from(SmokeKind), text),
    missing=st.lists(st.builds(MissingRight, resources, text, text, text), max_size=2).map(tuple),
    overridden=st.lists(
        st.builds(said.GateOverridden, names, st.sampled_from(Overridable), text, text), max_size=2
    ).map(tuple),
    seconds=seconds,
)
runs = st.builds(RunOutcome, text, st.sampled_from(Operation), st.lists(steps, max_size=4).map(tuple), seconds)


def controls(shown: str) -> set[str]:
    return {char for char in shown if unicodedata.category(char) == "Cc" and char not in "\n\t"}


def test_every_kind_of_event_is_tried() -> None:
    kinds = {kind for kind in vars(said).values() if isinstance(kind, type) and issubclass(kind, said.Event)}
    assert len(kinds) - 1 == len(events.branches), "a new kind of event needs a line above"


@given(stories)
def test_lines_are_lines_and_nothing_else(story: list[said.Event]) -> None:
    stream = io.StringIO()
    render = LineRenderer(stream)
    for number, event in enumerate(story, 1):
        render(Envelope("r", number, 0.0, event))
    shown = stream.getvalue()
    assert controls(shown) == set()
    assert all(line[2:3] == line[5:6] == ":" for line in shown.split("\n")[:-1])


@given(stories)
def test_the_live_picture_takes_any_story_in_any_order(story: list[said.Event]) -> None:
    screen = io.StringIO()
    live = LiveRenderer(Console(file=screen, width=100, color_system=None))
    for number, event in enumerate(story, 1):
        live(Envelope("r", number, 0.0, event))
    live.pause()
    live.resume()
    live.close()
    picture = Console(file=screen, width=100, color_system=None)
    picture.print(live.picture())
    assert controls(screen.getvalue()) == set()


@given(stories)
def test_every_story_is_json(story: list[said.Event]) -> None:
    for number, event in enumerate(story, 1):
        shown = json.loads(json.dumps(Envelope("r", number, 0.0, event).as_json()))
        assert shown["kind"] == event.kind
        assert shown["sequence"] == number


@given(runs)
def test_every_result_is_a_table_and_json(run: RunOutcome) -> None:
    shown = as_text(run)
    assert controls(shown) == set()
    assert len(shown.splitlines()) >= len(run.steps) + 1
    result = json.loads(json.dumps(as_json(run, exit_code=0)))
    assert len(result["stacks"]) == len(run.steps)
    assert problems("run-result", result) == []


@given(runs)
def test_every_preview_keeps_each_property_within_its_lines(run: RunOutcome) -> None:
    plain = tuple(replace(step, stack="dev", account="2", cause="") for step in run.steps)
    shown = as_text(replace(run, operation=Operation.PREVIEW, steps=plain))
    assert controls(shown) == set()
    for line in shown.split("\n"):
        assert not line.startswith(" " * 6) or len(line) <= WIDTH


@given(st.lists(st.tuples(text, text).map(list), max_size=5))
def test_columns_begin_where_the_header_s_do(rows: list[list[str]]) -> None:
    rows = [row for row in rows if not any("\n" in cell for cell in row)]
    lines = at_terminal(1000, lambda: table(["A", "B"], rows)).split("\n")
    for line, row in zip(lines[1:], rows, strict=False):
        assert line[lines[0].index("B") :] == row[1].rstrip()


def at_terminal(width: int, shown: Callable[[], str]) -> str:
    """What is shown on a terminal of that width."""

    def there() -> str:
        fit_terminal(width)
        return shown()

    return copy_context().run(there)


sentences = st.lists(st.text("abcdefgh:/-", min_size=1, max_size=30), max_size=6).map(" ".join)


@given(st.lists(st.tuples(sentences, sentences, sentences), max_size=5), st.integers(20, 120))
def test_a_table_fits_where_its_words_do_and_loses_none(rows: list[tuple[str, str, str]], width: int) -> None:
    header = ["FIRST", "SECOND", "THIRD"]
    lines = at_terminal(width, lambda: table(header, rows)).split("\n")
    said = " ".join(cell for row in rows for cell in row).split()
    assert sorted(word for word in " ".join(lines).split() if word not in header) == sorted(said)
    alone = min(ROOM, width - 8)
    assert all(len(line) <= width or max(map(len, line.split())) > alone for line in lines)


@given(st.lists(sentences, max_size=4).map("; run `deploy doctor --as-administrator`, ".join), st.integers(50, 120))
def test_a_long_line_goes_on_in_the_next_one_and_a_command_stays_in_one(text: str, width: int) -> None:
    told = f"error: it is so\n  what to do: {text}"
    lines = folded(told, width).split("\n")
    assert " ".join(lines).split() == told.split()
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).count("`deploy doctor --as-administrator`") == text.count("`") // 2
    assert folded(told) == told


@given(st.floats(min_value=9.9, max_value=10.1) | st.floats(min_value=59, max_value=61) | seconds)
def test_durations_have_no_sixtieth_second_and_no_tenth_one_with_tenths(time: float) -> None:
    assert not duration(time).startswith("10.0")
    assert not duration(time).endswith("60 s")
