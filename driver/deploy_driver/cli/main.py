"""The command line: which verbs there are. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, TextIO, cast

import typer

from deploy_driver.cli import (
    approve,
    audit,
    bootstrap,
    comment,
    compare,
    config,
    destroy,
    doctor,
    drift,
    exec_,
    history,
    iam,
    init,
    list_,
    outputs,
    preview,
    prove,
    repair,
    report,
    resume,
    rollback,
    sandbox,
    setup,
    state,
    up,
)
from deploy_driver.cli.exit import columns, leave, open_streams
from deploy_driver.config.environment import Machine
from deploy_driver.record.redaction import MaskedStream
from deploy_driver.render.width import fit_terminal

SELDOM = 100_000
"""How many more objects there must be before Python looks for garbage; its own default is hundreds."""

app = typer.Typer(
    name="deploy",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One Jenkins, many AWS accounts, nothing permanent in between.\n\n"
    "Every stack is entered through a role of its account, with credentials that expire by themselves. "
    "Results go to stdout, progress to stderr.\n\n"
    "Exit codes: 0 done, 1 a stack failed, 2 usage or settings, 3 not ready (nothing touched), 4 refused, "
    "5 differs (when asked), 70 bug, 129/130/143 interrupted.",
)


def _show_version(asked: bool) -> None:
    if asked:
        from deploy_driver.cli.output import write
        from deploy_driver.version import VERSION
        from deploy_toolchain.search import ENGINE_VERSION, PLUGIN_VERSION

        write(f"deploy {VERSION}\npulumi {ENGINE_VERSION}, pulumi-resource-aws {PLUGIN_VERSION}")
        raise typer.Exit


@app.callback()
def everywhere(
    mask: Annotated[
        bool, typer.Option("--mask", help="Hide account ids and role names in the console.", envvar="DEPLOY_MASK")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version of deploy, and of the Pulumi engine and the AWS plugin that it obtains.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """What every verb has in common."""
    del version
    if mask:
        sys.stdout, sys.stderr = (cast("TextIO", MaskedStream(stream)) for stream in (sys.stdout, sys.stderr))


app.command()(init.init)
app.command()(up.up)
app.command()(preview.preview)
app.command()(approve.approve)
app.command()(comment.comment)
app.command()(destroy.destroy)
app.command()(resume.resume)
app.command()(rollback.rollback)
app.command()(bootstrap.bootstrap)
app.command()(outputs.outputs)
app.command("list")(list_.list_stacks)
app.command()(compare.compare)
app.command()(doctor.doctor)
app.command()(audit.audit)
app.command()(history.history)
app.command()(report.report)
app.command()(drift.drift)
app.command()(repair.repair)
app.command()(prove.prove)
app.command("exec", context_settings={"allow_interspersed_args": False})(exec_.exec_)
app.command()(setup.setup)
app.add_typer(config.app, name="config")
app.add_typer(iam.app, name="iam")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(state.app, name="state")


def main() -> None:
    """The entry point `deploy`.

    What is imported stays until the end, and Python looks through it for garbage again and again: it is told to do so
    seldom.
    """
    machine = Machine.capture(os.environ)
    gc.set_threshold(SELDOM)
    open_streams()
    fit_terminal(columns(sys.stdout))
    leave(lambda: app(args=sys.argv[1:], standalone_mode=True, obj=machine))
