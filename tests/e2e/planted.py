"""Values planted to be looked for afterwards, in every form in which they could have got out."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.e2e.project import Ended, Project

STATE = "deploy-state-111111111111"
CLOUD = Path(".deploy") / "sandbox" / "state"
"""What the emulated accounts hold. A secret is there because it was deployed there; on AWS it is AWS's."""


@dataclass(frozen=True)
class Planted:
    """One value: `core` is what every escaping leaves as it is, `text` is full of what each escapes otherwise."""

    core: str

    @property
    def text(self) -> str:
        return f"{self.core}&\"<'/+ Ü%>{self.core}"

    def said(self) -> str:
        """A message that has it in several forms."""
        whole = self.text.encode()
        shifted = [base64.b64encode(b"x" * before + whole).decode() for before in range(3)]
        return " ".join([self.text, json.dumps(self.text), quote(self.text), whole.hex(), *shifted])

    def needles(self) -> Mapping[str, bytes]:
        """What to look for, by the name of the form."""
        core = self.core.encode()
        encoded = {f"base64, {before} bytes before": _base64(core, before) for before in range(3)}
        return {"plain": core, "reversed": core[::-1], "hex": core.hex().encode(), **encoded}

    def forms_in(self, content: bytes) -> list[str]:
        """The forms in which it is in there. Hex may be in capitals."""
        low = content.lower()
        return [
            form for form, needle in self.needles().items() if needle in content or (form == "hex" and needle in low)
        ]


def _base64(raw: bytes, before: int) -> bytes:
    """The part of the encoding that does not depend on what stands before and after."""
    encoded = base64.b64encode(b"\0" * before + raw)
    return encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


BREAK = b"<wbr>"
"""Where a word of a page may be broken: nobody sees it, and a search would not see the word."""


@dataclass(frozen=True)
class Place:
    """One thing that somebody may read: a file, a stream, an object of a bucket, an event of a trail."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        """What it is, for the question whether a search reaches everything."""
        return self.name.partition(" ")[0] + Path(self.name).suffix


def places(project: Project, ended: Iterable[tuple[str, Ended]], folders: Iterable[Path] = ()) -> list[Place]:
    """All that a run left for others to read, in the project's folder, the streams, the state bucket and the trails."""
    return [*_files([project.root, *folders]), *_streams(ended), *_objects(project), *_events(project)]


def _files(roots: Iterable[Path]) -> Iterator[Place]:
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_relative_to(root / CLOUD):
                yield Place(f"file {path.relative_to(root)}", path.read_bytes().replace(BREAK, b""))


def _streams(ended: Iterable[tuple[str, Ended]]) -> Iterator[Place]:
    for command, done in ended:
        yield Place(f"stdout of {command}", done.out.encode())
        yield Place(f"stderr of {command}", done.err.encode())


def _objects(project: Project) -> Iterator[Place]:
    for account, bucket in (("tools", STATE), ("tools", f"{STATE}-access"), ("dev", "deploy-trail-222222222222")):
        s3 = project.client(account, "s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in page.get("Versions", []):
                body = s3.get_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])["Body"].read()
                content = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
                yield Place(f"object {bucket}/{entry['Key']}", content)


def _events(project: Project) -> Iterator[Place]:
    for account in ("tools", "dev"):
        for event in project.events(account):
            yield Place(f"event {account} {event['eventName']}", json.dumps(event, ensure_ascii=False).encode())


def found(planted: Planted, where: Iterable[Place]) -> list[str]:
    """Where it is, and in which forms."""
    return [f"{place.name}: {', '.join(forms)}" for place in where if (forms := planted.forms_in(place.content))]
