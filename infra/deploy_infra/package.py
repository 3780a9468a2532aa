"""What a function or a layer is made of, as one file that is the same on every machine: from a folder, a zip or requirements.

    folder        every file below it, in order, with fixed times; `.deployignore` leaves some out (gitignore's syntax)
    zip           taken as it is: somebody else has built it
    requirements  pinned packages, installed for Lambda's platform, as a layer's `python/`

Files are not compressed: what a compressor writes depends on its version, and so would the digest. Only what is too large to
be uploaded so is compressed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import pulumi
from filelock import FileLock, Timeout
from pathspec import GitIgnoreSpec

IGNORE = ".deployignore"
"""The file beside the code that says what of the folder is not packed."""

NEVER = ("__pycache__/", ".git", ".venv/", "*.pyc", f"/{IGNORE}")
"""What is not packed whatever the project says: it differs from machine to machine, or is not code."""

ZIPPED = 50 * 1024 * 1024
UNZIPPED = 250 * 1024 * 1024
"""Bytes that Lambda takes (Lambda Developer Guide, quotas: "Deployment package size")."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say."""

_OF_THE_INSTALLER = (
    "/bin/",
    "/.lock",
    *(f"/*.dist-info/{name}" for name in ("RECORD", "INSTALLER", "REQUESTED", "*.json")),
)
"""What an installer leaves beside the packages: scripts with the path of this machine's Python, and who has installed what."""

_PINNED = re.compile(
    r"""(?x)
    (?P<name> [A-Za-z0-9][A-Za-z0-9._-]* ) \s* (?: \[ [^\]]* \] )? \s*
    (?: ===? \s* [^\s;,*]+ | @ \s* \S+ .* \s --hash=\S+ )
    (?: \s* ; .* | \s+ --hash= .* )? $
    """
)
"""One version and no other: `NAME==VERSION`, or an address with the hash of what is there (pip, requirements file format)."""

_OTHER_FILES = re.compile(r"-[rce]|--(requirement|constraint|editable)\b")

_MEGABYTE = 1024 * 1024
_QUIET = 10.0
"""Seconds of work after which the engine is told that it goes on."""


class PackageError(ValueError):
    """The package cannot be made: what is wrong where, and what to do."""


@dataclass(frozen=True)
class Package:
    """A file for `pulumi.FileArchive`. `digest` is its SHA-256 in base64, which AWS calls `CodeSha256`."""

    path: Path
    digest: str


def package(source: Path, *, prefix: str = "") -> Package:
    """A folder as a zip in which its files lie below `prefix`, or a zip as it is. Raises PackageError."""
    if source.is_dir():
        return _kept(_zipped(_entries(source, prefix), source), source)
    if not source.exists():
        raise PackageError(f"{source}: there is neither a folder nor a zip; build it first, or correct the path")
    if prefix:
        raise PackageError(f"{source}: a zip is taken as it is, and cannot be given the prefix {prefix!r}")
    _check_size(source, source.stat().st_size, ZIPPED, "zipped")
    content = _read(source)
    _check_zip(source, content)
    return _kept(content, source)


def layer(requirements: Path, *, python: str, platform: str) -> Package:
    """A layer of the packages that a requirements file pins, for `python` (such as `3.13`) on `platform` (`manylinux2014_aarch64`).

    It is built once for each content of the file, and taken from `.deploy/packages` from then on. Raises PackageError.
    """
    content = _read(requirements)
    pins = _pins(requirements, content.decode("utf-8", "replace"))
    asked = hashlib.sha256(b"\0".join((content, python.encode(), platform.encode()))).hexdigest()
    built = _packages(requirements) / f"layer-{asked}"
    with _alone(built.with_suffix(".lock"), requirements):
        if built.is_file() and (known := _known(built.parent / f"{built.read_text('ascii')}.zip")):
            return known
        with TemporaryDirectory(dir=built.parent) as work:
            _install(requirements, Path(work), python, platform)
            _require_pinned(requirements, Path(work), pins)
            made = _kept(_zipped(_entries(Path(work), "python", but=_OF_THE_INSTALLER), requirements), requirements)
        built.write_text(made.path.stem, "ascii")
    return made


@dataclass(frozen=True)
class _Entry:
    """One file of a package: its name there, where it lies, whether it can be executed."""

    name: str
    file: Path
    executable: bool


