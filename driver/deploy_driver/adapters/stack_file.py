"""Writes one setting into a stack file; comments, quotes, order and every other value stay as they are."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    PlainScalarString,
    SingleQuotedScalarString,
)
from ruamel.yaml.util import load_yaml_guess_indent

from deploy_project.stackfile import parse
from deploy_project.written import ValueKind

_PLAIN = {ValueKind.NUMBER, ValueKind.TRUTH, ValueKind.TEXT}

_QUOTED = (DoubleQuotedScalarString, SingleQuotedScalarString)

_HEAD = re.compile(r"(?:[ \t]*(?:[#%][^\n]*)?\n)*---[ \t]*(?:#[^\n]*)?\n")
"""What stands before a document that begins with `---`, which ruamel.yaml does not keep."""


@dataclass(frozen=True)
class Encrypted:
    """A secret as Pulumi keeps it in a stack file: the value, the secrets provider, and that provider's encrypted data key."""

    secure: str
    provider: str
    data_key: str


def with_setting(content: bytes, key: str, value: str | Encrypted) -> bytes:
    """The content of a stack file, which must hold a mapping `config:`, with this value.

    What stands in quotes stays in quotes. Otherwise numbers and truth values are written as such, the rest as text.
    """
    text = content.decode("utf-8").replace("\r\n", "\n")
    head = found[0] if (found := _HEAD.match(text)) else ""
    yaml = _round_trip(text)
    document = yaml.load(text[len(head) :])
    if isinstance(value, Encrypted):
        for name, said in (("encryptedkey", value.data_key), ("secretsprovider", value.provider)):
            if name not in document:
                document.insert(0, name, said)
        document["config"][key] = {"secure": value.secure}
    else:
        document["config"][key] = _scalar(value, document["config"].get(key))
    written = io.StringIO()
    yaml.dump(document, written)
    ends = "\r\n" if b"\r\n" in content else "\n"
    return (head + written.getvalue()).replace("\n", ends).encode("utf-8")


class _AsWritten(VersionedResolver):
    """Takes every plain value for a text, so that none is written in another form than it was read in."""

    @property
    def versioned_resolver(self) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
        """No form of a plain value stands for anything but itself."""
        return {}


def _round_trip(text: str) -> YAML:
    yaml = YAML()
    yaml.Resolver = _AsWritten
    yaml.preserve_quotes = True
    yaml.width = sys.maxsize
    _, indent, offset = load_yaml_guess_indent(text)
    yaml.indent(sequence=indent, offset=offset)
    return yaml


def _kind_of(value: str) -> ValueKind:
    """What a value would be in a stack file if it stood there without quotes."""
    settings = parse("", f"config:\n  key: {value}\n".encode("utf-8", "replace")).settings
    found = settings.get("key") if len(settings) == 1 else None
    return found.kind if found and found.text == value else ValueKind.AMBIGUOUS


def _scalar(value: str, former: object) -> Any:
    if _kind_of(value) not in _PLAIN:
        return DoubleQuotedScalarString(value)
    return type(former)(value) if isinstance(former, _QUOTED) else PlainScalarString(value)
