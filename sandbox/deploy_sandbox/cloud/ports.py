"""The loopback ports of one cloud process: the gateway's and one metadata endpoint per instance.

The same ports are taken again after a restart where they are still free, because resources remember addresses (an
HTTP API its endpoint, a stack its outputs). So they are none of those that a system gives to outgoing connections, of which
any might have one of them by then.
"""

from __future__ import annotations

import errno
import json
import random
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from deploy_sandbox.accounts import INSTANCES, SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_GATEWAY = "gateway"

_FIRST, _LAST = 15_000, 32_000
"""Linux gives outgoing connections ports from 32768 on (`ip_local_port_range`), other systems from 49152 on (RFC 6335)."""

_TRIES = 100


def listen(home: Path, port: int | None) -> tuple[socket.socket, dict[str, socket.socket]]:
    """Listening sockets for the gateway and for each instance; `port` is the gateway's, when it must be that one.

    Raises SandboxError when that port is taken.
    """
    remembered = _remembered(home)
    if port is None:
        gateway = _listen_near(remembered.get(_GATEWAY))
    else:
        try:
            gateway = _listen(port)
        except OSError as error:
            raise SandboxError(
                f"Port {port} on 127.0.0.1 is taken ({error.strerror}): choose another one, or none."
            ) from error
    instances = {name: _listen_near(remembered.get(name)) for name in INSTANCES}
    taken = {_GATEWAY: gateway, **instances}
    (home / "ports.json").write_text(
        json.dumps({name: held.getsockname()[1] for name, held in taken.items()}), encoding="utf-8"
    )
    return gateway, instances


def _remembered(home: Path) -> dict[str, int]:
    with suppress(OSError, ValueError):
        return {name: int(port) for name, port in json.loads((home / "ports.json").read_text(encoding="utf-8")).items()}
    return {}


def _listen_near(port: int | None) -> socket.socket:
    others = random.SystemRandom().sample(range(_FIRST, _LAST), _TRIES)
    for tried in others if port is None else (port, *others):
        try:
            return _listen(tried)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
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