def _entries(source: Path, prefix: str, *, but: Sequence[str] = ()) -> list[_Entry]:
    """All files to pack, by their names in order."""
    ignore = source / IGNORE
    lines = _read(ignore).decode("utf-8", "replace").splitlines() if ignore.is_file() else []
    try:
        ignored = GitIgnoreSpec.from_lines([*lines, *NEVER, *but])
    except ValueError as error:
        raise PackageError(f"{ignore}: {error}") from None
    below = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    found = _walk(source, source.resolve(), "", ignored, ())
    entries = (_Entry(below + name, file, bool(file.stat().st_mode & 0o100)) for name, file in found)
    return sorted(entries, key=lambda entry: entry.name)


def _walk(
    folder: Path, root: Path, below: str, ignored: GitIgnoreSpec, above: tuple[Path, ...]
) -> Iterator[tuple[str, Path]]:
    """Every file, under the name by which it is found. A link is what it leads to, if that lies in the folder that is packed."""
    here = folder.resolve()
    if here in above:
        raise PackageError(f"{folder}: the link leads to a folder that it lies in; remove it, or name it in {IGNORE}")
    for path in _listed(folder):
        name = f"{below}{path.name}"
        if ignored.match_file(f"{name}/" if path.is_dir() else name):
            continue
        _check_path(path, root)
        if path.is_dir():
            yield from _walk(path, root, f"{name}/", ignored, (*above, here))
        else:
            yield name, path


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise PackageError(f"{folder}: cannot be read: {error.strerror}") from None


def _check_path(path: Path, root: Path) -> None:
    """Whether it can be packed: a link that stays in the folder, a file or a folder, with a name that a zip can say."""
    said, otherwise = os.fsencode(path).decode("utf-8", "replace"), f"or name it in {IGNORE}"
    if not path.exists():
        raise PackageError(f"{said}: the link leads nowhere; remove it, {otherwise}")
    if not path.resolve().is_relative_to(root):
        raise PackageError(
            f"{said}: the link leads out of the folder, to {path.resolve()}; put a copy in its place, {otherwise}"
        )
    if not (path.is_dir() or path.is_file()):
        raise PackageError(f"{said}: neither a file nor a folder; remove it, {otherwise}")
    if said != str(path):
        raise PackageError(f"{said}: the name is not UTF-8; rename it, {otherwise}")


def _zipped(entries: Sequence[_Entry], source: Path) -> bytes:
    if not entries:
        raise PackageError(f"{source}: there is no file to pack, apart from what is left out")
    size = sum(entry.file.stat().st_size for entry in entries)
    _check_size(source, size, UNZIPPED, "unzipped")
    headers = sum(30 + 46 + 2 * len(entry.name.encode()) for entry in entries) + 22  # APPNOTE.TXT, 4.3
    how = zipfile.ZIP_STORED if size + headers <= ZIPPED else zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, _EPOCH)
            info.create_system = 3  # Unix, wherever this runs
            info.external_attr = (0o100755 if entry.executable else 0o100644) << 16
            archive.writestr(info, _read(entry.file), how)
    return buffer.getvalue()


def _check_zip(source: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
    except zipfile.BadZipFile:
        raise PackageError(f"{source}: not a zip; expected a folder or a zip") from None
    if not files:
        raise PackageError(f"{source}: there is no file in the zip")
    _check_size(source, sum(one.file_size for one in files), UNZIPPED, "unzipped")


def _check_size(source: Path, size: int, most: int, how: str) -> None:
    if size > most:
        raise PackageError(
            f"{source}: {size / _MEGABYTE:.1f} MB {how}, and Lambda takes {most // _MEGABYTE} MB; "
            f"leave out what is not needed ({IGNORE}), or move dependencies into a layer"
        )


def _kept(content: bytes, source: Path) -> Package:
    """The package in the project's folder of packages, under its digest. A file that is there already is left alone."""
    _check_size(source, len(content), ZIPPED, "zipped")
    path = _packages(source) / f"{hashlib.sha256(content).hexdigest()}.zip"
    if known := _known(path):
        return known
    try:
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)
    except OSError as error:
        raise PackageError(f"{path}: cannot be written: {error.strerror}") from None
    return Package(path, _code_sha256(content))


def _known(path: Path) -> Package | None:
    """What was built before, unless it is gone or no longer what its name says."""
    content = path.read_bytes() if path.is_file() else b""
    return Package(path, _code_sha256(content)) if hashlib.sha256(content).hexdigest() == path.stem else None


