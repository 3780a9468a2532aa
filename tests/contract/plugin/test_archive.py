"""The same files make the same zip, wherever and whenever; and what cannot be zipped is named."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from deploy_sandbox.plugin.archive import code_sha256, zipped
from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.wire import Asset, CodeArchive

if TYPE_CHECKING:
    from pathlib import Path


def _archive(folder: Path, *names: str) -> CodeArchive:
    folder.mkdir()
    assets: dict[str, Asset | CodeArchive] = {}
    for name in names:
        (folder / name).write_text(f"content of {name}")
        assets[f"handler/{name}"] = Asset(path=str(folder / name))
    return CodeArchive(assets=assets)


def test_the_same_files_elsewhere_later_and_in_another_order(tmp_path: Path) -> None:
    first = _archive(tmp_path / "a", "x.py", "y.py")
    second = _archive(tmp_path / "b", "y.py", "x.py")
    os.utime(tmp_path / "b" / "x.py", (0, 0))
    assert zipped(first) == zipped(second)
    assert code_sha256(zipped(first)) == code_sha256(zipped(second))


def test_one_other_byte_is_another_zip(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a", "x.py")
    before = zipped(archive)
    (tmp_path / "a" / "x.py").write_text("other")
    assert zipped(archive) != before


def test_the_content_is_what_was_given(tmp_path: Path) -> None:
    archive = CodeArchive(assets={"a.py": Asset(text="é"), "lib": _archive(tmp_path / "lib", "b.py")})
    with zipfile.ZipFile(io.BytesIO(zipped(archive))) as opened:
        assert {name: opened.read(name).decode() for name in opened.namelist()} == {
            "a.py": "é",
            "lib/handler/b.py": "content of b.py",
        }


def test_a_zip_is_taken_as_it_is(tmp_path: Path) -> None:
    built = tmp_path / "built.zip"
    with zipfile.ZipFile(built, "w") as target:
        target.writestr("b.py", "b")
        target.writestr("a.py", "a")
    assert zipped(CodeArchive(path=str(built))) == built.read_bytes()


def test_a_folder_is_the_same_as_its_files(tmp_path: Path) -> None:
    files = _archive(tmp_path / "handler", "x.py", "y.py")
    assert zipped(CodeArchive(assets={"handler": CodeArchive(path=str(tmp_path / "handler"))})) == zipped(files)


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (CodeArchive(path="/nowhere"), "/nowhere is neither a folder nor a zip"),
        (CodeArchive(assets={"lib": CodeArchive(path="/a.zip")}), "packs no archive into another"),
        (CodeArchive(uri="https://example.com/a.zip"), "does not fetch remote archives"),
        (CodeArchive(assets={"a.py": Asset(uri="https://example.com/a.py")}), "does not fetch remote assets"),
        (CodeArchive(assets={"a.py": Asset(path="/nowhere/a.py")}), "/nowhere/a.py cannot be read"),
    ],
)
def test_what_cannot_be_zipped_is_named(archive: CodeArchive, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        zipped(archive)
