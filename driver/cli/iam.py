"""`deploy iam`: what every role may do, as documents and as a check; no cloud is asked."""

from __future__ import annotations

import typer

from driver.cli import iam_check, iam_show

app = typer.Typer(
    no_args_is_help=True,
    help="Show and check what every role may do.\n\nReads the project's files only: no cloud is asked, nothing is changed.",
)
app.command("show")(iam_show.show)
app.command("check")(iam_check.check)
