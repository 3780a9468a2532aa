"""The zip that Lambda gets for an archive: the same files give the same bytes on every machine and in every account.

An archive is a folder, a zip file, or names with files, texts and archives under them. A zip file by itself is handed on as it is.
"""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.wire import Asset, CodeArchive

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say
_PLAIN, _EXECUTABLE = 0o644, 0o755
_BOOKKEEPING = ".pulumi"  # the engine's own folder, which is part of no archive


@dataclass(frozen=True, order=True)
class _File:
    """One file of an archive; a custom runtime's `bootstrap` has to be executable."""

    name: str
    content: bytes
    executable: bool = False


def zipped(archive: CodeArchive) -> bytes:
    """The archive as a zip with sorted names, fixed times and modes. PluginError naming what cannot be packed."""
    demand_packable(archive)
    path = Path(archive.path)
    if archive.path and archive.assets is None and path.is_file():
        return _read(path, path.name).content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(_files(archive, "")):
            entry = zipfile.ZipInfo(file.name, date_time=_EPOCH)
            entry.external_attr = (_EXECUTABLE if file.executable else _PLAIN) << 16
            entry.create_system = 3  # Unix, wherever this runs
            target.writestr(entry, file.content, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def demand_packable(entry: CodeArchive | Asset, name: str = "code") -> None:
    """PluginError naming the part of an archive that this plugin does not fetch, or that is neither a folder nor a zip file.

    What is only known by its hash, as in old state, passes.
    """
    if entry.uri:
        raise PluginError(
            f"{name}: the sandbox's plugin fetches nothing from elsewhere ({entry.uri}): give a file or a folder"
        )
    if isinstance(entry, Asset):
        return
    for inner, content in (entry.assets or {}).items():
        demand_packable(content, f"{name}[{inner!r}]")
    path = Path(entry.path)
    if entry.path and path.is_file() and not zipfile.is_zipfile(path):
        raise PluginError(f"{name}: {path} is neither a folder nor a zip file, and the plugin packs no other archive")


def code_sha256(content: bytes) -> str:
    """Lambda's `CodeSha256`: the zip's SHA-256 in base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _files(archive: CodeArchive, prefix: str) -> Iterator[_File]:
    if archive.assets is None:
        yield from _at(Path(archive.path), prefix)
        return
    for name, entry in archive.assets.items():
        if isinstance(entry, CodeArchive):
            yield from _files(entry, f"{prefix}{name}/")
        else:
            yield _asset(entry, f"{prefix}{name}")


def _at(path: Path, prefix: str) -> Iterator[_File]:
    """The files of a folder or of a zip file on this machine."""
    if path.is_dir():
        for file in path.rglob("*"):
            inside = file.relative_to(path)
            if file.is_file() and _BOOKKEEPING not in inside.parts:
                yield _read(file, f"{prefix}{inside.as_posix()}")
        return
    with zipfile.ZipFile(io.BytesIO(_read(path, path.name).content)) as opened:
        for entry in opened.infolist():
            if not entry.is_dir():
                mode = entry.external_attr >> 16
                yield _File(f"{prefix}{entry.filename}", opened.read(entry), executable=bool(mode & stat.S_IXUSR))


def _asset(asset: Asset, name: str) -> _File:
    return _read(Path(asset.path), name) if asset.path else _File(name, asset.text.encode())


def _read(path: Path, name: str) -> _File:
    try:
        return _File(name, path.read_bytes(), executable=bool(path.stat().st_mode & stat.S_IXUSR))
    except OSError as error:
        raise PluginError(f"code[{name!r}]: {path} cannot be read: {error.strerror}") from error
