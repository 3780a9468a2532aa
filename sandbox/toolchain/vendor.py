"""The vendor's download site: whether it answers, the engine's archive and its checksum."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tarfile
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sandbox.toolchain.search import Search
from sandbox.toolchain.tool import ENGINE_VERSION
from sandbox.toolchain.ways import ClosedError

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_READ_SECONDS = 30


def answers(search: Search, url: str) -> bool:
    """Whether `url` can be had, as far as is known after `search.patience` seconds."""
    try:
        with urlopen(Request(url, method="HEAD"), timeout=search.patience):  # noqa: S310 -- the scheme is ours
            return True
    except HTTPError as refused:
        search.say(f"{url}: {refused.code} {refused.reason}")
        return False
    except (OSError, ValueError):
        return False


def fetch_engine(search: Search, target: Path) -> None:
    """Download the engine's archive, verify its SHA-256 against the vendor's list, and unpack the CLI to `target`."""
    archive = archive_name()
    base = f"{search.vendor}/releases/sdk"
    if not answers(search, f"{base}/{archive}"):
        raise ClosedError(f"vendor: {search.vendor} did not answer within {search.patience:g} seconds")
    search.say(f"Fetching the Pulumi engine {ENGINE_VERSION} from {search.vendor} (about 130 MB) …")
    packed = target.with_suffix(".tar.gz")
    try:
        _download(f"{base}/{archive}", packed)
        _verify(packed, archive, _text(f"{base}/pulumi-{ENGINE_VERSION}-checksums.txt"))
        _unpack(packed, target)
    except (OSError, ValueError, tarfile.TarError, KeyError) as error:
        raise ClosedError(f"vendor: {base}/{archive}: {error}") from None
    finally:
        packed.unlink(missing_ok=True)


def archive_name() -> str:
    """The archive for this machine. Raises ClosedError where the vendor has none."""
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        raise ClosedError(f"vendor: no archive for {platform.system()} on {platform.machine()}")
    return f"pulumi-v{ENGINE_VERSION}-{system}-{machine}.tar.gz"


def _download(url: str, target: Path) -> None:
    with urlopen(url, timeout=_READ_SECONDS) as answer, target.open("wb") as file:  # noqa: S310 -- the scheme is ours
        shutil.copyfileobj(answer, file)


def _text(url: str) -> str:
    with urlopen(url, timeout=_READ_SECONDS) as answer:  # noqa: S310 -- the scheme is ours
        content: bytes = answer.read()
    return content.decode("utf-8")


def _verify(packed: Path, archive: str, checksums: str) -> None:
    listed = {name: digest for digest, name in (line.split() for line in checksums.splitlines() if line.strip())}
    if archive not in listed:
        raise ValueError("the vendor's list of checksums does not name it")
    with packed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != listed[archive]:
        raise ValueError(f"its SHA-256 is {digest}, the vendor's list says {listed[archive]}")


def _unpack(packed: Path, target: Path) -> None:
    with tarfile.open(packed) as archive:
        member = archive.extractfile("pulumi/pulumi")
        if member is None:
            raise ValueError("there is no pulumi/pulumi in it")
        with member, target.open("wb") as file:
            shutil.copyfileobj(member, file)
