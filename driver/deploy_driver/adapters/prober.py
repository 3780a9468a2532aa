"""Asks a deployed service over HTTP how it is, until it answers or time is up."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver.errors import NotReadyError
from deploy_driver.ports import Clock

ANSWER_LIMIT = 64 * 1024
"""Bytes of an answer that are read; a health answer is far smaller."""


@dataclass(frozen=True)
class HttpProber:
    """The Prober port. A new API needs some seconds to answer everywhere, so refusals are asked again."""

    clock: Clock
    pause: float = 0.5

    def health(self, url: str, timeout: int) -> Mapping[str, Any]:
        """`GET url/health`, as JSON. Raises NotReadyError with the last answer when `timeout` seconds are over."""
        if not url.startswith(("https://", "http://")):
            raise NotReadyError(f"{url!r} is not an HTTP address")
        end = self.clock.now() + timeout
        while True:
            try:
                return _ask(f"{url}/health")
            except (OSError, ValueError) as error:
                if self.clock.now() >= end:
                    raise NotReadyError(f"{url}/health does not answer after {timeout} s: {error}") from None
            self.clock.sleep(self.pause)


def _ask(url: str) -> Mapping[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- the scheme was checked
        body = json.loads(answer.read(ANSWER_LIMIT))
    if not isinstance(body, dict):
        raise ValueError("the answer is not a JSON object")  # noqa: TRY004 -- the caller retries on ValueError
    return body
