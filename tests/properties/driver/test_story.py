"""Whatever a record says, and in whatever order: it is read, its story is told, and every form of it can be shown."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.assurance.audit.run_record import record_of
from deploy_driver.record import catalogue
from deploy_driver.record.joined import joined_story
from deploy_driver.record.reading import Unreadable, event_of, lines_of
from deploy_driver.record.story import Story, story_of
from deploy_driver.record.stream import Envelope
from deploy_driver.render import history, junit
from deploy_driver.render.report import html, text
from tests.properties.driver.test_render import stories
from tests.samples import RUN
from tests.schemas import problems

NAMES = ("dev", "staging", "prod")
STARTED = catalogue.RunStarted(RUN, "up", "sandbox", NAMES, "3", "7")
FIELDS = sorted({name for kind in catalogue.KINDS.values() for name in kind.__dataclass_fields__})
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
bodies = st.builds(
    lambda kind, time, fields: {"kind": kind, "time": time, **fields},
    st.sampled_from(sorted(catalogue.KINDS)) | json_values,
    st.sampled_from(["2026-11-23T01:02:00+00:00", "2026-11-23T01:03:00+00:00"]) | json_values,
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
)


def shown(story: Story) -> None:
    """Every form in which a story is shown."""
    report = json.loads(json.dumps(text.as_json(story)))
    assert problems("run-report", report) == []
    assert problems("history", json.loads(json.dumps(history.as_json([story.summary])))) == []
    assert text.as_text(story)
    assert html.as_html(story)
    assert history.as_text([story.summary])
    assert record_of(RUN, story).run == RUN


@given(stories)
def test_events_in_any_order_have_a_story(events: list[catalogue.Event]) -> None:
    heard = [Envelope(RUN, number, 1795395720.0 + number, event) for number, event in enumerate([STARTED, *events], 1)]
    story = story_of(heard)
    assert [stack.summary.stack for stack in story.stacks] == list(NAMES)
    assert all(segment.seconds >= 0 for stack in story.stacks for segment in stack.segments)
    shown(story)
    shown(joined_story(RUN, [story, story]))
    ET.fromstring(junit.as_xml(heard))  # noqa: S314 -- our own document


@given(st.lists(json_values | bodies, max_size=8))
def test_no_record_is_too_strange_to_be_read(record: list[Any]) -> None:
    written = b"\n".join(json.dumps(each).encode() for each in record)
    lines = lines_of(written)
    assert len(lines) == len(record)
    story = story_of([Envelope(RUN, 1, 1795395720.0, STARTED), *lines])
    shown(story)
    shown(joined_story(RUN, [story, story]))


@given(bodies)
def test_a_line_is_an_event_of_its_kind_or_unreadable(body: Any) -> None:
    line = event_of(body)
    assert isinstance(line, Unreadable) or line.event.kind == body["kind"]
