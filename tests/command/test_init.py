"""`deploy init` as it is typed: with options, at a terminal, and where nobody is at one."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from tests.e2e.project import DEPLOY, Ended

ORDERS = (
    *("orders", "--tools", "111111111111", "--account", "dev=222222222222"),
    *("--account", "prod=444444444444", "--region", "eu-central-1"),
)
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "AWS_REGION": "eu-north-1"}


def typed(folder: Path, *arguments: str) -> Ended:
    """The command where nobody is at a terminal."""
    done = subprocess.run(
        [str(DEPLOY), *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def at_a_terminal(folder: Path, answers: str, *arguments: str) -> Ended:
    """The command at a terminal at which these lines are typed; what is asked there is with what was typed in `err`."""
    here, there = pty.openpty()
    os.write(here, answers.encode())
    child = subprocess.Popen(
        [str(DEPLOY), *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=there,
        stdout=subprocess.PIPE,
        stderr=there,
        text=True,
    )
    out, _ = child.communicate(timeout=60)
    os.close(there)
    asked = b""
    try:
        while more := os.read(here, 4096):
            asked += more
    except OSError:  # the other end is closed
        pass
    os.close(here)
    return Ended(child.returncode, out, asked.decode())


def test_with_options_everything_is_written_and_the_next_commands_are_said(tmp_path: Path) -> None:
    ended = typed(tmp_path, "init", *ORDERS)
    assert (ended.code, ended.err) == (0, "")
    head, files = ended.out.splitlines()[0], ended.out.split("\n\n")[0].splitlines()[1:]
    assert head == f"orders: {len(files)} files"
    assert sorted(file.strip() for file in files) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    )
    assert [line.split("#")[0].strip() for line in ended.out.split("next:\n")[1].splitlines()[:4]] == [
        "deploy setup",
        "deploy sandbox up",
        "deploy bootstrap --yes",
        "deploy up --all --yes",
    ]
    listed = typed(tmp_path, "list")
    assert listed.code == 0, listed
    checked = typed(tmp_path, "iam", "check")
    assert "no findings" in checked.out, checked


def test_another_folder_is_made_and_said_in_words_that_a_shell_takes(tmp_path: Path) -> None:
    ended = typed(tmp_path, "init", *ORDERS, "--directory", "my orders; x", "--yes")
    assert ended.code == 0, ended
    assert "\n  cd 'my orders; x'\n" in ended.out
    assert (tmp_path / "my orders; x" / "deploy.toml").is_file()


def test_where_nobody_can_be_asked_everything_that_is_missing_is_said(tmp_path: Path) -> None:
    for arguments in ((), ("--yes",)):
        ended = typed(tmp_path, "init", *arguments)
        assert (ended.code, ended.out) == (2, "")
        for what in ("NAME", "--tools", "--account", "--region"):
            assert f"\n  {what}: missing, expected " in ended.err
        assert "deploy init orders --tools 111111111111" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_has_such_files_is_left_as_it_is(tmp_path: Path) -> None:
    assert typed(tmp_path, "init", *ORDERS).code == 0
    again = typed(tmp_path, "init", *ORDERS)
    assert (again.code, again.out) == (2, "")
    assert "\n  deploy.toml: is there\n" in again.err


def test_at_a_terminal_what_is_missing_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    ended = at_a_terminal(folder, "\n1\n111111111111\ndev=222222222222\n\n\ny\n", "init")
    assert ended.code == 0, ended
    assert "--tools: got 1, expected an AWS account's id, 12 digits" in ended.err
    assert "the region of all accounts, such as eu-central-1 [eu-north-1]: " in ended.err
    assert ended.out.startswith("orders: ")
    assert (folder / "Pulumi.dev.yaml").is_file()


def test_at_a_terminal_no_is_no_and_the_end_of_input_too(tmp_path: Path) -> None:
    for answers, arguments in (("n\n", ORDERS), ("\x04", ())):
        ended = at_a_terminal(tmp_path, answers, "init", *arguments)
        assert (ended.code, ended.out) == (4, ""), ended
        assert "nothing was written" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_at_a_terminal_yes_asks_nothing(tmp_path: Path) -> None:
    ended = at_a_terminal(tmp_path, "", "init", *ORDERS, "--yes")
    assert (ended.code, ended.err) == (0, "")
