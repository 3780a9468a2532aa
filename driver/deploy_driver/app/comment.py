"""Posts one comment on a pull request, or edits the one that is already there, so that there is one for ever.

The comment is known by a hidden marker, its first line. What anybody else wrote is never touched, whatever it says:
a comment counts as ours when the token's user wrote it and the marker is at its very beginning.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from deploy_driver import remedies
from deploy_driver.adapters.hosts import discussion
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.choices import Host
from deploy_driver.config.environment import Machine
from deploy_driver.config.pull_request import pull_request
from deploy_driver.errors import NotNowError, UsageError
from deploy_driver.ports import Clock, Discussion
from deploy_driver.record.redaction import redact
from deploy_driver.values import Comment, PullRequest

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


def read_document(file: Path) -> str:
    """The document. What another machine sent may be a link to a file of this one, or a device: that is no document. Raises UsageError."""
    largest = 4 * LONGEST  # bytes: a character has four at most in UTF-8
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            regular = stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
            content = opened.read(largest + 1) if regular else b""
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _no_document(file, "it is a symbolic link") from None
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file)) from None
    if not regular:
        raise _no_document(file, "it is no regular file")
    if len(content) > largest:
        raise _no_document(file, f"it is longer than {largest:,} bytes, which no comment can be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8 text", where=str(file)) from None


def _no_document(file: Path, why: str) -> UsageError:
    return UsageError(f"is not read: {why}", where=str(file), remedy=remedies.NAME_PREVIEW_FILE)


def comment_on(
    machine: Machine, file: Path, host: Host | None, number: int | None, notice: Callable[[str], None]
) -> tuple[PullRequest, Posted]:
    """Post what is in the file on the pull request that the machine's environment means, or edit it there.

    `notice` hears why it takes longer, and of comments that two builds have left at once. Raises UsageError or NotReadyError.
    """
    what, clock = note(read_document(file), str(file)), WallClock()
    meant = pull_request(machine.environment, host, number)
    posted = post(discussion(meant, clock), what, clock, notice)
    for other in posted.others:
        notice(f"another comment has the same marker, left by two builds at once; delete it: {other.place}")
    return meant, posted


def note(text: str, where: str) -> Note:
    """The text as a note. Raises UsageError when it has no marker or no host would take it; `where` is its file."""
    first = _first_line(text)
    if not _MARKER.fullmatch(first):
        raise UsageError(
            "its first line is no marker, so the comment could not be found again",
            where=where,
            remedy=remedies.POST_PREVIEW,
        )
    body = str(redact(text))
    if len(body) > LONGEST:
        raise UsageError(
            f"it has {len(body):,} characters; a comment may have {LONGEST:,}",
            where=where,
            remedy=remedies.POST_PREVIEW_THAT_FITS,
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
