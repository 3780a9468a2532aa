"""Whatever stands in a file, variable or document that `deploy` reads is one sentence and a documented exit code, never a bug in deploy."""

from __future__ import annotations

from pathlib import Path

from tests.command.seeds import tried


def test_no_file_and_no_variable_is_a_bug_in_deploy(tmp_path: Path) -> None:
    """Other seeds by hand: `python -m tests.command.hostile_files FOLDER 1000 5000`."""
    done = tried("hostile_files", tmp_path, 600, limit=900)
    assert (done.stdout, done.returncode) == ("", 0), done


def test_no_document_of_an_account_is_a_bug_in_deploy(tmp_path: Path) -> None:
    """States, plans, records, leases, locks, ledgers, logs; more by hand: `python -m tests.command.hostile_documents FOLDER 2000 9000`."""
    done = tried("hostile_documents", tmp_path, 1200, limit=300)
    assert (done.stdout, done.returncode) == ("", 0), done
