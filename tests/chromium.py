"""A headless Chromium, asked over its own pipe: what a page requests, how wide it is, what stands in it, how it looks."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_SHIM = """
import os, sys
for number, place in ((int(sys.argv[1]), 98), (int(sys.argv[2]), 99), (98, 3), (99, 4)):
    os.dup2(number, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads from 3 and writes to 4: this puts the pipes there, whatever their numbers are here."""

LIMIT = 60
"""Seconds that one page may take before the browser is stopped."""


def executable() -> str | None:
    """The browser of this machine, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@dataclass
class Tab:
    """One page. Speaks the DevTools protocol (chromedevtools.github.io/devtools-protocol), a NUL after each message."""

    to: IO[bytes]
    back: IO[bytes]
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _number: int = 0
    _session: str = ""
    _loaded: bool = False

    def attach(self) -> None:
        """Open the tab and listen to what it asks the network for."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def open(self, page: Path, *, width: int, dark: bool = False) -> None:
        """Show a file as a screen of that width shows it; a phone's where it is narrow."""
        self.requested.clear()
        self.complaints.clear()
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)
        phone = width < 500
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=phone)
        self._loaded = False
        self.ask("Page.navigate", url=page.as_uri())
        while not self._loaded:
            self._hear()

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression is, asked from outside of the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def ask(self, method: str, **parameters: Any) -> Any:
        """One call and its result."""
        self._number += 1
        number = self._number
        body = {"id": number, "method": method, "params": parameters}
        session = {"sessionId": self._session} if self._session else {}
        self.to.write(json.dumps({**body, **session}).encode() + b"\0")
        self.to.flush()
        while (answer := self._hear()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _hear(self) -> Any:
        said = bytearray()
        while (byte := self.back.read(1)) != b"\0":
            assert byte, "the browser has ended"
            said += byte
        message = json.loads(said)
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])
            case "Page.loadEventFired":
                self._loaded = True
        return message


@contextmanager
def chromium(home: Path) -> Iterator[Tab]:
    """A browser with a profile of its own in `home`, for as long as one is inside; stopped when it takes too long."""
    found = executable()
    assert found
    to_read, to_write = os.pipe()
    back_read, back_write = os.pipe()
    arguments = [
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
        *("--remote-debugging-pipe", f"--user-data-dir={home / 'profile'}"),
    ]
    child = subprocess.Popen(
        [sys.executable, "-c", _SHIM, str(to_read), str(back_write), found, *arguments],
        pass_fds=(to_read, back_write),
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(back_write)
    watch = threading.Timer(LIMIT, child.kill)
    watch.start()
    try:
        with os.fdopen(to_write, "wb") as to, os.fdopen(back_read, "rb") as back, suppress(BrokenPipeError):
            tab = Tab(to, back)
            tab.attach()
            yield tab
    finally:
        watch.cancel()
        child.kill()
        child.wait(timeout=LIMIT)
