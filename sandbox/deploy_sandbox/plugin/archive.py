"""The zip that Lambda gets for an archive: a zip as it is, and of the same files the same bytes on every machine and in every account."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.wire import Asset, CodeArchive

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say
_MODE = 0o644 << 16


def zipped(archive: CodeArchive) -> bytes:
    """A zip as it is, and any other archive as one with sorted names, fixed times and modes."""
    if archive.path and not Path(archive.path).is_dir():
        return _as_it_is(archive.path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(_files(archive, "")):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = _MODE
            entry.create_system = 3  # Unix, wherever this runs
            target.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def code_sha256(content: bytes) -> str:
    """Lambda's `CodeSha256`: the zip's SHA-256 in base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _files(archive: CodeArchive, prefix: str) -> Iterator[tuple[str, bytes]]:
    if archive.uri:
        raise PluginError(f"code: the sandbox's plugin does not fetch remote archives ({archive.uri})")
    if archive.path:
        folder = Path(archive.path)
        if not folder.is_dir():
            raise PluginError(f"code: the sandbox's plugin packs no archive into another ({archive.path})")
        files = (file for file in folder.rglob("*") if file.is_file())
        yield from ((f"{prefix}{file.relative_to(folder).as_posix()}", file.read_bytes()) for file in files)
    for name, entry in (archive.assets or {}).items():
        if isinstance(entry, CodeArchive):
            yield from _files(entry, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", _content(entry, name)


def _as_it_is(path: str) -> bytes:
    if not zipfile.is_zipfile(path):
        raise PluginError(f"code: {path} is neither a folder nor a zip")
    return Path(path).read_bytes()


def _content(asset: Asset, name: str) -> bytes:
    if asset.uri:
        raise PluginError(f"code[{name!r}]: the sandbox's plugin does not fetch remote assets ({asset.uri})")
    if not asset.path:
        return asset.text.encode()
    try:
        return Path(asset.path).read_bytes()
    except OSError as error:
        raise PluginError(f"code[{name!r}]: {asset.path} cannot be read: {error.strerror}") from error