def _code_sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PackageError(f"{file}: cannot be read: {error.strerror}") from None


def _packages(source: Path) -> Path:
    """Where the project keeps packages: `.deploy/packages` beside the `Pulumi.yaml` that is nearest above the source."""
    root = next((above for above in source.absolute().parents if (above / "Pulumi.yaml").is_file()), None)
    if root is None:
        raise PackageError(f"{source}: in no project: no folder above it has a Pulumi.yaml; put it into the project")
    folder = root / ".deploy" / "packages"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PackageError(f"{folder}: cannot be made: {error.strerror}") from None
    return folder


def _pins(requirements: Path, text: str) -> set[str]:
    """The names of the packages that are pinned. Raises PackageError with the line of one that is not."""
    found, joined = set[str](), ""
    for number, line in enumerate(text.splitlines(), 1):
        said = joined + re.sub(r"(^|\s)#.*", "", line).strip()
        joined = f"{said[:-1].rstrip()} " if said.endswith("\\") else ""
        if joined or not said or (said.startswith("-") and not _OTHER_FILES.match(said)):
            continue
        pinned = _PINNED.fullmatch(said)
        if not pinned:
            raise PackageError(
                f"{requirements}:{number}: {said!r} is not pinned; expected NAME==VERSION, with or without --hash, "
                "so that the same layer is built at every time"
            )
        found.add(_normal(pinned["name"]))
    if not found:
        raise PackageError(f"{requirements}: it names no package")
    return found


def _normal(name: str) -> str:
    """A package's name as all ways to write it are one (PyPA specifications, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _require_pinned(requirements: Path, installed: Path, pins: set[str]) -> None:
    """Nothing was installed but what is pinned: what a package needs besides could be another version tomorrow."""
    found = {path.name.removesuffix(".dist-info").rpartition("-")[::2] for path in installed.glob("*.dist-info")}
    missing = sorted(f"{name}=={version}" for name, version in found if _normal(name) not in pins)
    if missing:
        raise PackageError(f"{requirements}: not pinned, and needed by what is; add {', '.join(missing)}")


@contextmanager
def _alone(file: Path, requirements: Path) -> Iterator[None]:
    """While inside, nobody else builds the same layer."""
    lock = FileLock(file, timeout=_QUIET, thread_local=False)
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            pulumi.log.info(f"waiting for another process, which builds the layer of {requirements.name}")
    try:
        yield
    finally:
        lock.release()


def _install(requirements: Path, target: Path, python: str, platform: str) -> None:
    """Install what the file names, and nothing that would have to be built here."""
    command = _installer(requirements, target, python, platform)
    pulumi.log.info(f"building the layer of {requirements.name} for Python {python} on {platform}: once")
    with subprocess.Popen(
        command,
        cwd=requirements.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        said: str | None = None
        while said is None:
            try:
                said = process.communicate(timeout=_QUIET)[0]
            except subprocess.TimeoutExpired:
                pulumi.log.info(f"still building the layer of {requirements.name}")
    if process.returncode:
        raise PackageError("\n  ".join([f"{requirements}: it cannot be installed:", *said.strip().splitlines()[-12:]]))


def _installer(requirements: Path, target: Path, python: str, platform: str) -> list[str]:
    """The command of uv, which also decides by the other platform what is needed there; of pip where uv is not."""
    root = _packages(requirements).parent
    places = [str(Path(sys.executable).parent), str(root / "uv" / "bin"), *os.get_exec_path()]
    if uv := shutil.which("uv", path=os.pathsep.join(places)):
        system, _, machine = re.sub(r"_(x86_64|aarch64)$", r"|\1", platform).partition("|")
        own = ["--python", sys.executable, "--python-platform", f"{machine}-{system}"]
        install = [uv, "pip", "install", "--no-progress", "--link-mode", "copy", *own]
    elif find_spec("pip"):
        install = [sys.executable, "-m", "pip", "install", "--no-input", "--no-compile", "--disable-pip-version-check"]
        install += ["--platform", platform]
    else:
        raise PackageError(f"{requirements}: neither uv nor pip is here to install it; install one beside deploy")
    where = ["--requirement", str(requirements.absolute()), "--target", str(target)]
    return [*install, *where, "--python-version", python, "--only-binary", ":all:"]
