"""How long, as it is said on the command line and in deploy.toml."""

from __future__ import annotations

import re

from deploy_driver.errors import UsageError

DAY = 24 * 3600
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}


def in_seconds(said: str, example: str = "10m") -> int:
    """The seconds that `10m` means. Raises ValueError with what is expected, which names an example."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", said, flags=re.ASCII)
    if not found:
        raise ValueError(f"expected a number and s, m, h or d, such as {example}")
    return int(found[1]) * _UNITS[found[2]]


def seconds_of(option: str, said: str, example: str) -> int:
    """The same of an option. Raises UsageError, which names it."""
    try:
        return in_seconds(said, example)
    except ValueError as error:
        raise UsageError(f"{option}: got {said!r}, {error}") from None
