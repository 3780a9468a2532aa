"""The folder of a reviewed plan: `plan.json`, the signature over its bytes, and the page for people."""

from __future__ import annotations

from pathlib import Path

from deploy_driver import remedies
from deploy_driver.bundle.seal import Sealed
from deploy_driver.errors import NotReadyError, UsageError
from deploy_project.files import content_of

LARGEST = 64 * 1024 * 1024
"""Bytes of any file of a plan."""

CONTENT, SIGNATURE, DOCUMENT = "plan.json", "plan.sig", "plan.md"


def write(folder: Path, sealed: Sealed) -> None:
    """Keep the sealed plan; what was saved there before is replaced. Raises NotReadyError when the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONTENT).unlink(missing_ok=True)  # never an old plan beside a new signature
        (folder / DOCUMENT).write_bytes(sealed.document)
        (folder / SIGNATURE).write_bytes(sealed.signature)
        (folder / CONTENT).write_bytes(sealed.content)
    except OSError as error:
        raise NotReadyError(f"the plan cannot be saved: {error.strerror}", where=str(folder)) from None


def read(folder: Path) -> Sealed:
    """What the folder holds; a missing signature or page is an empty one. Raises UsageError when there is no plan at all."""
    try:
        content = content_of(folder / CONTENT, LARGEST)
        return Sealed(content, _or_empty(folder / SIGNATURE), _or_empty(folder / DOCUMENT))
    except OSError as error:
        raise UsageError(
            f"there is no reviewed plan: {error.strerror}",
            where=str(folder / CONTENT),
            remedy=remedies.NAME_SAVED_FOLDER,
        ) from None


def _or_empty(file: Path) -> bytes:
    return content_of(file, LARGEST) if file.exists() else b""
