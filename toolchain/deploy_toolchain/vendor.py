"""The vendor's download site, or a mirror of it: whether it answers, its archives and its list of checksums."""

from __future__ import annotations

import platform
import shutil
import tarfile
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from deploy_toolchain.cache import sha256
from deploy_toolchain.search import ENGINE_VERSION, PLUGIN_FILE, PLUGIN_VERSION, ClosedError, Search, vouched_for

ENGINE_CHECKSUMS = f"releases/sdk/pulumi-{ENGINE_VERSION}-checksums.txt"
"""The vendor's list for the engine's archives. There is none for plugins: TLS vouches for those."""

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_PLUGIN_MACHINES = {"x64": "amd64", "arm64": "arm64"}
_READ_SECONDS = 30


@dataclass(frozen=True)
class _Archive:
    """An archive of the vendor's: its place, what it holds, the member that is wanted, the list that vouches for it."""

    path: str
    what: str
    member: str
    checksums: str = ""


def fetch_engine(search: Search, target: Path) -> None:
    """Download the engine's archive, compare it with the vendor's list, unpack the CLI to `target`. Raises ClosedError."""
    what = f"the Pulumi engine {ENGINE_VERSION} (about 130 MB)"
    _fetch(search, _Archive(engine_archive(), what, "pulumi/pulumi", ENGINE_CHECKSUMS), target)


def fetch_plugin(search: Search, target: Path) -> None:
    """Download the AWS plugin's archive and unpack the plugin to `target`. Raises ClosedError."""
    what = f"the AWS plugin {PLUGIN_VERSION} (about 200 MB)"
    _fetch(search, _Archive(plugin_archive(), what, PLUGIN_FILE), target)


def engine_archive() -> str:
    """Where the vendor has the engine for this machine. Raises ClosedError where it has none."""
    system, machine = _machine()
    return f"releases/sdk/pulumi-v{ENGINE_VERSION}-{system}-{machine}.tar.gz"


def plugin_archive() -> str:
    """Where the vendor has the AWS plugin for this machine. Raises ClosedError where it has none."""
    system, machine = _machine()
    return f"releases/plugins/{PLUGIN_FILE}-v{PLUGIN_VERSION}-{system}-{_PLUGIN_MACHINES[machine]}.tar.gz"


def _machine() -> tuple[str, str]:
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        raise ClosedError(f"vendor: no archive for {platform.system()} on {platform.machine()}")
    return system, machine


def _fetch(search: Search, archive: _Archive, target: Path) -> None:
    """Download an archive, verify it where a list vouches for it, and unpack what is wanted of it to `target`."""
    url = f"{search.vendor}/{archive.path}"
    if not _answers(search, url):
        raise ClosedError(f"vendor: {search.vendor} did not answer within {search.patience:g} seconds")
    search.say(f"Fetching {archive.what} from {search.vendor}: a minute or more …")
    packed = target.with_suffix(".tar.gz")
    try:
        _download(url, packed)
        if archive.checksums:
            _verify(packed, Path(archive.path).name, _text(f"{search.vendor}/{archive.checksums}"))
        _unpack(packed, archive.member, target)
    except (OSError, ValueError, tarfile.TarError, KeyError) as error:
        target.unlink(missing_ok=True)
        raise ClosedError(f"vendor: {url}: {error}") from None
    finally:
        packed.unlink(missing_ok=True)


def _answers(search: Search, url: str) -> bool:
    """Whether `url` can be had, as far as is known after `search.patience` seconds."""
    try:
        with _open(url, search.patience, method="HEAD"):
            return True
    except HTTPError as refused:
        search.say(f"{url}: {refused.code} {refused.reason}")
        return False
    except (OSError, ValueError):
        return False


def _download(url: str, target: Path) -> None:
    with _open(url, _READ_SECONDS) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file)


def _text(url: str) -> str:
    with _open(url, _READ_SECONDS) as answer:
        content: bytes = answer.read()
    return content.decode("utf-8")


class _OverTls(HTTPRedirectHandler):
    """Follows a redirect to where the first address could have led: not from TLS into the open."""

    def redirect_request(  # noqa: PLR0917 -- the standard library's signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The request to the new address. Raises HTTPError."""
        if not vouched_for(newurl):
            raise HTTPError(req.full_url, code, f"redirects to {newurl}, which is not over TLS", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, seconds: float, method: str = "GET") -> Any:
    """The answer. Raises OSError."""
    request = Request(url, method=method)  # noqa: S310 -- Search took no other scheme than HTTP's
    return build_opener(_OverTls).open(request, timeout=seconds)


def _verify(packed: Path, archive: str, checksums: str) -> None:
    listed = {name: digest for digest, name in (line.split() for line in checksums.splitlines() if line.strip())}
    if archive not in listed:
        raise ValueError("the vendor's list of checksums does not name it")
    digest = sha256(packed)
    if digest != listed[archive]:
        raise ValueError(f"its SHA-256 is {digest}, the vendor's list says {listed[archive]}")


def _unpack(packed: Path, name: str, target: Path) -> None:
    with tarfile.open(packed) as archive:
        member = archive.extractfile(name)
        if member is None:
            raise ValueError(f"there is no file {name} in it")
        with member, target.open("wb") as file:
            shutil.copyfileobj(member, file)
