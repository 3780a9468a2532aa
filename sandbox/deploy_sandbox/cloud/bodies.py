"""What the body of a request says, in the two forms that AWS protocols put parameters into it; nothing where it is neither."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs


def from_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON body."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def from_form(body: bytes) -> dict[str, list[str]]:
    """The parameters of a form, as the Query protocol sends them."""
    return parse_qs(body.decode("utf-8", errors="replace"))
