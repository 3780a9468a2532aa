"""Values as the engine sends them, and as Python: one place for secrets, unknowns, assets and output values.

The protocol's `Struct` carries JSON plus objects marked by a signature key (Pulumi's `sdk/go/common/resource/sig` and
`plugin/rpc.go`). Here a secret or an output value is opened, since this plugin tells the engine that it does not accept secrets: the
engine then keeps the mark itself. `decode(encode(x)) == x` for everything that is not a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 -- the protocol's marker, not a secret
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        _UNKNOWN_TEXT,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    },
)


class Unknown(Enum):
    """A value that a preview cannot know yet."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True)
class Asset:
    """One file's content, by path on this machine or as text; `hash` is the engine's SHA-256 of it, alone when the content is left out."""

    hash: str = ""
    path: str = ""
    text: str = ""
    uri: str = ""


@dataclass(frozen=True)
class CodeArchive:
    """Named files; `hash` is the engine's own, and stands alone in old state, where the engine leaves the content out."""

    hash: str = ""
    assets: Mapping[str, Asset | CodeArchive] | None = None
    path: str = ""
    uri: str = ""


def decode(struct: Struct) -> dict[str, Any]:
    """A message's properties as Python values; whole numbers become `int`."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> Struct:
    """Python values as a message."""
    struct = Struct()
    struct.update({key: _plain(value) for key, value in properties.items()})
    return struct


def has_unknown(value: Any) -> bool:
    """Whether a value, or anything within it, is unknown."""
    if isinstance(value, Mapping):
        return any(has_unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_unknown(inner) for inner in value)
    return value is UNKNOWN


def _decode(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _open(decode(value.struct_value))
    if kind == "list_value":
        return [_decode(inner) for inner in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "bool_value":
        return value.bool_value
    return None


def _open(fields: dict[str, Any]) -> Any:
    signature = fields.get(SIGNATURE)
    if signature is None:
        return fields
    if signature == _SECRET:
        return fields.get("value")
    if signature == _OUTPUT:
        return fields.get("value", UNKNOWN)
    if signature == _RESOURCE:
        return (fields["id"] or UNKNOWN) if "id" in fields else fields.get("urn")
    if signature == _ASSET:
        return Asset(**{key: fields.get(key) or "" for key in ("hash", "path", "text", "uri")})
    if signature == _ARCHIVE:
        return CodeArchive(
            **{key: fields.get(key) or "" for key in ("hash", "path", "uri")}, assets=fields.get("assets")
        )
    raise ValueError(f"the engine sent a value with the signature {signature!r}, which this plugin does not know")


def _plain(value: Any) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN_TEXT
    if isinstance(value, Asset):
        return {SIGNATURE: _ASSET, **{k: v for k, v in vars(value).items() if v}}
    if isinstance(value, CodeArchive):
        marked = {SIGNATURE: _ARCHIVE, **{k: v for k, v in vars(value).items() if v and k != "assets"}}
        return marked if value.assets is None else {**marked, "assets": _plain(value.assets)}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
