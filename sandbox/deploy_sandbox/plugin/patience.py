"""Waiting for AWS: what was just made is not everywhere at once, and some things take a moment to settle."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.plugin.account import EnteredAccount

T = TypeVar("T")

_PAUSE = 0.5  # seconds
_SECONDS = 20.0


def retrying(
    account: EnteredAccount, action: Callable[[], T], *, when: Callable[[ClientError], bool], seconds: float = _SECONDS
) -> T:
    """Do it again while it is refused for the reason given, `seconds` long; then let the refusal out."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return action()
        except ClientError as error:
            if not when(error) or time.monotonic() >= ends:
                raise
            account.pause(_PAUSE)


def until(account: EnteredAccount, settled: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until it is so, looking ever less often; TimeoutError after `seconds`."""
    began = time.monotonic()
    while not settled():
        waited = time.monotonic() - began
        if waited >= seconds:
            raise TimeoutError(f"not settled after {seconds:.0f} s")
        account.pause(min(2.0, max(0.05, waited / 5)))
