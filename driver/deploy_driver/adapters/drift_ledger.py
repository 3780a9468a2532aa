"""The ledger of drift as a file, replaced as a whole: a run that is cut off leaves the old one."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from deploy_driver import remedies
from deploy_driver.drift.ledger import Entries, LedgerEntry
from deploy_driver.errors import UsageError
from deploy_project.files import content_of

VERSION = 1

_ENTRIES = TypeAdapter(dict[str, LedgerEntry])

LARGEST = 64 * 1024 * 1024
"""Bytes of a ledger."""


def require_ledger(path: Path) -> None:
    """Make sure, before anybody looks, that it can be read and replaced. Raises UsageError."""
    read_ledger(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _draft(path).touch()
        _draft(path).unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def read_ledger(path: Path) -> Entries:
    """The entries; none where no file is yet. Raises UsageError when it is no ledger."""
    try:
        held = json.loads(content_of(path, LARGEST).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), remedy=remedies.OTHER_LEDGER) from None
    version = held.get("version") if isinstance(held, dict) else None
    if version != VERSION:
        what = f"it is of version {version!r:.40}, expected {VERSION}"
        raise UsageError(what, where=str(path), remedy=remedies.OTHER_LEDGER)
    try:
        return _ENTRIES.validate_python(held.get("entries"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        what = f"it is no ledger of drift: {'.'.join(map(str, first['loc'])):.200}: {first['msg']}"
        raise UsageError(what, where=str(path), remedy=remedies.OTHER_LEDGER) from None


def write_ledger(path: Path, entries: Entries) -> None:
    """Replace the file. Raises UsageError when that is not possible."""
    text = json.dumps({"version": VERSION, "entries": {key: asdict(entry) for key, entry in entries.items()}}, indent=2)
    draft = _draft(path)
    try:
        draft.write_text(f"{text}\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise _unwritable(path, error) from None


def _draft(path: Path) -> Path:
    """A name of this process's own: somebody else may be looking for drift with the same ledger."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot be written: {error}", where=str(path), remedy=remedies.OTHER_LEDGER)
