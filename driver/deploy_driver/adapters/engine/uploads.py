"""Looks at each file that the program hands to a resource, before the engine has it, and refuses what is not as expected."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy_driver.digest import shown
from deploy_driver.values import Upload, Urn

if TYPE_CHECKING:
    from pulumi import ResourceTransformationArgs


class UnexpectedUploadError(Exception):
    """The program hands other files to a resource than were expected: which resource, and both digests."""


class UploadGuard:
    """Refuses the first upload that is another than the `expected` one. Relative paths are those of the program's `folder`."""

    def __init__(self, folder: Path, expected: Sequence[Upload]) -> None:
        self._folder = folder
        self._expected: dict[tuple[str, str, str], list[Upload]] = {}
        for upload in expected:
            key = (Urn(upload.urn).type, Urn(upload.urn).name, upload.property)
            self._expected.setdefault(key, []).append(upload)
        self.refusal: UnexpectedUploadError | None = None

    def __call__(self, args: ResourceTransformationArgs) -> None:
        """Called with every resource that the program declares. Raises pulumi.RunError."""
        from pulumi import RunError

        for key, value in (args.props or {}).items():
            expected = self._expected.get((args.type_, args.name, _camel(key)), [])
            found = dict(self._digests("", value)) if expected else {}
            if found and not any(_same(found, upload) for upload in expected):
                what = f"{_camel(key)} of {args.name} ({args.type_})"
                self.refusal = self.refusal or UnexpectedUploadError(f"{what}: {_both(expected[0], found)}")
                raise RunError(str(self.refusal))

    def _digests(self, name: str, value: Any) -> Iterator[tuple[str, str]]:
        """Each file by its name with its digest; empty where only the engine can tell, and nothing for what is no file."""
        from pulumi import AssetArchive, FileArchive, FileAsset, RemoteArchive, RemoteAsset, StringAsset

        if isinstance(value, AssetArchive):
            for inner, part in value.assets.items():
                yield from self._digests(f"{name}/{inner}" if name else inner, part)
        elif isinstance(value, StringAsset):
            yield name, hashlib.sha256(str(value.text).encode()).hexdigest()
        elif isinstance(value, FileAsset | FileArchive):
            path = self._folder / str(value.path)
            yield name, hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        elif isinstance(value, RemoteAsset | RemoteArchive):
            yield name, ""


def _same(found: Mapping[str, str], upload: Upload) -> bool:
    there = {file.name: file.digest for file in upload.files}
    return found.keys() == there.keys() and all(digest in {"", there[name]} for name, digest in found.items())


def _both(expected: Upload, found: Mapping[str, str]) -> str:
    """Expected and found, of an archive of single files for each that is not the same on both sides."""
    there = {file.name: file.digest for file in expected.files}
    names = (name for name in sorted({*there, *found}) if found.get(name, "nothing") not in {"", there.get(name)})
    return "; ".join(
        f"{name}{': ' if name else ''}expected {_shown(there.get(name))}, found {_shown(found.get(name))}"
        for name in names
    )


def _shown(digest: str | None) -> str:
    return shown(digest) if digest else "nothing"


def _camel(key: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), key)
