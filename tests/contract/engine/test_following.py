"""What is said to do where a program or the engine fails, done: the same call succeeds."""

from __future__ import annotations

import subprocess

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.engine.workdir import engine_environment
from deploy_driver.record.catalogue import Diagnostic
from deploy_driver.values import EngineStatus
from tests.carried import PrintedRemedy, gone, printed
from tests.contract.engine.conftest import PASSPHRASE, Bench

pytestmark = pytest.mark.engine

ONE = 'Thing("one", label="one")'
TWO = f'{ONE}; Thing("two", label="two")'
PROTECTED = (
    f'{ONE}; pulumi.CustomResource("probe:index:Thing", "two", {{"label": "two"}}, '
    'pulumi.ResourceOptions(version="1.0.0", protect=True))'
)


def up(bench: Bench, body: str) -> str:
    """Deploy a program; all that is said then about what went wrong."""
    bench.program(body)
    bench.events.clear()
    report = bench.call("up")
    assert (report.status is EngineStatus.SUCCEEDED) is (not report.failure), report
    errors = [event.message for event in bench.said(Diagnostic) if event.severity == "error"]
    return "\n".join([*errors, report.failure, report.remedy])


def test_a_program_is_left_with_the_provider_whose_plugin_is_there(bench: Bench) -> None:
    printed(remedies.AWS_PROVIDER_ONLY, up(bench, f'{ONE}; pulumi.CustomResource("nowhere:index:Thing", "two", {{}})'))
    gone(remedies.AWS_PROVIDER_ONLY, up(bench, ONE))


def test_space_is_freed_on_a_disk_that_is_full(bench: Bench) -> None:
    """The program writes a package, as most programs do."""
    body = f'from pathlib import Path\nPath(__file__).with_name("code.zip").write_bytes(b"code")\n{ONE}'
    bench.program(body)
    package = bench.root / "program" / "code.zip"
    package.symlink_to("/dev/full")
    printed(remedies.FREE_SPACE, up(bench, body))
    package.unlink()
    gone(remedies.FREE_SPACE, up(bench, body))


def refused_to_delete(bench: Bench) -> str:
    """What is said where the program declares no more what is protected."""
    assert "protected" not in up(bench, PROTECTED)
    return up(bench, ONE)


def test_what_is_protected_is_deleted_once_the_program_protects_it_no_more(bench: Bench) -> None:
    printed(remedies.UP_INSTEAD, refused_to_delete(bench))
    up(bench, TWO)
    gone(remedies.UP_INSTEAD, up(bench, ONE))


def test_what_is_protected_is_deleted_once_the_engine_itself_has_let_go_of_it(bench: Bench) -> None:
    pulumi(bench, printed(remedies.ENGINE_ITSELF, refused_to_delete(bench)))
    gone(remedies.ENGINE_ITSELF, up(bench, ONE))


def pulumi(bench: Bench, found: PrintedRemedy) -> None:
    """Run the engine as `deploy exec` runs it, for somebody who is at no terminal."""
    [command] = found.commands
    words = command[command.index("--") + 2 :]
    environment = engine_environment(PASSPHRASE, state_url=bench.state.as_uri(), home=bench.home)
    subprocess.run(
        [str(bench.cli.path), *words, "--yes"],
        cwd=bench.root,
        env={**environment, "PULUMI_STACK": found["stack"]},
        check=True,
        capture_output=True,
    )


def test_a_passphrase_is_nothing_that_a_run_is_given(bench: Bench) -> None:
    assert up(bench, ONE).strip() == ""
    report = bench.call("up", environment={})
    assert (
        report.failure == "the secrets in the state of the stack are encrypted with a passphrase, which no run is given"
    )
