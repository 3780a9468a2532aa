"""What is new in a record is sent while its run goes on, each line once, and in order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.adapters.records import Segments
from deploy_driver.errors import NotReadyError


class Bucket:
    """Takes segments; refuses, or loses its answers, as often as it is told to."""

    def __init__(self, refusals: int = 0, lost: int = 0) -> None:
        self.kept: dict[int, bytes] = {}
        self.refusals = refusals
        self.lost = lost

    def put(self, line: int, lines: bytes) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotReadyError("AccessDenied")
        if self.kept.setdefault(line, lines) != lines:
            raise NotReadyError("other lines stand there")
        if self.lost:
            self.lost -= 1
            raise NotReadyError("no answer")

    @property
    def whole(self) -> bytes:
        return b"".join(self.kept[line] for line in sorted(self.kept))


def write(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as record:
        record.write(text)


def test_a_line_is_sent_when_it_is_whole(tmp_path: Path) -> None:
    file, bucket = tmp_path / "events.jsonl", Bucket()
    segments = Segments(file, bucket.put)
    write(file, "one\ntwo\nthr")
    segments.send()
    segments.send()
    assert bucket.kept == {1: b"one\ntwo\n"}
    write(file, "ee\n")
    segments.send()
    assert bucket.kept == {1: b"one\ntwo\n", 3: b"three\n"}


def test_what_could_not_be_sent_is_said_and_sent_with_the_next(tmp_path: Path) -> None:
    file, bucket = tmp_path / "events.jsonl", Bucket(refusals=1)
    segments = Segments(file, bucket.put)
    write(file, "one\n")
    with pytest.raises(NotReadyError, match="AccessDenied"):
        segments.send()
    write(file, "two\n")
    segments.end()
    assert bucket.whole == b"one\ntwo\n"


def test_a_record_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="record cannot be read"):
        Segments(tmp_path / "events.jsonl", Bucket().put).send()


def test_it_is_sent_in_the_background_until_the_end(tmp_path: Path) -> None:
    file, bucket = tmp_path / "events.jsonl", Bucket(refusals=2)
    segments = Segments(file, bucket.put, pace=0.01)
    segments.begin()
    write(file, "one\n")
    deadline = time.monotonic() + 10
    while not bucket.kept and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bucket.whole == b"one\n"
    segments.end()


@given(st.lists(st.tuples(st.text("ab\n", max_size=5), st.integers(0, 1), st.integers(0, 1)), max_size=12))
def test_whatever_is_refused_or_lost_each_line_arrives_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    file, bucket = tmp_path_factory.mktemp("record") / "events.jsonl", Bucket()
    file.touch()
    segments = Segments(file, bucket.put)
    for text, refusals, lost in steps:
        write(file, text)
        bucket.refusals, bucket.lost = refusals, lost
        for _ in range(refusals + lost):
            try:
                segments.send()
            except NotReadyError:
                continue
    bucket.refusals = bucket.lost = 0
    write(file, "\n")
    segments.end()
    assert bucket.whole == file.read_bytes()
