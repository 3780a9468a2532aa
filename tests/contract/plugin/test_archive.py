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


def _names(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def _folder(path: Path) -> Path:
    (path / "data" / "deep").mkdir(parents=True)
    (path / ".pulumi").mkdir()
    for name in ("app.py", "data/deep/table.csv", ".pulumi/lock"):
        (path / name).write_text(f"content of {name}")
    return path


def test_a_folder_is_packed_with_its_subfolders_and_data(tmp_path: Path) -> None:
    first, second = (zipped(CodeArchive(path=str(_folder(tmp_path / name)))) for name in ("a", "b"))
    assert first == second
    assert _names(first) == {
        "app.py": "content of app.py",
        "data/deep/table.csv": "content of data/deep/table.csv",
    }


def test_a_folder_is_the_same_as_its_files(tmp_path: Path) -> None:
    files = _archive(tmp_path / "handler", "x.py", "y.py")
    assert zipped(CodeArchive(assets={"handler": CodeArchive(path=str(tmp_path / "handler"))})) == zipped(files)


def test_a_zip_file_is_handed_on_as_it_is(tmp_path: Path) -> None:
    given = tmp_path / "built.zip"
    given.write_bytes(zipped(CodeArchive(assets={"app.py": Asset(text="1")})))
    assert zipped(CodeArchive(path=str(given))) == given.read_bytes()


def test_folders_and_zip_files_lie_within_other_archives(tmp_path: Path) -> None:
    built = tmp_path / "built.zip"
    built.write_bytes(zipped(CodeArchive(assets={"b.py": Asset(text="2")})))
    nested = CodeArchive(
        assets={"a": CodeArchive(path=str(_folder(tmp_path / "a"))), "z": CodeArchive(path=str(built))}
    )
    assert set(_names(zipped(nested))) == {"a/app.py", "a/data/deep/table.csv", "z/b.py"}


def test_what_is_executable_stays_so(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a")
    (folder / "bootstrap").write_text("#!/bin/sh")
    (folder / "bootstrap").chmod(0o755)
    with zipfile.ZipFile(io.BytesIO(zipped(CodeArchive(path=str(folder))))) as opened:
        modes = {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}
    assert (modes["bootstrap"], modes["app.py"]) == (0o755, 0o644)


def test_a_file_that_is_no_zip_is_named(tmp_path: Path) -> None:
    given = tmp_path / "built.tar"
    given.write_text("tar")
    for archive in (CodeArchive(path=str(given)), CodeArchive(assets={"a": CodeArchive(path=str(given))})):
        with pytest.raises(PluginError, match=r"built\.tar is neither a folder nor a zip file"):
            zipped(archive)


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (CodeArchive(path="/nowhere/at/all.zip"), "/nowhere/at/all.zip cannot be read"),
        (
            CodeArchive(uri="https://example.com/a.zip"),
            r"code: .* fetches nothing from elsewhere \(https://example.com/a.zip\)",
        ),
        (
            CodeArchive(assets={"a.py": Asset(uri="https://example.com/a.py")}),
            r"code\['a.py'\]: .* fetches nothing from elsewhere",
        ),
        (CodeArchive(assets={"a.py": Asset(path="/nowhere/a.py")}), "/nowhere/a.py cannot be read"),
    ],
)
def test_what_cannot_be_zipped_is_named(archive: CodeArchive, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        zipped(archive)
