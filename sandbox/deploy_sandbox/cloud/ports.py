"""The loopback ports of one cloud process: the gateway's and one metadata endpoint per instance.

The same ports are taken again after a restart where they are still free, because resources remember addresses (an
HTTP API its endpoint, a stack its outputs).
"""

from __future__ import annotations

import errno
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from deploy_sandbox.accounts import INSTANCES, SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_GATEWAY = "gateway"


def listen(home: Path, port: int | None) -> tuple[socket.socket, dict[str, socket.socket]]:
    """Listening sockets for the gateway and for each instance; `port` is the gateway's, when it must be that one.

    Raises SandboxError when that port is taken.
    """
    remembered = _remembered(home)
    if port is None:
        gateway = _listen_near(remembered.get(_GATEWAY, 0))
    else:
        try:
            gateway = _listen(port)
        except OSError as error:
            raise SandboxError(
                f"Port {port} on 127.0.0.1 is taken ({error.strerror}): choose another one, or none."
            ) from error
    instances = {name: _listen_near(remembered.get(name, 0)) for name in INSTANCES}
    taken = {_GATEWAY: gateway, **instances}
    (home / "ports.json").write_text(
        json.dumps({name: held.getsockname()[1] for name, held in taken.items()}), encoding="utf-8"
    )
    return gateway, instances


def _remembered(home: Path) -> dict[str, int]:
    with suppress(OSError, ValueError):
        return {name: int(port) for name, port in json.loads((home / "ports.json").read_text(encoding="utf-8")).items()}
    return {}


def _listen_near(port: int) -> socket.socket:
    try:
        return _listen(port)
    except OSError as error:
        if port == 0 or error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return _listen(0)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
