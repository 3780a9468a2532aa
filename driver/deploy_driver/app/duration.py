"""How long, as it is said on the command line."""

from __future__ import annotations

import re

from deploy_driver.errors import UsageError

DAY = 24 * 3600
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY}


def seconds_of(option: str, said: str, example: str) -> int:
    """The seconds that `10m` means. Raises UsageError, which names the option and an example."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", said, flags=re.ASCII)
    if not found:
        raise UsageError(f"{option}: got {said!r}, expected a number and s, m, h or d, such as {example}")
    return int(found[1]) * _UNITS[found[2]]
