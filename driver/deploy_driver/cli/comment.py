"""`deploy comment`: one comment on a pull request, edited at every push."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Annotated

import typer

from deploy_driver.cli.options import Output, OutputOption
from deploy_driver.errors import UsageError
from deploy_driver.values import Host


def comment(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The Markdown; its first line is the hidden marker.")],
    host: Annotated[
        Host | None,
        typer.Option("--host", help="Otherwise the one of GITHUB_REPOSITORY and CI_PROJECT_ID that is set."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--number", min=1, help="The pull request; otherwise CI_MERGE_REQUEST_IID or CHANGE_ID."),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Post a preview on a pull request, or edit it there.

    Finds its own earlier comment by the marker on the first line of FILE, and edits it; otherwise posts one. What anybody
    else wrote is never touched. The environment says where:

    GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, CHANGE_ID

    GitLab: CI_API_V4_URL, CI_PROJECT_ID, GITLAB_TOKEN, CI_MERGE_REQUEST_IID or CHANGE_ID

    deploy comment preview.md
    """
    import sys

    from deploy_driver.adapters.hosts import discussion
    from deploy_driver.adapters.terminal import WallClock
    from deploy_driver.app import session as wiring
    from deploy_driver.app.comment import note, post
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.record.redaction import one_line

    def say(line: str) -> None:
        sys.stderr.write(one_line(line) + "\n")

    what = note(_text(file), str(file))
    pull_request, clock = wiring.pull_request(host, number), WallClock()
    posted = post(discussion(pull_request, clock), what, clock, say)
    for other in posted.others:
        say(f"another comment has the same marker, left by two builds at once; delete it: {other.place}")
    done = "edited" if posted.edited else "posted"
    if output is Output.JSON:
        write_json(
            {"host": pull_request.host.value, "comment": posted.comment.id, "place": posted.comment.place, "done": done}
        )
        return
    write(one_line(f"{done} {posted.comment.place}"))


def _text(file: Path) -> str:
    """The document. What another machine sent may be a link to a file of this one, or a device: that is no document."""
    from deploy_driver.app.comment import LONGEST

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
    return UsageError(
        f"is not read: {why}", where=str(file), remedy="name the file that `deploy preview --output markdown` wrote"
    )
