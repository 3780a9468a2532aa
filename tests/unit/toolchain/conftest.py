"""A machine of one's own: a PATH, a cache, a home and a vendor's site on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy_toolchain.search import Search
from tests.vendor import serving

NOWHERE = "http://127.0.0.1:9"


@dataclass
class Machine:
    root: Path
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in (self.bin, self.cache, self.home):
            folder.mkdir()

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def script(self, name: str, body: str, folder: Path | None = None) -> Path:
        """An executable shell script."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def kept(self, name: str, body: str, folder: Path) -> Path:
        """An executable as it is kept in the cache: with its SHA-256 beside it."""
        path = self.script(name, body, folder)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{name}.sha256").write_text(f"{digest}  {name}\n", encoding="ascii")
        return path

    def search(self, *, explicit: str = "", vendor: str = NOWHERE, patience: float = 2.0) -> Search:
        return Search(
            cache=self.cache,
            path=f"{self.bin}:/usr/bin:/bin",
            user_home=self.home,
            explicit_engine=explicit,
            vendor=vendor,
            patience=patience,
            say=self.said.append,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The vendor's site: its address and the folder that it serves."""
    folder = tmp_path / "site"
    with serving(folder) as address:
        yield address, folder
