"""The plugin process: serves the protocol on a free loopback port and prints the port as its first line, as the engine expects.

The engine gives its own address as argument; this plugin has nothing to tell it. It ends on SIGINT or SIGTERM, and when the engine is gone.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading

from deploy_sandbox.plugin.server import serving

_WATCH = 1.0  # seconds between looks at whether the engine still lives, where no pipe tells
_STDIN = 0


def main() -> None:
    """Serve until told to end."""
    engine = os.getppid()
    over = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: over.set())
    if stat.S_ISFIFO(os.fstat(_STDIN).st_mode):
        threading.Thread(target=_until_engine_is_gone, args=(over,), daemon=True).start()
    _server, port = serving()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=_warm, daemon=True).start()
    while not over.wait(_WATCH) and os.getppid() == engine:
        pass
    os._exit(0)  # at once: calls under way are the engine's to give up, and it waits for this process


def _until_engine_is_gone(over: threading.Event) -> None:
    """The engine holds the other end of this pipe, so that it is closed however the engine ends.

    A parent that was killed while this process was still being loaded is never seen to go.
    """
    while os.read(_STDIN, 1024):
        pass
    over.set()


def _warm() -> None:
    """The AWS SDK takes longer to load than the engine takes to ask: begin before it does."""
    from deploy_sandbox.plugin import session

    session.warm()


if __name__ == "__main__":
    main()
