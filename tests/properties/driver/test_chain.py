"""No line of a chained record can be changed, taken out, added or moved unseen; nor a record, once another came after it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.record.chain import AFTER, PREVIOUS, Examined, Head, Integrity, examine, head_of, line_of, together

FIRST, SECOND = "20261123-0102-aaaaaa", "20261123-0103-bbbbbb"
WORDS = st.lists(st.text(max_size=8), min_size=1, max_size=6)


def record(run: str, words: list[str], before: Head = Head()) -> bytes:  # noqa: B008 -- frozen
    """A record as it is kept: something said for each word, and the end."""
    kinds = [*(("progress", word) for word in words), ("run-finished", "")]
    lines: list[bytes] = []
    for number, (kind, word) in enumerate(kinds, 1):
        previous = head_of(run, lines[-1]).digest if lines else before.digest
        said = {"run": run, "sequence": number, "kind": kind, "message": word}
        lines.append(line_of(said, previous, "" if lines else before.run))
    return b"".join(line + b"\n" for line in lines)


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def looked(run: str, content: bytes) -> Examined:
    return examine(run, content, kept=True)


@given(WORDS)
def test_what_was_written_is_whole(words: list[str]) -> None:
    found = looked(FIRST, record(FIRST, words))
    assert (found.verdict, found.lines, found.line) == (Integrity.WHOLE, len(words) + 1, 0)


@given(WORDS, st.data())
def test_a_line_that_says_something_else_is_found(words: list[str], data: st.DataObject) -> None:
    lines = record(FIRST, words).splitlines()
    number = data.draw(st.integers(0, len(lines) - 2))  # what the last line says, only a later run holds fast
    body = json.loads(lines[number])
    body[data.draw(st.sampled_from(["message", "run", "sequence", "kind", "more"]))] = "something else"
    lines[number] = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    found = looked(FIRST, joined(lines))
    assert found.wrong
    assert found.line in {number + 1, number + 2}


@given(WORDS, st.data())
def test_a_line_that_is_gone_is_found(words: list[str], data: st.DataObject) -> None:
    lines = record(FIRST, words).splitlines()
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    assert looked(FIRST, joined(lines)).wrong


@given(WORDS, st.data())
def test_lines_in_another_order_are_found(words: list[str], data: st.DataObject) -> None:
    lines = record(FIRST, words).splitlines()
    one, other = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    lines[one], lines[other] = lines[other], lines[one]
    assert looked(FIRST, joined(lines)).wrong


@given(WORDS, st.data())
def test_a_line_more_is_found(words: list[str], data: st.DataObject) -> None:
    lines = record(FIRST, words).splitlines()
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(lines)))
    assert looked(FIRST, joined(lines)).wrong


@given(WORDS, st.binary(min_size=1, max_size=4), st.data())
def test_what_is_no_record_at_all_is_found(words: list[str], rubbish: bytes, data: st.DataObject) -> None:
    lines = record(FIRST, words).splitlines()
    lines[data.draw(st.integers(0, len(lines) - 1))] = rubbish
    assert looked(FIRST, joined(lines)).wrong


@given(WORDS, WORDS)
def test_a_record_that_is_written_anew_is_found_by_the_run_after_it(words: list[str], others: list[str]) -> None:
    first = record(FIRST, words)
    second = record(SECOND, ["one"], head_of(FIRST, first))
    right = together([looked(FIRST, first), looked(SECOND, second)])
    assert [(each.run, each.verdict) for each in right] == [(SECOND, Integrity.WHOLE), (FIRST, Integrity.WHOLE)]
    anew = record(FIRST, others)
    found = together([looked(FIRST, anew), looked(SECOND, second)])
    assert found[1].wrong is (anew != first)


@given(WORDS)
def test_a_record_that_is_gone_is_found_by_the_run_after_it(words: list[str]) -> None:
    second = record(SECOND, ["one"], head_of(FIRST, record(FIRST, words)))
    found = together([looked(SECOND, second)])
    assert [(each.run, each.verdict) for each in found] == [(SECOND, Integrity.WHOLE), (FIRST, Integrity.MISSING)]


@given(WORDS, st.data())
def test_without_its_end_a_record_is_of_a_run_that_was_killed_and_never_one_that_was_kept(
    words: list[str], data: st.DataObject
) -> None:
    whole = record(FIRST, words)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert examine(FIRST, cut, kept=False).verdict is Integrity.NO_END
    assert examine(FIRST, cut, kept=True).wrong


@given(WORDS)
def test_an_earlier_record_is_called_that_and_not_altered(words: list[str]) -> None:
    lines = [json.loads(line) for line in record(FIRST, words).splitlines()]
    old = joined(
        [json.dumps({name: each[name] for name in each if name not in {PREVIOUS, AFTER}}).encode() for each in lines]
    )
    assert looked(FIRST, old).verdict is Integrity.NOT_CHAINED
    assert looked(FIRST, joined(old.splitlines()[1:])).wrong
