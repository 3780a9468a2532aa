"""Imports a project's modules from their sources: byte code that lies beside them need not be what the sources say."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader, SourcelessFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from deploy_project.source_lines import INSTALLED


class FromSource(SourceFileLoader):
    """Neither reads byte code nor keeps any: a source whose age cannot be told has none (importlib, `SourceLoader.get_code`)."""

    def path_stats(self, path: object) -> NoReturn:
        raise OSError(f"{path} is not cached")


def import_from_sources(root: Path) -> None:
    """From now on no byte code below `root` is run, except that of installed packages. Modules that are imported stay."""
    sys.meta_path.insert(sys.meta_path.index(PathFinder), _Finder(root.resolve()))


def make_importable(*folders: Path) -> None:
    """Search these folders last, so that nothing in them can stand before an installed module of the same name."""
    sys.path += [str(folder) for folder in folders if str(folder) not in sys.path]


@contextmanager
def importing(folder: Path, *, instead_of: Path) -> Iterator[None]:
    """While inside, modules come from `folder`, and not from that other one; none of them may have been imported yet."""
    before = list(sys.path)
    sys.path[:] = [place for place in before if place != str(instead_of)]
    make_importable(folder)
    try:
        yield
    finally:
        sys.path[:] = before


@dataclass(frozen=True)
class _Finder(MetaPathFinder):
    """Finds what Python would find on the path, and loads it from its source. Byte code without a source is refused."""

    root: Path

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or not self._ours(Path(spec.origin)):
            return None
        if isinstance(spec.loader, SourcelessFileLoader):
            why = f"{spec.origin} is byte code without a source, which nobody can have reviewed"
            raise ImportError(why)  # noqa: TRY004 -- whoever imports expects no other error
        if not isinstance(spec.loader, SourceFileLoader):
            return None
        return spec_from_file_location(
            fullname,
            spec.origin,
            loader=FromSource(fullname, spec.origin),
            submodule_search_locations=spec.submodule_search_locations,
        )

    def _ours(self, file: Path) -> bool:
        return file.resolve().is_relative_to(self.root) and not INSTALLED & set(file.parts)
