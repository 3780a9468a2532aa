"""The vendor's download site on loopback: archives and the list of checksums, where the vendor has them."""

from __future__ import annotations

import functools
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deploy_toolchain.search import PLUGIN_FILE
from deploy_toolchain.vendor import ENGINE_CHECKSUMS, engine_archive, plugin_archive

REDIRECTS = "redirect"
"""A file of this name in the served folder holds the address at which everything else is."""


class _Site(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if not self._elsewhere():
            super().do_GET()

    def do_HEAD(self) -> None:
        if not self._elsewhere():
            super().do_HEAD()

    def _elsewhere(self) -> bool:
        moved = Path(self.directory) / REDIRECTS
        if not moved.is_file():
            return False
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", moved.read_text("utf-8") + self.path)
        self.end_headers()
        return True

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; yields the address."""
    folder.mkdir(exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Site, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def publish_engine(folder: Path, content: bytes, *, digest: str = "") -> None:
    """Put the engine's archive there, and its SHA-256, or another one, on the list."""
    packed = _pack(folder / engine_archive(), "pulumi/pulumi", content)
    digest = digest or hashlib.sha256(packed.read_bytes()).hexdigest()
    (folder / ENGINE_CHECKSUMS).write_text(f"{digest}  {packed.name}\n", encoding="utf-8")


def publish_plugin(folder: Path, content: bytes, *, name: str = PLUGIN_FILE) -> None:
    """Put the AWS plugin's archive there."""
    _pack(folder / plugin_archive(), name, content)


def _pack(archive: Path, name: str, content: bytes) -> Path:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, mode="w:gz", compresslevel=1) as packed:
        packed.addfile(member, io.BytesIO(content))
    return archive
