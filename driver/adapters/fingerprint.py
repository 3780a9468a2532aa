"""Digests of files and folders: what the program and its settings are, byte for byte."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from driver.bundle.canonical import digest, digest_of
from driver.bundle.model import ABSENT


def of_file(path: Path) -> str:
    """The digest of a file's bytes; ABSENT where there is none."""
    return digest(path.read_bytes()) if path.is_file() else ABSENT


def of_folder(folder: Path, *, but: Path) -> str:
    """The digest of all names and contents below a folder: hidden folders, virtual environments, byte code and `but` left out.

    What is left out is not part of a program: Python does not import it from there, or makes it itself.
    """
    return digest_of({path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder, but)})


def _files(folder: Path, but: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place)
        folders[:] = [name for name in folders if _belongs(here / name, but)]
        yield from (here / name for name in files if (here / name).is_file())


def _belongs(folder: Path, but: Path) -> bool:
    outside = folder.name.startswith(".") or folder.name == "__pycache__" or (folder / "pyvenv.cfg").exists()
    place = folder.resolve()
    round_in_a_circle = folder.parent.resolve().is_relative_to(place)
    return not outside and not round_in_a_circle and place != but.resolve()
