"""Property values as the engine's events carry them, as plain JSON: secrets, unknowns and files become a word in brackets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver.values import SECRET, UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks what is more than JSON (sdk/go/common/resource/sig); its values say what it is:"""

_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWNS = {
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
}
"""What stands for a value that is known only afterwards, one for each type (sdk/go/common/resource/plugin, rpc.go)."""


def plain(value: Any) -> Any:
    """The value as JSON. Whatever is marked and not known here is taken for a secret."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if _SIGNATURE in value:
        return _marked(value)
    return {key: plain(item) for key, item in value.items() if not key.startswith("__")}


def _marked(value: Mapping[str, Any]) -> Any:
    kind = value[_SIGNATURE]
    if kind in {_ASSET, _ARCHIVE}:
        return f"[{'asset' if kind == _ASSET else 'archive'} sha256:{value.get('hash') or 'unknown'}]"
    if kind == _REFERENCE:
        return plain(value.get("urn", UNKNOWN))
    if kind == _OUTPUT and not value.get("secret"):
        return plain(value["value"]) if "value" in value else UNKNOWN
    return SECRET


def is_whole(value: Any) -> bool:
    """Whether the value is one of those words: it has no parts."""
    return isinstance(value, str) and (
        value in {SECRET, UNKNOWN} or value.startswith(("[asset sha256:", "[archive sha256:"))
    )


def hidden_alike(value: Any, other: Any) -> Any:
    """`value`, with `[secret]` wherever `other` has it: what has become a secret was one before."""
    if other == SECRET:
        return SECRET if value is not None else None
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return {key: hidden_alike(item, other.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(other, list):
        partners = [*other, *([None] * len(value))]
        return [hidden_alike(item, partner) for item, partner in zip(value, partners, strict=False)]
    return value
