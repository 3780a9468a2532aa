"""Posts one comment on a pull request, or edits the one that is already there, so that there is one for ever.

The comment is known by a hidden marker, its first line. What anybody else wrote is never touched, whatever it says:
a comment counts as ours when the token's user wrote it and the marker is at its very beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from deploy_driver.errors import NotNowError, UsageError
from deploy_driver.ports import Clock, Discussion
from deploy_driver.record.redaction import redact
from deploy_driver.values import Comment

LONGEST = 60_000
"""Characters of a comment. GitHub takes 65,536 characters, GitLab 1,000,000 (their API references)."""

ATTEMPTS = 5
LONGEST_WAIT = 120
"""Seconds to wait for a host that says when to come back; beyond that somebody else should need the build's machine."""

_MARKER = re.compile(r"<!-- deploy:[a-z][^<>]* -->")


@dataclass(frozen=True)
class Note:
    """What is to be said, and the marker by which it is found again."""

    marker: str
    body: str


@dataclass(frozen=True)
class Posted:
    """The comment as it stands now. `others` are more of ours with the same marker: two builds posted at once."""

    comment: Comment
    edited: bool
    others: tuple[Comment, ...] = ()


def note(text: str, where: str) -> Note:
    """The text as a note. Raises UsageError when it has no marker or no host would take it; `where` is its file."""
    first = _first_line(text)
    if not _MARKER.fullmatch(first):
        raise UsageError(
            "its first line is no marker, so the comment could not be found again",
            where=where,
            remedy="post what `deploy preview --output markdown` wrote; its first line is <!-- deploy:preview … -->",
        )
    body = str(redact(text))
    if len(body) > LONGEST:
        raise UsageError(
            f"it has {len(body):,} characters; a comment may have {LONGEST:,}",
            where=where,
            remedy="post what `deploy preview --output markdown` wrote: it folds until it fits",
        )
    return Note(first, body)


def post(discussion: Discussion, what: Note, clock: Clock, say: Callable[[str], None]) -> Posted:
    """Post or edit, again while the host is busy: each try looks first, so that none of them adds a second comment.

    `say` hears why it takes longer. Raises NotReadyError.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(NotNowError),
        stop=lambda state: state.attempt_number >= ATTEMPTS or _wait(state) > LONGEST_WAIT,
        wait=_wait,
        sleep=clock.sleep,
        before_sleep=lambda state: say(f"{_error(state)}; asking again in {_wait(state):.0f} s"),
        reraise=True,
    )
    return retrying(_once, discussion, what)


def _once(discussion: Discussion, what: Note) -> Posted:
    earlier = [one for one in discussion.comments() if one.ours and _first_line(one.body) == what.marker]
    if not earlier:
        return Posted(discussion.add(what.body), edited=False)
    return Posted(discussion.edit(earlier[0], what.body), edited=True, others=tuple(earlier[1:]))


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].rstrip("\r")


def _error(state: RetryCallState) -> NotNowError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, NotNowError) else None


def _wait(state: RetryCallState) -> float:
    """As long as the host says, otherwise 1, 2, 4, … seconds."""
    error = _error(state)
    return error.wait if error and error.wait is not None else 2.0 ** (state.attempt_number - 1)
